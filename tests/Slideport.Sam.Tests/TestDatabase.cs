using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Which database a suite runs on: every suite of SAM runs on each.</summary>
public abstract class TestDatabase
{
    /// <summary>An empty database; null: SQLite in the test's own folder.</summary>
    internal abstract Task<DatabaseOptions?> CreateAsync();
}

/// <summary>The embedded database.</summary>
public sealed class OnSqlite : TestDatabase
{
    internal override Task<DatabaseOptions?> CreateAsync() => Task.FromResult<DatabaseOptions?>(null);
}

/// <summary>A real PostgreSQL.</summary>
public sealed class OnPostgreSql(PostgreSqlServer server) : TestDatabase
{
    internal override async Task<DatabaseOptions?> CreateAsync() => await server.CreateAsync();
}
