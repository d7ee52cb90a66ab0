using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;
using Slideport.Sam.Tests.Audit;

namespace Slideport.Sam.Tests;

/// <summary>What SAM does by itself: when it fails somebody is told, once, and once when it works again.</summary>
public abstract class HousekeepingTests(TestDatabase testDatabase) : IDisposable
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly EverythingLogged _log = new();

    [Theory]
    [InlineData("ConfigurationChanges", "reload")]
    [InlineData("Sessions", "sessions")]
    [InlineData("ScannerHours", "heartbeats")]
    [InlineData("Outbox", "dsr")]
    [InlineData("Notifications", "notifications")]
    [InlineData("Slides", "search.slides")]
    [InlineData("OpenEvents", "search.events")]
    public async Task Each_work_that_fails_is_an_alert_until_it_works_again_and_the_log_tells_it_once(string table, string work)
    {
        var chore = Chore.All.Single(c => c.Name == work);
        await using var sam = await StartAsync();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await PointAtNobodyAsync(sam);

        await RenameAsync(sam, table, "Away");
        await UntilAsync(sam, async () =>
        {
            await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, Cancel);
            return await OpenAsync(sam, chore.Subject);
        });
        for (var i = 0; i < 10; i++)
            await PassAsync(sam, 5);
        await RenameAsync(sam, "Away", table);
        await UntilAsync(sam, async () => !await OpenAsync(sam, chore.Subject));

        Assert.Single(_log.Lines, line => line.Contains($"SAM cannot {chore.What}, and", StringComparison.Ordinal));
        Assert.Single(_log.Lines, line => line.Contains($"SAM can {chore.What} again", StringComparison.Ordinal));
        Assert.Equal(1, (await AlertAsync(sam, chore.Subject)).Count);
    }

    [Fact]
    public async Task A_head_that_cannot_be_signed_keeps_the_other_work_from_nothing()
    {
        await using var sam = await StartAsync();
        var heads = Path.Join(sam.Authority.Folder, "audit-heads");
        Directory.CreateDirectory(heads); // where the file should be

        await UntilAsync(sam, () => OpenAsync(sam, Chore.Heads.Subject));
        Assert.DoesNotContain(_log.Lines, line => line.Contains(Chore.Sessions.What, StringComparison.Ordinal));
        Directory.Delete(heads);
        await UntilAsync(sam, async () => !await OpenAsync(sam, Chore.Heads.Subject));

        Assert.True(File.Exists(heads));
    }

    [Fact]
    public async Task A_search_that_fails_hides_no_other_problem_and_ends_none()
    {
        await using var sam = await StartAsync();
        using var converter = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        await converter.TellAsync("conv1", [new SlideReport { Slide = "a", Step = 1, Stage = SlideStage.Failed, Since = _time.GetUtcNow(), Reason = "It cannot become an SVS.", SeriesInstanceUid = "1.2", ReceivedAt = _time.GetUtcNow() }], Cancel);
        await UntilAsync(sam, () => OpenAsync(sam, "conv1/a"));

        await RenameAsync(sam, "Slides", "Away");
        await UntilAsync(sam, () => OpenAsync(sam, "search.slides"));
        await UntilAsync(sam, async () =>
        {
            await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/slides", ImageStoreProblem = "it is not mounted", SpoolFreeBytes = 50, SpoolTotalBytes = 100 }, Cancel);
            return await OpenAsync(sam, "conv1");
        });
        for (var i = 0; i < 20; i++)
            await PassAsync(sam, 5);

        Assert.True(await OpenAsync(sam, "conv1/a"));
        await RenameAsync(sam, "Away", "Slides");
    }

    [Fact]
    public async Task A_repository_that_is_away_for_ten_minutes_is_told_and_so_is_its_return()
    {
        RepositoryStandIn? repository = null;
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: _time, log: _log, audit: authority =>
        {
            repository = new RepositoryStandIn(TlsPolicy.ForServer(authority.Server("repository"), authority.Roots)) { IsAway = true };
            return new AuditOptions { Syslog = $"localhost:{repository.Port}" };
        });
        await repository!.UntilAsync(r => r.Knocks > 0);
        var since = _time.GetUtcNow();

        await UntilAsync(sam, () => OpenAsync(sam, "audit.repository"));
        Assert.True(_time.GetUtcNow() - since >= TimeSpan.FromMinutes(10));
        repository.IsAway = false;
        await UntilAsync(sam, async () => !await OpenAsync(sam, "audit.repository"));

        Assert.Equal(1, (await AlertAsync(sam, "audit.repository")).Count);
        await sam.Role.StopAsync(Cancel);
        await repository.DisposeAsync();
    }

    [Fact]
    public async Task A_broken_trail_is_an_alert_after_restarts_too_until_a_check_finds_it_whole()
    {
        await using var sam = await StartAsync();
        await sam.EnrolScannerAsync("SS1");
        await sam.RestartAsync(); // signs
        await Insider.DoAsync(sam, "DELETE FROM \"Audit\" WHERE \"Sequence\" > 2");

        await UntilAsync(sam, () => OpenAsync(sam, "trail"));
        await sam.RestartAsync();
        for (var i = 0; i < 20; i++)
            await PassAsync(sam, 5);
        Assert.True(await OpenAsync(sam, "trail"));

        File.Delete(Path.Join(sam.Authority.Folder, "audit-heads")); // somebody has looked into it, and put them aside
        using (var admin = sam.Admin())
            Assert.Null((await admin.PostAsync<TrailVerdict>("api/audit/verify", new { })).Problem);
        await UntilAsync(sam, async () => !await OpenAsync(sam, "trail"));

        Assert.Equal(("audit.broken", 1), ((await AlertAsync(sam, "trail")).Kind, (await AlertAsync(sam, "trail")).Count));
    }

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private Task<SamUnderTest> StartAsync() => SamUnderTest.StartAsync(testDatabase, time: _time, log: _log);

    // A DSR that is not there: there is something to be looked for, and nothing to be sent.
    private static async Task PointAtNobodyAsync(SamUnderTest sam)
    {
        using var admin = sam.Admin();
        using var response = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", new { dsr = new { hostname = "127.0.0.1", port = 1, tls = false } }, Cancel);
        response.EnsureSuccessStatusCode();
    }

    private static async Task RenameAsync(SamUnderTest sam, string table, string to)
    {
        await using var database = sam.Databases.CreateDbContext();
        var statement = $"ALTER TABLE \"{table}\" RENAME TO \"{to}\"";
        await database.Database.ExecuteSqlRawAsync(statement, Cancel);
    }

    private static async Task<bool> OpenAsync(SamUnderTest sam, string subject)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Alerts.AnyAsync(a => a.Subject == subject && a.ClearedAt == null, Cancel);
    }

    private static async Task<Alert> AlertAsync(SamUnderTest sam, string subject)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Alerts.AsNoTracking().SingleAsync(a => a.Subject == subject, Cancel);
    }

    private async Task UntilAsync(SamUnderTest sam, Func<Task<bool>> holds)
    {
        Assert.NotNull(sam.Role.LocalEndPoint);
        while (!await holds())
            await PassAsync(sam, 5);
    }

    // No faster than SAM renews its lease, where it needs one: else it leaves its work to nobody for a moment, and what failed is forgotten.
    private async Task PassAsync(SamUnderTest sam, int seconds)
    {
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(seconds); passed += Lease.Rhythm)
        {
            var before = await RenewalsAsync(sam);
            _time.Advance(Lease.Rhythm);
            for (var looks = 0; before is not null && looks < 100 && await RenewalsAsync(sam) == before; looks++) // at its start it may have missed one
                await Task.Delay(5, Cancel);
        }

        await Task.Delay(20, Cancel);
    }

    private static async Task<long?> RenewalsAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Leases.Select(l => (long?)l.Renewals).SingleOrDefaultAsync(Cancel);
    }
}

