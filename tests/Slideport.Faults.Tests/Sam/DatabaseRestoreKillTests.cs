using System.Globalization;
using Microsoft.Data.Sqlite;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Faults.Tests.Sam;

/// <summary><c>slideport database restore</c> is killed at every step of it: the database is the old one or the new one, whole, and the old one is somewhere.</summary>
public sealed class DatabaseRestoreKillTests : IDisposable
{
    private const string Serials = "SELECT SerialNumber FROM Scanners ORDER BY 1";

    private readonly string _root = Directory.CreateTempSubdirectory("slideport-restore-").FullName;

    private static bool IsLong => Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("unlink", 1)]
    [InlineData("renameat2", 1)]
    [InlineData("fsync", 1)]
    [InlineData("copy_file_range", 1)]
    [InlineData("pwrite64", 7)] // there are many
    public async Task Killed_at_any_step_the_database_is_the_old_one_or_the_new_one_and_the_old_one_is_not_lost(string call, int every)
    {
        ServerProcess.RequireStrace();
        await MakeAsync();
        var killed = 0;
        for (var at = 1; await KillAtAsync(call, at); at += IsLong ? 1 : every)
            killed++;

        Assert.True(killed > 0, $"{call} was never called.");
    }

    private async Task<bool> KillAtAsync(string call, int at)
    {
        var data = Directory.CreateDirectory(Path.Join(_root, string.Create(CultureInfo.InvariantCulture, $"{call}-{at}"))).FullName;
        foreach (var file in (string[])["sam.db", "sam.db-wal"])
            File.Copy(Path.Join(_root, file), Path.Join(data, file));
        await using var child = new ChildProcess(
            [Path.Join(AppContext.BaseDirectory, "slideport"), "database", "restore", Path.Join(_root, "backup.db"), "--data", data],
            ["-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")],
            "Restored");
        var isDone = await child.FindAsync() is not null;
        await child.WaitAsync();

        var found = await SamDatabaseFile.AskAsync(data, Serials);
        Assert.True(found is ["OLD", "OLD-IN-LOG"] or ["NEW"], $"{call} {at}: {string.Join(", ", found)}");
        await SamDatabaseFile.AssertWholeAsync(data);
        await SamMaintenance.Of(Options(Path.Join(data, "sam.db"))).RestoreAsync(Path.Join(_root, "backup.db"), Cancel);
        Assert.Equal(["NEW"], await SamDatabaseFile.AskAsync(data, Serials));
        var aside = new List<List<string>>();
        foreach (var file in Directory.GetFiles(data, "sam.db.before-restore*").Where(f => !f.EndsWith(".part", StringComparison.Ordinal)))
            aside.Add(await SamDatabaseFile.AskFileAsync(file, Serials));
        Assert.Contains(aside, serials => serials is ["OLD", "OLD-IN-LOG"]);
        Directory.Delete(data, recursive: true);
        return !isDone;
    }

    // The database as whoever is killed leaves it, with what was committed last in the log; and a backup of another.
    private async Task MakeAsync()
    {
        var other = Path.Join(_root, "other.db");
        await AddAsync(other, "NEW");
        SamMaintenance.Of(Options(other)).Backup(Path.Join(_root, "backup.db"));
        var running = Path.Join(_root, "running.db");
        await AddAsync(running, "OLD");
        await using var open = new SqliteConnection(Options(running).ConnectionString); // the last one that closes brings the log home
        await open.OpenAsync(Cancel);
        await using var command = new SqliteCommand("PRAGMA journal_mode=WAL; SELECT COUNT(*) FROM Scanners", open);
        await command.ExecuteScalarAsync(Cancel);
        await AddAsync(running, "OLD-IN-LOG");
        File.Copy(running, Path.Join(_root, "sam.db"));
        File.Copy(running + "-wal", Path.Join(_root, "sam.db-wal"));
    }

    private static async Task AddAsync(string file, string serial)
    {
        await SamMaintenance.Of(Options(file)).UpdateAsync(Cancel);
        await using var connection = new SqliteConnection(Options(file).ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new SqliteCommand("INSERT INTO Scanners (Id, SerialNumber, Model, FriendlyName, Location, AddedAt, AcknowledgedVersion) VALUES ($serial, $serial, '', '', '', 0, 0)", connection);
        command.Parameters.AddWithValue("$serial", serial);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static DatabaseOptions Options(string file) => new() { ConnectionString = $"Data Source={file};Pooling=False" };
}
