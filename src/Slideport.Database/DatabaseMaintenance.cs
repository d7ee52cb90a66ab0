using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Slideport.Files;

namespace Slideport.Database;

/// <summary>What an administrator does with a role's database from the command line.</summary>
/// <param name="role">Whose database it is, as its administrator calls it.</param>
/// <param name="options">The database.</param>
/// <param name="open">Opens one of this role's.</param>
/// <param name="check">What only the role knows to be wrong with one that is up to date, a sentence each.</param>
public sealed class DatabaseMaintenance(
    string role, DatabaseOptions options, Func<DatabaseOptions, DbContext> open, Func<DatabaseOptions, CancellationToken, Task<IReadOnlyList<string>>> check)
{
    private const string AsideSuffix = ".before-restore";

    /// <summary>Brings the database to this version; creates its tables in an empty one.</summary>
    /// <returns>The migrations that were applied.</returns>
    /// <exception cref="IOException">It cannot be reached or changed, or is an embedded one on which an older version runs.</exception>
    public Task<IReadOnlyList<string>> UpdateAsync(CancellationToken cancellationToken) => InAsync<IReadOnlyList<string>>(options, async database =>
    {
        if (options.Provider == DatabaseProvider.Sqlite)
            DatabaseSetup.CreatePrivately(SqliteFiles.Of(options));
        var pending = (await database.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
        if (pending.Count == 0)
            return pending;
        if (options.Provider != DatabaseProvider.Sqlite)
        {
            await database.Database.MigrateAsync(cancellationToken);
            return pending;
        }

        using var held = DatabaseSetup.TryHold(SqliteFiles.Of(options)) ?? throw new IOException($"{role} runs on this database; stop it first.");
        await DatabaseSetup.MigrateHeldAsync(database, cancellationToken);
        return pending;
    });

    /// <summary>The SQL that brings a database of any earlier version to this one; for administrators who run it themselves.</summary>
    public string Script()
    {
        using var database = open(options);
        // SQLite has no way to ask in a script whether a step was taken; the embedded database is never updated by hand anyway.
        var how = options.Provider == DatabaseProvider.Sqlite ? MigrationsSqlGenerationOptions.Default : MigrationsSqlGenerationOptions.Idempotent;
        return database.GetService<IMigrator>().GenerateScript(options: how);
    }

    /// <summary>Everything wrong with the database, a sentence each: version, files, what the role knows.</summary>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => CheckAsync(options, cancellationToken);

    private Task<IReadOnlyList<string>> CheckAsync(DatabaseOptions options, CancellationToken cancellationToken) => InAsync<IReadOnlyList<string>>(options, async database =>
    {
        if (options.Provider == DatabaseProvider.Sqlite && !File.Exists(SqliteFiles.Of(options)))
            return [$"There is no database '{SqliteFiles.Of(options)}'."];
        var problems = new List<string>();
        if ((await database.Database.GetPendingMigrationsAsync(cancellationToken)).ToList() is { Count: > 0 } pending)
            return [$"It is older than this Slideport ({pending.Count} steps); run 'slideport database update'."];
        if (options.Provider == DatabaseProvider.Sqlite)
            problems.AddRange((await database.Database.SqlQueryRaw<string>("SELECT integrity_check AS Value FROM pragma_integrity_check").ToListAsync(cancellationToken)).Where(line => line != "ok"));
        problems.AddRange(await check(options, cancellationToken));
        return problems;
    });

    /// <summary>Copies the embedded database into a file, as it is at one moment; the role may run.</summary>
    /// <param name="file">Must not exist.</param>
    /// <exception cref="IOException">The file exists, or something failed; nothing is left behind.</exception>
    public void Backup(string file)
    {
        RequireEmbedded();
        DurableFile.CreateNew(file).Dispose();
        try
        {
            using (var from = new SqliteConnection(options.ConnectionString))
            using (var to = new SqliteConnection($"Data Source={file};Pooling=False"))
            {
                from.Open();
                to.Open();
                from.BackupDatabase(to);
            }

            using (var written = DurableFile.OpenRead(file))
                DurableFile.Flush(written);
            DurableFile.FlushDirectory(FolderOf(file));
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            File.Delete(file);
            throw new IOException($"The backup failed: {e.Message}", e);
        }
    }

    /// <summary>Puts a backup in the embedded database's place. The role must not run; what was there before is kept beside it.</summary>
    /// <returns>Where the database that was there lies now; null when there was none.</returns>
    /// <exception cref="IOException">The role runs, somebody reads the database, or the backup is damaged; nothing was changed.</exception>
    public async Task<string?> RestoreAsync(string backup, CancellationToken cancellationToken)
    {
        RequireEmbedded();
        var file = SqliteFiles.Of(options);
        using var held = DatabaseSetup.TryHold(file) ?? throw new IOException($"{role} runs on this database; stop it first.");
        var copy = file + ".restoring";
        Remove([copy, .. SqliteFiles.Beside(copy)]);
        Copy(backup, copy, cancellationToken);
        if (await CheckAsync(options with { ConnectionString = $"Data Source={copy};Pooling=False" }, cancellationToken) is [var problem, ..] && !problem.Contains("older than this Slideport", StringComparison.Ordinal))
        {
            Remove([copy, .. SqliteFiles.Beside(copy)]);
            throw new IOException($"'{backup}' cannot be restored: {problem}");
        }

        if (!SqliteFiles.TryFold(copy))
            throw new IOException($"'{backup}' cannot be restored: it is damaged.");
        return Exchange(file, copy, cancellationToken);
    }

    // Whenever this is killed or the power goes, the database is the old one with all that was committed, or the new one, and never has a log of
    // the other beside it:
    // 1. SQLite itself brings the old one's log home and removes it, in transactions of its own. The old one then is one file.
    // 2. It is copied aside under another name, and gets its name when the copy is whole and flushed.
    // 3. The new one, whole and flushed, takes the name from the old one by one rename.
    // One that is so damaged that SQLite opens it no more keeps its log until it is copied aside with it; of it, killed after that, the next
    // restore finds less in its place, but all aside.
    private static string? Exchange(string file, string copy, CancellationToken cancellationToken)
    {
        var had = File.Exists(file);
        if (had)
            SqliteFiles.TryFold(file);
        string[] beside = [.. SqliteFiles.Beside(file).Where(File.Exists)];
        var aside = FreeName(file);
        string[] old = had ? [.. beside, file] : beside;
        foreach (var each in old)
        {
            var target = aside + each[file.Length..];
            Remove([target + ".part"]);
            Copy(each, target + ".part", cancellationToken);
            if (!DurableFile.TryRename(target + ".part", target))
                throw new IOException($"'{target}' is in the way.");
        }

        DurableFile.FlushDirectory(FolderOf(file)); // SQLite's removal of the log is on the disk before the new one's name
        Remove(beside);
        DurableFile.RenameOver(copy, file);
        return had ? aside : null;
    }

    // Nobody else takes one: the database is held.
    private static string FreeName(string file)
    {
        var aside = file + AsideSuffix;
        for (var n = 2; File.Exists(aside) || SqliteFiles.Beside(aside).Any(File.Exists); n++)
            aside = FormattableString.Invariant($"{file}{AsideSuffix}-{n}");
        return aside;
    }

    private static void Copy(string from, string to, CancellationToken cancellationToken)
    {
        using var source = DurableFile.OpenRead(from);
        using var target = DurableFile.CreateNew(to);
        KernelCopy.Copy(source, 0, target, 0, RandomAccess.GetLength(source), cancellationToken);
        DurableFile.Flush(target);
    }

    private static void Remove(IEnumerable<string> files)
    {
        foreach (var file in files.Where(File.Exists))
            DurableFile.Delete(file);
    }

    private static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private void RequireEmbedded()
    {
        if (options.Provider != DatabaseProvider.Sqlite)
            throw new IOException($"A {options.Provider} database is backed up and restored with its server's own tools.");
    }

    private async Task<T> InAsync<T>(DatabaseOptions options, Func<DbContext, Task<T>> work)
    {
        if (options.ConnectionString.Length == 0)
            throw new IOException($"The ConnectionString of {role}'s database is empty; say where it is.");
        try
        {
            await using var database = open(options);
            return await work(database);
        }
        catch (DbException e)
        {
            throw new IOException($"The database cannot be used: {e.Message}", e);
        }
    }
}