public sealed class HousekeepingTestsOnSqlite() : HousekeepingTests(new OnSqlite());

public sealed class HousekeepingTestsOnPostgreSql(PostgreSqlServer server) : HousekeepingTests(new OnPostgreSql(server));

public sealed class HousekeepingTestsOnSqlServer(SqlServerInstance server) : HousekeepingTests(new OnSqlServer(server));

/// <summary>What is said of work that fails.</summary>
public sealed class ChoreTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly EverythingLogged _log = new();

    [Fact]
    public void A_database_that_is_away_is_one_problem_however_much_waits_for_it()
    {
        var housekeeping = new Housekeeping(_time, _log);

        housekeeping.Failed(Chore.Sessions, new DbUpdateException("wrapped", new SqliteException("disk full", 13)));
        housekeeping.Failed(Chore.Heartbeats, new SqliteException("disk full", 13));
        housekeeping.Failed(Chore.Heads, new IOException("No space left on device"));

        Assert.Equal([Chore.Heads.Subject, $"{Environment.MachineName}/database"], housekeeping.Problems().Select(p => p.Subject));
        Assert.Contains("make room there", housekeeping.Problems().Last().Text, StringComparison.Ordinal);
        Assert.Contains("write heartbeats down, delete sessions that are over", housekeeping.Problems().Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Work_that_waits_for_another_machine_may_fail_for_a_while()
    {
        var housekeeping = new Housekeeping(_time, _log);

        housekeeping.Failed(Chore.Repository, new IOException("It hung up."));
        _time.Advance(Chore.Repository.Patience - TimeSpan.FromTicks(1));
        housekeeping.Failed(Chore.Repository, new IOException("It does not answer."));
        Assert.Empty(housekeeping.Problems());
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal($"SAM on {Environment.MachineName} cannot bring the audit trail to the audit repository: It does not answer. Nothing is lost; it is sent when the repository takes it.", Assert.Single(housekeeping.Problems()).Text);
    }

    [Fact]
    public async Task The_log_has_the_stack_when_it_begins_to_fail_and_no_more_until_it_works_again()
    {
        var housekeeping = new Housekeeping(_time, _log);
        for (var i = 0; i < 100; i++)
        {
            Assert.False(await housekeeping.TryAsync(Chore.Sessions, () => throw new InvalidDataException("torn"), CancellationToken.None));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Contains(nameof(The_log_has_the_stack_when_it_begins_to_fail_and_no_more_until_it_works_again), Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.True(await housekeeping.TryAsync(Chore.Sessions, () => Task.CompletedTask, CancellationToken.None));
        Assert.True(await housekeeping.TryAsync(Chore.Sessions, () => Task.CompletedTask, CancellationToken.None));

        Assert.Equal("Information: SAM can delete sessions that are over again; it could not for 00:03:20. ", _log.Lines.Last());
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task Work_that_ends_because_SAM_stops_has_not_failed()
    {
        var housekeeping = new Housekeeping(_time, _log);
        var stopped = new CancellationToken(canceled: true);

        await Assert.ThrowsAsync<OperationCanceledException>(() => housekeeping.TryAsync(Chore.Sessions, () => throw new OperationCanceledException(stopped), stopped));

        Assert.Empty(_log.Lines);
        Assert.Empty(housekeeping.Problems());
    }

    public void Dispose() => _log.Dispose();
}
