using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Files;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;
using Slideport.Sam.Database;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Tests;

/// <summary>When exactly something becomes a problem, and when it is none any more.</summary>
public abstract class ProblemSearchTests : IDisposable
{
    private const int HeartbeatSeconds = 10;

    private readonly TestDatabase _testDatabase;
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-search-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CertificateAuthority _authority;
    private DiskSpace _disk = new(500, 1000);

    protected ProblemSearchTests(TestDatabase testDatabase) => (_testDatabase, _authority) = (testDatabase, CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity")));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scanner_is_missed_right_after_three_heartbeats_and_that_is_told_once_and_so_is_its_return()
    {
        await using var parts = await PartsAsync();
        var (scanner, search) = (await AddScannerAsync(parts), SearchOf(parts));
        Assert.Equal(HeartbeatSeconds, parts.Configuration.Effective("SS1").Configuration.Basic.HeartbeatSeconds);
        Report(parts, scanner);

        _time.Advance(TimeSpan.FromSeconds(3 * HeartbeatSeconds));
        Assert.Empty(await LookAsync(parts, search));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["scanner.offline SS1"], await LookAsync(parts, search));
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(["scanner.offline SS1"], await LookAsync(parts, search));
        }

        for (var i = 0; i <= 60; i += 5)
        {
            Report(parts, scanner);
            Assert.Empty(await LookAsync(parts, search));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await using var database = parts.Databases.CreateDbContext();
        Assert.Equal(["started", "cleared"], (await database.Notifications.OrderBy(n => n.Id).Select(n => n.Body).ToListAsync(Cancel)).Select(b => (string)System.Text.Json.Nodes.JsonNode.Parse(b)!["what"]!));
    }

    [Fact]
    public async Task A_share_that_is_away_for_three_days_and_a_slide_that_is_tried_there_again_and_again_are_told_once_each()
    {
        await using var parts = await PartsAsync();
        var search = SearchOf(parts);
        var step = 0L;
        var (away, back) = (new ConverterHealth { ImageStore = "smb://nas/slides", ImageStoreProblem = "It cannot be reached." }, new ConverterHealth { ImageStore = "smb://nas/slides" });
        async Task<IReadOnlyList<string>> TellAsync(SlideStage stage, ConverterHealth health, TimeSpan later)
        {
            var now = _time.GetUtcNow();
            await parts.Slides.TakeAsync("conv1", [new SlideReport { Slide = "a", Step = ++step, Stage = stage, Since = now, Reason = "It cannot be reached.", SeriesInstanceUid = "1.2", ReceivedAt = now }], Cancel);
            _time.Advance(later);
            parts.Slides.Heard("conv1", health);
            return [.. (await LookAsync(parts, search)).Where(p => !p.StartsWith(ProblemKinds.Housekeeping, StringComparison.Ordinal))]; // which nobody does here
        }

        await TellAsync(SlideStage.Receiving, away, TimeSpan.FromSeconds(10));
        for (var began = _time.GetUtcNow(); _time.GetUtcNow() - began < TimeSpan.FromDays(3);)
        {
            // An hour of it as it is, then the rest in larger steps.
            var pause = TimeSpan.FromMinutes(_time.GetUtcNow() - began < TimeSpan.FromHours(1) ? 4 : 60);
            await TellAsync(SlideStage.Waiting, away, TimeSpan.FromSeconds(30));
            Assert.Equal(["imagestore.unreachable conv1", "slide.waiting conv1/a"], await TellAsync(SlideStage.Waiting, away, pause));
            await TellAsync(SlideStage.Complete, away, TimeSpan.FromSeconds(1));
            await TellAsync(SlideStage.Converting, away, TimeSpan.FromSeconds(70)); // one that hangs takes its time to fail
        }

        for (var i = 0; i < 4; i++)
            Assert.Empty(await TellAsync(SlideStage.Verified, back, TimeSpan.FromSeconds(30)));

        await using var database = parts.Databases.CreateDbContext();
        var told = (await database.Notifications.Select(n => n.Body).ToListAsync(Cancel)).Select(b => System.Text.Json.Nodes.JsonNode.Parse(b)!).Select(m => $"{m["what"]} {m["kind"]}").Where(m => !m.Contains(ProblemKinds.Housekeeping, StringComparison.Ordinal));
        Assert.Equal(["cleared imagestore.unreachable", "cleared slide.waiting", "started imagestore.unreachable", "started slide.waiting"], told.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(101, false)]
    [InlineData(100, true)]
    [InlineData(0, true)]
    public async Task A_scanners_disk_is_low_from_90_percent_on(long free, bool isLow)
    {
        await using var parts = await PartsAsync();
        var search = SearchOf(parts);
        Report(parts, await AddScannerAsync(parts), free);

        Assert.Equal(isLow ? ["disk.low SS1"] : [], await LookAsync(parts, search));
    }

    [Fact]
    public async Task The_disk_of_a_scanner_that_fell_silent_is_as_it_last_was_and_nobodys_when_it_is_retired()
    {
        await using var parts = await PartsAsync();
        var search = SearchOf(parts);
        Report(parts, await AddScannerAsync(parts), 50);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["disk.low SS1", "scanner.offline SS1"], await LookAsync(parts, search));
        await parts.Scanners.RetireAsync("SS1", "sold", Slideport.Sam.Audit.Actor.System, Cancel);

        Assert.Empty(await LookAsync(parts, search));
    }

