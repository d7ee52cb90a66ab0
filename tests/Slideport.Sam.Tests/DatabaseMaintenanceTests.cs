using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

public sealed class DatabaseMaintenanceTests(PostgreSqlServer postgreSql) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-database-").FullName;

    [Fact]
    public async Task A_backup_made_while_SAM_runs_is_restored_whole()
    {
        var options = Sqlite("sam.db");
        await SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken);
        await AddAsync(options, "SS1");
        SamMaintenance.Of(options).Backup(Path.Join(_folder, "backup.db"));
        await AddAsync(options, "SS2");

        var aside = await SamMaintenance.Of(options).RestoreAsync(Path.Join(_folder, "backup.db"), TestContext.Current.CancellationToken);

        Assert.Equal(["SS1"], await SerialsAsync(options));
        Assert.Equal(["SS1", "SS2"], await SerialsAsync(Sqlite(Path.GetFileName(aside!))));
        Assert.Empty(await SamMaintenance.Of(options).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_and_nothing_changes()
    {
        var options = Sqlite("sam.db");
        await SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken);
        await AddAsync(options, "SS1");
        var backup = Path.Join(_folder, "backup.db");
        SamMaintenance.Of(options).Backup(backup);
        var bytes = await File.ReadAllBytesAsync(backup, TestContext.Current.CancellationToken);
        bytes.AsSpan(4096, 8192).Fill(0x5A);
        await File.WriteAllBytesAsync(backup, bytes, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<IOException>(() => SamMaintenance.Of(options).RestoreAsync(backup, TestContext.Current.CancellationToken));

        Assert.Equal(["SS1"], await SerialsAsync(options));
    }

    [Fact]
    public async Task What_lay_in_the_log_of_a_killed_SAM_is_set_aside_with_its_database()
    {
        var (options, backup) = await KilledAsync();
        await File.WriteAllBytesAsync(Path.Join(_folder, "sam.db.restoring-wal"), await File.ReadAllBytesAsync(Path.Join(_folder, "sam.db-wal"), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken); // of a restore that was killed

        var aside = await SamMaintenance.Of(options).RestoreAsync(backup, TestContext.Current.CancellationToken);

        Assert.Equal(["sam.db", "sam.db.before-restore", "sam.db.lock"], Directory.GetFiles(_folder, "sam.db*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["SS1"], await SerialsAsync(options));
        Assert.Equal(["SS1", "SS2"], await SerialsAsync(Sqlite(Path.GetFileName(aside!))));
    }

    [Fact]
    public async Task A_database_that_is_none_any_more_is_set_aside_with_its_log_as_it_is()
    {
        var (options, backup) = await KilledAsync();
        var log = await File.ReadAllBytesAsync(Path.Join(_folder, "sam.db-wal"), TestContext.Current.CancellationToken);
        using (var file = File.OpenHandle(Path.Join(_folder, "sam.db"), FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, new byte[4096], 0);
        await using (var spoiled = File.OpenWrite(Path.Join(_folder, "sam.db-wal")))
            spoiled.SetLength(40); // nor can the log mend it

        var aside = await SamMaintenance.Of(options).RestoreAsync(backup, TestContext.Current.CancellationToken);

        Assert.Equal(["SS1"], await SerialsAsync(options));
        Assert.Equal(new byte[4096], (await File.ReadAllBytesAsync(aside!, TestContext.Current.CancellationToken))[..4096]);
        Assert.True(log.Length > 40);
    }

    [Fact]
    public async Task While_somebody_reads_the_database_nothing_is_restored()
    {
        var (options, backup) = await KilledAsync();
        await using var reader = new SqliteConnection(options.ConnectionString);
        await reader.OpenAsync(TestContext.Current.CancellationToken);
        await using (var transaction = reader.BeginTransaction(deferred: true))
        {
            await using var command = new SqliteCommand("SELECT COUNT(*) FROM Scanners", reader, transaction);
            await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<IOException>(() => SamMaintenance.Of(options).RestoreAsync(backup, TestContext.Current.CancellationToken));
        }

        Assert.Equal(["SS1", "SS2"], await SerialsAsync(options));
    }

    [Fact]
    public async Task While_SAM_runs_nothing_is_restored_and_no_second_one_starts()
    {
        var options = Sqlite("sam.db");
        await SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken);
        using var running = DatabaseSetup.TryHold(Path.Join(_folder, "sam.db"));

        var refused = await Assert.ThrowsAsync<IOException>(() => SamMaintenance.Of(options).RestoreAsync(Path.Join(_folder, "any"), TestContext.Current.CancellationToken));

        Assert.Contains("SAM runs", refused.Message, StringComparison.Ordinal);
        Assert.Null(DatabaseSetup.TryHold(Path.Join(_folder, "sam.db")));
    }

    // EF Core keeps its lock in a row: whoever was killed while he migrated still has it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_was_killed_while_he_migrated_keeps_nobody_waiting(bool byHand)
    {
        var options = Sqlite("sam.db");
        await using (var connection = new SqliteConnection(options.ConnectionString))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-03-01 00:00:00+00:00');
                """;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        if (byHand)
            await SamMaintenance.Of(options).UpdateAsync(patience.Token);
        else
            await DatabaseSetup.PrepareAsync(new SamDatabases(options), patience.Token);

        Assert.Empty(await SamMaintenance.Of(options).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_embedded_database_is_not_updated_under_an_older_SAM_that_runs_on_it()
    {
        var options = Sqlite("sam.db");
        using var running = DatabaseSetup.TryHold(Path.Join(_folder, "sam.db"));

        var refused = await Assert.ThrowsAsync<IOException>(() => SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken));

        Assert.Contains("SAM runs", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_server_is_refused_until_it_was_updated()
    {
        var options = await postgreSql.CreateEmptyAsync();

        var before = await Assert.ThrowsAsync<IOException>(() => DatabaseSetup.PrepareAsync(new SamDatabases(options), TestContext.Current.CancellationToken));
        var check = await SamMaintenance.Of(options).CheckAsync(TestContext.Current.CancellationToken);
        await SamMaintenance.Of(options).UpdateAsync(TestContext.Current.CancellationToken);
        await DatabaseSetup.PrepareAsync(new SamDatabases(options), TestContext.Current.CancellationToken);

        Assert.Contains("slideport database update", before.Message, StringComparison.Ordinal);
        Assert.Contains("slideport database update", Assert.Single(check), StringComparison.Ordinal);
        Assert.Empty(await SamMaintenance.Of(options).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(DatabaseProvider.PostgreSql, "CREATE TABLE \"Scanners\"")]
    [InlineData(DatabaseProvider.SqlServer, "CREATE TABLE [Scanners]")]
    [InlineData(DatabaseProvider.Sqlite, "CREATE TABLE \"Scanners\"")]
    public void The_script_holds_every_table(DatabaseProvider provider, string expected)
    {
        var script = SamMaintenance.Of(new DatabaseOptions { Provider = provider }).Script();
        using var model = new SamDatabases(new DatabaseOptions { Provider = provider }).CreateDbContext();

        Assert.Contains(expected, script, StringComparison.Ordinal);
        Assert.All(model.Model.GetEntityTypes(), entity => Assert.Matches($"CREATE TABLE [\\[\"]{entity.GetTableName()}[\\]\"]", script));
    }

    [Fact]
    public async Task The_script_brings_a_server_up_to_date_and_may_be_run_again()
    {
        var options = await postgreSql.CreateEmptyAsync();
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var script = new NpgsqlCommand(SamMaintenance.Of(options).Script(), connection);

        await script.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await script.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Empty(await SamMaintenance.Of(options).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql)]
    [InlineData(DatabaseProvider.SqlServer)]
    public void The_migrations_make_the_model(DatabaseProvider provider)
    {
        using var database = new SamDatabases(new DatabaseOptions { Provider = provider }).CreateDbContext();

        Assert.False(database.Database.HasPendingModelChanges());
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private DatabaseOptions Sqlite(string name) => new() { ConnectionString = $"Data Source={Path.Join(_folder, name)};Pooling=False" };

    // A backup with one scanner, and the database with two, the second of them in the log, as whoever is killed leaves it.
    private async Task<(DatabaseOptions Options, string Backup)> KilledAsync()
    {
        var (running, options, backup) = (Sqlite("running.db"), Sqlite("sam.db"), Path.Join(_folder, "backup.db"));
        await SamMaintenance.Of(running).UpdateAsync(TestContext.Current.CancellationToken);
        await AddAsync(running, "SS1");
        SamMaintenance.Of(running).Backup(backup);
        await using var open = new SqliteConnection(running.ConnectionString); // the last one that closes brings the log home
        await open.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new SqliteCommand("PRAGMA journal_mode=WAL; SELECT COUNT(*) FROM Scanners", open);
        await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        await AddAsync(running, "SS2");
        File.Copy(Path.Join(_folder, "running.db"), Path.Join(_folder, "sam.db"));
        File.Copy(Path.Join(_folder, "running.db-wal"), Path.Join(_folder, "sam.db-wal"));
        return (options, backup);
    }

    private static async Task AddAsync(DatabaseOptions options, string serial)
    {
        await using var database = new SamDatabases(options).CreateDbContext();
        database.Scanners.Add(new Scanner { Id = Guid.NewGuid(), SerialNumber = serial, Model = "", FriendlyName = "", Location = "", AddedAt = DateTimeOffset.UnixEpoch });
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<List<string>> SerialsAsync(DatabaseOptions options)
    {
        await using var database = new SamDatabases(options).CreateDbContext();
        return await database.Scanners.OrderBy(s => s.SerialNumber).Select(s => s.SerialNumber).ToListAsync(TestContext.Current.CancellationToken);
    }
}
