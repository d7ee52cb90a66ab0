using Microsoft.Data.Sqlite;

namespace Slideport.Database;

/// <summary>The files an SQLite database consists of: what is committed may still lie in a log beside it.</summary>
public static class SqliteFiles
{
    /// <summary>Where an embedded database lies.</summary>
    public static string Of(DatabaseOptions options) => new SqliteConnectionStringBuilder(options.ConnectionString).DataSource;

    /// <summary>What may lie beside a database: its write-ahead log, the log's index, a rollback journal. They belong to it and to no other.</summary>
    public static IEnumerable<string> Beside(string file) => [file + "-wal", file + "-shm", file + "-journal"];

    /// <summary>Brings what lies beside a database home, so that it is one file. Whatever interrupts it, SQLite finds its way from what it leaves.</summary>
    /// <returns>False when the database is damaged; what lies beside it may still be there.</returns>
    /// <exception cref="IOException">Somebody uses it, or it cannot be written; it stays as it was.</exception>
    public static bool TryFold(string file)
    {
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Mode=ReadWrite;Pooling=False;Default Timeout=5");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE;";
            return command.ExecuteScalar() is "delete" ? true : throw new IOException($"'{file}' is in use; try again when nobody reads it.");
        }
        catch (SqliteException e) when (DatabaseFailures.Of(e) is DatabaseFailure.Damaged)
        {
            return false;
        }
        catch (SqliteException e)
        {
            throw new IOException($"'{file}' cannot be changed: {e.Message}", e);
        }
    }
}
