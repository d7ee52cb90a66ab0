using Slideport.Database;
using Slideport.Dsr.Database;

namespace Slideport.Sam.Tests;

/// <summary>Whose tables are in the tests' databases.</summary>
internal static class TestTables
{
    internal static DatabaseMaintenance Of(DatabaseOptions options) => DsrMaintenance.Of(options);
}
