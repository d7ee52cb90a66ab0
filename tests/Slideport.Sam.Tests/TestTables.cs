using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Whose tables are in the tests' databases.</summary>
internal static class TestTables
{
    internal static DatabaseMaintenance Of(DatabaseOptions options) => SamMaintenance.Of(options);
}
