using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Which database a suite runs on: every suite of SAM runs on each.</summary>
/// <remarks>All tables are there: they are made once and copied, since a hundredfold migration would be most of what a run does.</remarks>
public abstract class TestDatabase
{
    /// <summary>A database of a test's own, up to date and with nothing in it.</summary>
    /// <param name="folder">The test's own folder, where it lies if it is embedded.</param>
    internal abstract Task<DatabaseOptions> CreateAsync(string folder);

    /// <summary>A database of a test's own, without a table.</summary>
    internal abstract Task<DatabaseOptions> CreateEmptyAsync(string folder);
}

/// <summary>The embedded database.</summary>
public sealed class OnSqlite : TestDatabase
{
    private static readonly Lazy<byte[]> UpToDate = new(Migrate);

    internal override async Task<DatabaseOptions> CreateAsync(string folder)
    {
        var file = Path.Join(folder, "sam.db");
        DatabaseSetup.CreatePrivately(file);
        await File.WriteAllBytesAsync(file, UpToDate.Value, TestContext.Current.CancellationToken);
        return Options(file);
    }

    internal override Task<DatabaseOptions> CreateEmptyAsync(string folder) => Task.FromResult(Options(Path.Join(folder, "sam.db")));

    private static DatabaseOptions Options(string file) => new() { ConnectionString = $"Data Source={file}" };

    private static byte[] Migrate()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-sam-").FullName;
        var file = Path.Join(folder, "sam.db");
        using (var database = new SamDatabases(new DatabaseOptions { ConnectionString = $"Data Source={file};Pooling=False" }).CreateDbContext())
        {
            database.Database.Migrate();
            database.Database.ExecuteSqlRaw("PRAGMA wal_checkpoint(TRUNCATE);");
        }

        var bytes = File.ReadAllBytes(file);
        Directory.Delete(folder, recursive: true);
        return bytes;
    }
}

/// <summary>A real PostgreSQL.</summary>
public sealed class OnPostgreSql(PostgreSqlServer server) : TestDatabase
{
    internal override Task<DatabaseOptions> CreateAsync(string folder) => server.CreateAsync();

    internal override Task<DatabaseOptions> CreateEmptyAsync(string folder) => server.CreateEmptyAsync();
}

/// <summary>A real SQL Server, where there is one.</summary>
public sealed class OnSqlServer(SqlServerInstance server) : TestDatabase
{
    internal override Task<DatabaseOptions> CreateAsync(string folder) => server.CreateAsync();

    internal override Task<DatabaseOptions> CreateEmptyAsync(string folder) => server.CreateEmptyAsync();
}
