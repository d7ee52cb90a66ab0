using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Slideport.Database;

/// <summary>Opens a role's database for one piece of work at a time, whichever it is.</summary>
/// <typeparam name="TContext">The role's tables; one subclass per provider, because each has its own migrations.</typeparam>
public abstract class Databases<TContext> : IDbContextFactory<TContext>
    where TContext : DbContext
{
    // FULL makes a commit mean what it says: in WAL mode NORMAL loses the last ones at a power cut.
    private const string SqlitePragmas = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=10000;";

    private readonly Func<TContext> _create;

    /// <param name="options">Which of the three it is, and where.</param>
    /// <param name="sqlite">See <see cref="Sqlite"/>.</param>
    /// <param name="postgreSql">See <see cref="PostgreSql"/>.</param>
    /// <param name="sqlServer">See <see cref="SqlServer"/>.</param>
    protected Databases(
        DatabaseOptions options, Func<DatabaseOptions, Func<TContext>> sqlite, Func<DatabaseOptions, Func<TContext>> postgreSql, Func<DatabaseOptions, Func<TContext>> sqlServer)
    {
        Options = options;
        _create = options.Provider switch
        {
            DatabaseProvider.Sqlite => sqlite(options),
            DatabaseProvider.PostgreSql => postgreSql(options),
            DatabaseProvider.SqlServer => sqlServer(options),
            _ => throw new ArgumentException($"There is no database provider {options.Provider}."),
        };
    }

    /// <summary>Where it is.</summary>
    public DatabaseOptions Options { get; }

    /// <inheritdoc/>
    public TContext CreateDbContext() => _create();

    /// <summary>How a context on one SQLite file is made.</summary>
    protected static Func<DatabaseOptions, Func<TContext>> Sqlite<TOn>(Func<DbContextOptions<TOn>, TOn> create)
        where TOn : TContext => options =>
    {
        var built = new DbContextOptionsBuilder<TOn>().UseSqlite(options.ConnectionString).AddInterceptors(new Pragmas()).Options;
        return () => create(built);
    };

    /// <summary>How a context on PostgreSQL is made.</summary>
    protected static Func<DatabaseOptions, Func<TContext>> PostgreSql<TOn>(Func<DbContextOptions<TOn>, TOn> create)
        where TOn : TContext => options =>
    {
        var built = new DbContextOptionsBuilder<TOn>().UseNpgsql(WithPassword(options)).Options;
        return () => create(built);
    };

    /// <summary>How a context on SQL Server is made.</summary>
    protected static Func<DatabaseOptions, Func<TContext>> SqlServer<TOn>(Func<DbContextOptions<TOn>, TOn> create)
        where TOn : TContext => options =>
    {
        var built = new DbContextOptionsBuilder<TOn>().UseSqlServer(WithPassword(options), server =>
        {
            if (options.SqlServerCompatibilityLevel > 0)
                server.UseCompatibilityLevel(options.SqlServerCompatibilityLevel);
            if (options.SqlServerMaxBatchSize > 0)
                server.MaxBatchSize(options.SqlServerMaxBatchSize);
        }).Options;
        return () => create(built);
    };

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
