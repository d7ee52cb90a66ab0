using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Slideport.Sam.Database;

/// <summary>Makes the database fit this version of Slideport.</summary>
internal static class DatabaseSetup
{
    /// <summary>The embedded database is brought up to date at once; a server's is left to its administrator.</summary>
    /// <exception cref="IOException">It cannot be reached, is damaged, older (on a server) or newer than this version; one sentence says what to do.</exception>
    internal static async Task PrepareAsync(SamDatabases databases, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        try
        {
            if (databases.Options.Provider == DatabaseProvider.Sqlite)
                CreateFolder(databases.Options.ConnectionString);
            var known = database.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
            var applied = (await database.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
            if (applied.Find(migration => !known.Contains(migration)) is { } newer)
                throw new IOException($"The database was made by a newer Slideport (it has '{newer}'); start that one, or restore a backup made before the update.");
            if (databases.Options.Provider == DatabaseProvider.Sqlite)
                await database.Database.MigrateAsync(cancellationToken);
            else if (applied.Count < known.Count)
                throw new IOException("The database is older than this Slideport; run 'slideport database update' with it.");
        }
        catch (DbException e)
        {
            throw new IOException($"The database cannot be used: {e.Message}", e);
        }
    }

    private static void CreateFolder(string connectionString)
    {
        var file = new SqliteConnectionStringBuilder(connectionString).DataSource;
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder)
            Files.DurableFile.CreateDirectory(folder);
    }
}
