using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.Database;

/// <summary>Makes the database fit this version of Slideport.</summary>
public static class DatabaseSetup
{
    /// <summary>The embedded database, which the caller holds, is brought up to date at once; a server's is left to its administrator.</summary>
    /// <exception cref="IOException">It cannot be reached, is damaged, older (on a server) or newer than this version; one sentence says what to do.</exception>
    public static async Task PrepareAsync<TContext>(Databases<TContext> databases, CancellationToken cancellationToken)
        where TContext : DbContext
    {
        await using var database = databases.CreateDbContext();
        try
        {
            if (databases.Options.Provider == DatabaseProvider.Sqlite)
                CreatePrivately(SqliteFiles.Of(databases.Options));
            // Readers read while somebody writes. The file keeps the mode.
            if (databases.Options.Provider == DatabaseProvider.Sqlite)
                await database.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL;", cancellationToken);
            var known = database.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
            var applied = (await database.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
            if (applied.Find(migration => !known.Contains(migration)) is { } newer)
                throw new IOException($"The database was made by a newer Slideport (it has '{newer}'); start that one, or restore a backup made before the update.");
            if (applied.Count == known.Count)
                return;
            if (databases.Options.Provider == DatabaseProvider.Sqlite)
                await MigrateHeldAsync(database, cancellationToken);
            else
                throw new IOException("The database is older than this Slideport; run 'slideport database update' with it.");
        }
        catch (DbException e)
        {
            throw new IOException($"The database cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Holds the embedded database for one process; another one, or a restore, has to wait until it ends.</summary>
    /// <returns>To be disposed of in the end; null when somebody else holds it.</returns>
    public static SafeFileHandle? TryHold(string file)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder)
            DurableFile.CreateDirectory(folder);
        return DurableFile.TryLock(file + ".lock");
    }

    /// <summary>Brings the embedded database up to date for who holds it.</summary>
    public static async Task MigrateHeldAsync(DbContext database, CancellationToken cancellationToken)
    {
        // EF Core's own lock is a row. It outlives whoever was killed with it, and the next one would wait for him for ever; but who holds the
        // database is alone with it.
        await database.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\";", cancellationToken);
        await database.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Creates the embedded database's file, if it is not there, for its owner alone.</summary>
    /// <param name="file">Its path.</param>
    /// <remarks>Barcodes are in it: nobody else's business. SQLite gives the files it makes beside it the same permissions.</remarks>
    public static void CreatePrivately(string file)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder)
            DurableFile.CreateDirectory(folder);
        if (!File.Exists(file))
            DurableFile.CreateNew(file).Dispose();
    }
}
