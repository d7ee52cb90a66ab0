using System.Collections.Concurrent;
using Microsoft.Data.SqlClient;
using Slideport.Database;
using Slideport.Sam.Database;

[assembly: AssemblyFixture(typeof(Slideport.Sam.Tests.SqlServerInstance))]

namespace Slideport.Sam.Tests;

/// <summary>
/// A SQL Server that somebody has: <c>SLIDEPORT_TEST_SQLSERVER</c> holds the connection string of a login that may create databases. Each test has a
/// database of its own there, removed at the end. Without the variable these tests are skipped, and <c>./test</c> leaves them out.
/// </summary>
public sealed class SqlServerInstance : IAsyncLifetime
{
    internal const string Variable = "SLIDEPORT_TEST_SQLSERVER";

    private readonly ConcurrentBag<string> _databases = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A new database, up to date.</summary>
    internal async Task<DatabaseOptions> CreateAsync()
    {
        var options = await CreateEmptyAsync();
        await SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken);
        return options;
    }

    /// <summary>A new database without a table.</summary>
    internal async Task<DatabaseOptions> CreateEmptyAsync()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(server is { Length: > 0 }, $"{Variable} names no SQL Server.");
        var name = $"sam_{Guid.NewGuid():n}";
        await RunAsync(server!, $"CREATE DATABASE {name}");
        _databases.Add(name);
        return new DatabaseOptions { Provider = DatabaseProvider.SqlServer, ConnectionString = new SqlConnectionStringBuilder(server) { InitialCatalog = name }.ConnectionString };
    }

    public async ValueTask DisposeAsync()
    {
        SqlConnection.ClearAllPools();
        foreach (var name in _databases)
            await RunAsync(Environment.GetEnvironmentVariable(Variable)!, $"ALTER DATABASE {name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE {name}");
    }

    private static async Task RunAsync(string server, string command)
    {
        await using var connection = new SqlConnection(server);
        await connection.OpenAsync(CancellationToken.None);
#pragma warning disable CA2100 // The names are made above.
        await using var asked = new SqlCommand(command, connection);
#pragma warning restore CA2100
        await asked.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
