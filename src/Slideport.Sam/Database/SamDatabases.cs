using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Slideport.Sam.Database;

/// <summary>Opens SAM's database for one piece of work at a time.</summary>
internal sealed class SamDatabases : IDbContextFactory<SamDatabase>
{
    // FULL makes a commit mean what it says: in WAL mode NORMAL loses the last ones at a power cut.
    private const string SqlitePragmas = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=10000;";

    private readonly Func<SamDatabase> _create;

    internal SamDatabases(DatabaseOptions options)
    {
        Options = options;
        _create = options.Provider switch
        {
            DatabaseProvider.Sqlite => Sqlite(options),
            DatabaseProvider.PostgreSql => PostgreSql(options),
            DatabaseProvider.SqlServer => SqlServer(options),
            _ => throw new ArgumentException($"There is no database provider {options.Provider}."),
        };
    }

    internal DatabaseOptions Options { get; }

    /// <inheritdoc/>
    public SamDatabase CreateDbContext() => _create();

    private static Func<SamDatabase> Sqlite(DatabaseOptions options)
    {
        var built = new DbContextOptionsBuilder<SqliteSamDatabase>().UseSqlite(options.ConnectionString).AddInterceptors(new Pragmas()).Options;
        return () => new SqliteSamDatabase(built);
    }

    private static Func<SamDatabase> PostgreSql(DatabaseOptions options)
    {
        var built = new DbContextOptionsBuilder<PostgreSqlSamDatabase>().UseNpgsql(WithPassword(options)).Options;
        return () => new PostgreSqlSamDatabase(built);
    }

    private static Func<SamDatabase> SqlServer(DatabaseOptions options)
    {
        var built = new DbContextOptionsBuilder<SqlServerSamDatabase>().UseSqlServer(WithPassword(options), server =>
        {
            if (options.SqlServerCompatibilityLevel > 0)
                server.UseCompatibilityLevel(options.SqlServerCompatibilityLevel);
            if (options.SqlServerMaxBatchSize > 0)
                server.MaxBatchSize(options.SqlServerMaxBatchSize);
        }).Options;
        return () => new SqlServerSamDatabase(built);
    }

    private static string WithPassword(DatabaseOptions options)
    {
        if (options.PasswordFile.Length == 0)
            return options.ConnectionString;
        return new DbConnectionStringBuilder { ConnectionString = options.ConnectionString, ["Password"] = File.ReadAllText(options.PasswordFile).TrimEnd('\r', '\n') }.ConnectionString;
    }

    private sealed class Pragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Set(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Set(connection);
            return Task.CompletedTask;
        }

        private static void Set(DbConnection connection)
        {
            using var command = ((SqliteConnection)connection).CreateCommand();
            command.CommandText = SqlitePragmas;
            command.ExecuteNonQuery();
        }
    }
}