    [Fact]
    public async Task The_disk_under_SAM_itself_is_low_from_90_percent_on_and_until_there_is_room()
    {
        await using var parts = await PartsAsync();
        var search = SearchOf(parts);
        var name = parts.Databases.Options.Provider == DatabaseProvider.Sqlite ? "database" : "identity";

        _disk = new DiskSpace(101, 1000);
        Assert.Empty(await LookAsync(parts, search));
        _disk = new DiskSpace(100, 1000);
        Assert.Equal([$"disk.low {Environment.MachineName}/{name}"], await LookAsync(parts, search));
        _disk = new DiskSpace(101, 1000);

        Assert.Empty(await LookAsync(parts, search));
    }

    [Fact]
    public void An_identity_that_lies_elsewhere_is_a_disk_of_its_own()
    {
        IEnumerable<string> Names(string identity) => new OwnDisks(new DatabaseOptions { ConnectionString = "Data Source=/data/sam.db" }, identity) { Space = _ => _disk }.Spaces().Select(s => $"{s.Disk.Name} {s.Disk.Folder}");

        Assert.Equal(["database /data"], Names("/data/identity"));
        Assert.Equal(["database /data", "identity /keys"], Names("/keys"));
        Assert.Equal(["database /data", "identity /data-2/identity"], Names("/data-2/identity"));
    }

    public void Dispose()
    {
        _authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static void Report(SamParts parts, Scanner scanner, long free = 500) =>
        parts.Scanners.Heard(scanner.Id, new ScannerStatus { State = ScannerState.Idle, DiskFreeBytes = free, DiskTotalBytes = 1000 }, HeartbeatSeconds);

    private async Task<Scanner> AddScannerAsync(SamParts parts)
    {
        var scanner = new Scanner { Id = Guid.CreateVersion7(_time.GetUtcNow()), SerialNumber = "SS1", Model = "GT 450", FriendlyName = "One", Location = "", AddedAt = _time.GetUtcNow() };
        Assert.True(await parts.Scanners.AddAsync(scanner, Slideport.Sam.Audit.Actor.System, Cancel));
        return scanner;
    }

    private async Task<SamParts> PartsAsync()
    {
        var options = new SamOptions { Users = new() { HashIterations = 1000 }, Database = await _testDatabase.CreateAsync(_folder) };
        var clock = new Slideport.Sam.Time.HostClock(options.Time, () => new KernelClock(TimeSpan.FromMilliseconds(5), false, false), _time);
        var parts = new SamParts(new SamDatabases(options.Database), _authority, options, _time, NullLogger.Instance, clock) { Disks = new OwnDisks(options.Database, _authority.Folder) { Space = _ => _disk } };
        await parts.ReloadAsync(Cancel);
        return parts;
    }

    private (NodeReports Nodes, ProblemSearch Search) SearchOf(SamParts parts)
    {
        var nodes = new NodeReports(parts, "sam:44386", _time);
        return (nodes, new ProblemSearch(parts, nodes, _time));
    }

    // What is open after a look; the board has a channel to tell it by.
    private static async Task<IEnumerable<string>> LookAsync(SamParts parts, (NodeReports Nodes, ProblemSearch Search) of)
    {
        await of.Nodes.LookAsync(Cancel);
        var findings = await of.Search.FindAsync(Cancel);
        await new AlertBoard(parts.Writer, [WebhookChannel.Name]).UpdateAsync(findings, Cancel);
        return findings.Problems.Select(p => $"{p.Kind} {p.Subject}").Order(StringComparer.Ordinal);
    }
}

public sealed class ProblemSearchTestsOnSqlite() : ProblemSearchTests(new OnSqlite());

public sealed class ProblemSearchTestsOnPostgreSql(PostgreSqlServer server) : ProblemSearchTests(new OnPostgreSql(server));

public sealed class ProblemSearchTestsOnSqlServer(SqlServerInstance server) : ProblemSearchTests(new OnSqlServer(server));
