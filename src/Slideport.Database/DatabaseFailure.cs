using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Slideport.Database;

/// <summary>What of a database fails, where it is not what was asked of it.</summary>
public enum DatabaseFailure
{
    /// <summary>It does not answer, or is stopping or starting.</summary>
    Away,

    /// <summary>There is no room for what is to be stored.</summary>
    Full,

    /// <summary>The disk under it fails, or takes nothing more.</summary>
    Failing,

    /// <summary>What lies there is no longer what was written: somebody has to restore a backup.</summary>
    Damaged,

    /// <summary>Others were in the way; the next try may succeed.</summary>
    Busy,
}

/// <summary>Tells failures of the database and what is under it from mistakes of who asks.</summary>
public static class DatabaseFailures
{
    // https://www.sqlite.org/rescode.html
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteReadOnly = 8;
    private const int SqliteIoError = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteNotADatabase = 26;

    // SQL Server: 1105 and 9002 no room for data or for the log; 823 and 824 pages that cannot be read or written; from severity 17 on it
    // is the server's doing and not the statement's. Errors of the connection have severity 20. 4060, of severity 11: the server is there, the
    // database is not, for it is being restored, was taken offline or has another name.
    private const int SqlServerTooLong = 8152;
    private const int SqlServerTooLongInTable = 2628;
    private const string PostgresDataException = "22"; // the class of the state
    private const int SqlServerTimeout = -2;
    private const int SqlServerDeadlock = 1205;
    private const int SqlServerNoDatabase = 4060;
    private const int SqlServerWorst = 17;

    /// <summary>What failed; null when the database did its part, and the statement or the program is wrong.</summary>
    /// <param name="error">As it was thrown; EF Core wraps what the driver says.</param>
    public static DatabaseFailure? Of(Exception error)
    {
        for (var at = error; at is not null; at = at.InnerException)
        {
            if (at is DbException driver)
                return OfDriver(driver);
            if (at is System.Net.Sockets.SocketException)
                return DatabaseFailure.Away; // Npgsql says so of a name that cannot be looked up
        }

        return null;
    }

    /// <summary>Whether a value is one that the database cannot keep: trying again changes nothing.</summary>
    public static bool IsOfData(Exception error) => error.GetBaseException() switch
    {
        PostgresException postgres => postgres.SqlState.StartsWith(PostgresDataException, StringComparison.Ordinal),
        SqlException sqlServer => sqlServer.Number is SqlServerTooLong or SqlServerTooLongInTable,
        _ => false,
    };

    private static DatabaseFailure? OfDriver(DbException error) => error switch
    {
        SqliteException { SqliteErrorCode: SqliteFull } => DatabaseFailure.Full,
        SqliteException { SqliteErrorCode: SqliteIoError or SqliteCannotOpen or SqliteReadOnly } => DatabaseFailure.Failing,
        SqliteException { SqliteErrorCode: SqliteCorrupt or SqliteNotADatabase } => DatabaseFailure.Damaged,
        SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked } => DatabaseFailure.Busy,
        PostgresException postgres => OfState(postgres),
        NpgsqlException { InnerException: IOException or System.Net.Sockets.SocketException or TimeoutException } => DatabaseFailure.Away,
        SqlException { Number: 1105 or 9002 } => DatabaseFailure.Full,
        SqlException { Number: 823 or 824 } => DatabaseFailure.Failing,
        SqlException { Number: SqlServerDeadlock } => DatabaseFailure.Busy,
        SqlException { Number: SqlServerNoDatabase } => DatabaseFailure.Away,
        SqlException sqlServer => sqlServer.Number == SqlServerTimeout || sqlServer.Class >= SqlServerWorst ? DatabaseFailure.Away : null,
        { IsTransient: true } => DatabaseFailure.Away,
        _ => null,
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static DatabaseFailure? OfState(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.DiskFull => DatabaseFailure.Full,
        PostgresErrorCodes.IoError or PostgresErrorCodes.ReadOnlySqlTransaction => DatabaseFailure.Failing,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => DatabaseFailure.Damaged,
        PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => DatabaseFailure.Away,
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable => DatabaseFailure.Busy,
        _ => error.IsTransient ? DatabaseFailure.Away : null,
    };
}
