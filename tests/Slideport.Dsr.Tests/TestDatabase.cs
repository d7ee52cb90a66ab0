using Slideport.Database;
using Slideport.Dsr.Database;
using Slideport.Sam.Tests;

namespace Slideport.Dsr.Tests;

/// <summary>Which database a suite runs on.</summary>
public abstract class TestDatabase
{
    /// <summary>A database of a test's own, up to date and with nothing in it.</summary>
    /// <param name="folder">The test's own folder, where it lies if it is embedded.</param>
    internal abstract Task<DatabaseOptions> CreateAsync(string folder);
}

/// <summary>The embedded database.</summary>
public sealed class OnSqlite : TestDatabase
{
    internal override async Task<DatabaseOptions> CreateAsync(string folder)
    {
        var options = new DatabaseOptions { ConnectionString = $"Data Source={Path.Join(folder, "dsr.db")}" };
        await DatabaseSetup.PrepareAsync(new DsrDatabases(options), TestContext.Current.CancellationToken);
        return options;
    }
}

/// <summary>A real PostgreSQL.</summary>
public sealed class OnPostgreSql(PostgreSqlServer server) : TestDatabase
{
    internal override Task<DatabaseOptions> CreateAsync(string folder) => server.CreateAsync();
}
