using Slideport.Database;

namespace Slideport.Dsr.Database;

/// <summary>What an administrator does with the catalogue's database from the command line.</summary>
public static class DsrMaintenance
{
    /// <summary>For one database.</summary>
    public static DatabaseMaintenance Of(DatabaseOptions options) =>
        new(DsrRole.Name, options, each => new DsrDatabases(each).CreateDbContext(), (_, _) => Task.FromResult<IReadOnlyList<string>>([]));
}
