using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Files;
using Slideport.Protocol.Identity;
using Slideport.Sam.Database;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Tests.Nodes;

/// <summary>What is wrong with the machines of several SAMs, as the one tells it whose turn it is.</summary>
public abstract class NodeReportsTests(TestDatabase testDatabase) : IAsyncLifetime
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-nodes-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly List<Node> _nodes = [];
    private CertificateAuthority _authority = null!;
    private SamOptions _options = null!;
    private Node _one = null!;
    private Node _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        _options = new SamOptions { Database = await testDatabase.CreateAsync(_folder), Notifications = new NotificationOptions { WebhookUrl = "https://nobody.invalid/", WebhookSecretFile = "/nowhere" } };
        (_one, _other) = (Start("one:44386"), Start("other:44386"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.Parts.DisposeAsync();
        _authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_machine_whose_disk_is_full_is_told_of_once_whichever_of_them_tells()
    {
        _one.Disk = new DiskSpace(50, 1000);

        await RoundsAsync(30, [_one, _other], tells: _other);
        await RoundsAsync(30, [_one, _other], tells: _one);
        await RoundsAsync(30, [_one, _other], tells: _other);
        Assert.Equal(["disk.low started"], await ToldAsync());
        _one.Disk = new DiskSpace(500, 1000);
        await RoundsAsync(30, [_one, _other], tells: _other);

        Assert.Equal(["disk.low started", "disk.low cleared"], await ToldAsync());
    }

    [Fact]
    public async Task Work_that_fails_at_one_of_them_is_told_by_the_other()
    {
        _one.Parts.Housekeeping.Failed(Chore.Heads, new IOException("read-only file system"));

        await RoundsAsync(2, [_one, _other], tells: _other);
        var alert = Assert.Single(await OpenAsync());
        Assert.Equal(("housekeeping.failed", $"{Environment.MachineName}/audit.heads", $"SAM on {Environment.MachineName} cannot sign the head of the audit trail: read-only file system. {Chore.Heads.Meanwhile}"), (alert.Kind, alert.Subject, alert.Text));
        _one.Parts.Housekeeping.Works(Chore.Heads);
        await RoundsAsync(30, [_one, _other], tells: _other);

        Assert.Empty(await OpenAsync());
    }

    [Fact]
    public async Task One_that_leaves_no_word_any_more_is_told_of_and_what_it_said_stays_true()
    {
        _one.Disk = new DiskSpace(50, 1000);
        await RoundsAsync(2, [_one, _other], tells: _other);

        await RoundsAsync(60, [_other], tells: _other);
        Assert.Equal(["disk.low started", "sam.silent started"], await ToldAsync());
        Assert.Equal("one:44386", (await OpenAsync())[1].Subject);
        await RoundsAsync(30, [_one, _other], tells: _other);
        Assert.Equal(["disk.low started", "sam.silent started", "sam.silent cleared"], await ToldAsync());

        await RoundsAsync(30, [_other], tells: _other);
        _time.Advance(TimeSpan.FromDays(1));
        await RoundsAsync(30, [_other], tells: _other);
        Assert.Empty(await OpenAsync());
    }

    [Fact]
    public async Task Who_takes_over_ends_nothing_that_was_told_of_one_that_is_silent()
    {
        _one.Disk = new DiskSpace(50, 1000);
        await RoundsAsync(2, [_one, _other], tells: _other);
        await RoundsAsync(30, [_other], tells: _other);
        await _other.Reports.LeaveAsync();

        var third = Start("third:44386");
        await RoundsAsync(60, [third], tells: third);

        Assert.Equal(["disk.low started", "sam.silent started"], await ToldAsync());
        Assert.Equal([1, 2], (await OpenAsync()).Select(a => a.Count).Order()); // the silence was not seen for a while
    }

    [Fact]
    public async Task One_that_stops_in_order_is_not_missed_and_its_disk_is_no_emptier_for_that()
    {
        _one.Disk = new DiskSpace(50, 1000);
        await RoundsAsync(2, [_one, _other], tells: _other);

        await _one.Reports.LeaveAsync();
        await RoundsAsync(60, [_other], tells: _other);
        Assert.Equal(["disk.low started"], await ToldAsync());
        await RoundsAsync(30, [_one, _other], tells: _other);

        Assert.Equal(["disk.low started"], await ToldAsync());
        Assert.Equal(1, Assert.Single(await OpenAsync()).Count);
    }

    [Fact]
    public async Task Who_was_kept_from_reading_takes_nobody_for_silent()
    {
        await RoundsAsync(2, [_one, _other], tells: _other);

        _time.Advance(TimeSpan.FromMinutes(10)); // the database was away for all of them
        await RoundsAsync(5, [_other], tells: _other);
        await RoundsAsync(5, [_one, _other], tells: _other);

        Assert.Empty(await ToldAsync());
    }

    [Fact]
    public async Task Who_has_not_looked_yet_ends_nothing()
    {
        _one.Disk = _other.Disk = new DiskSpace(50, 1000);
        await RoundsAsync(2, [_one, _other], tells: _other);

        var next = Start("next:44386");
        next.Disk = null; // cannot be asked
        for (var i = 0; i < 30; i++)
        {
            await next.Parts.Alerts.UpdateAsync(await next.Search.FindAsync(Cancel), Cancel);
            _time.Advance(Round);
        }

        await RoundsAsync(30, [next], tells: next);

        Assert.DoesNotContain("disk.low cleared", await ToldAsync());
    }

    [Fact]
    public async Task Clocks_that_disagree_make_nobody_silent()
    {
        _one.Ahead = TimeSpan.FromHours(3);
        _other.Ahead = TimeSpan.FromHours(-3);

        await RoundsAsync(60, [_one, _other], tells: _other);

        Assert.Empty(await ToldAsync());
    }

    private Node Start(string name)
    {
        var node = new Node();
        var clock = new OtherClock(_time, node);
        var inStep = new Slideport.Sam.Time.HostClock(_options.Time, () => new KernelClock(TimeSpan.FromMilliseconds(5), false, false), clock);
        node.Parts = new SamParts(new SamDatabases(_options.Database), _authority, _options, clock, NullLogger.Instance, inStep) { Disks = new OwnDisks(_options.Database, _authority.Folder) { Space = _ => node.Disk ?? throw new IOException("The disk does not answer.") } };
        node.Reports = new NodeReports(node.Parts, name, clock);
        node.Search = new ProblemSearch(node.Parts, node.Reports, clock);
        _nodes.Add(node);
        return node;
    }

    private async Task RoundsAsync(int count, Node[] running, Node tells)
    {
        for (var i = 0; i < count; i++)
        {
            foreach (var node in running)
                await node.Reports.LookAsync(Cancel);
            await tells.Parts.Alerts.UpdateAsync(await tells.Search.FindAsync(Cancel), Cancel);
            _time.Advance(Round);
        }
    }

    private async Task<List<Alert>> OpenAsync()
    {
        await using var database = _one.Parts.Databases.CreateDbContext();
        return await database.Alerts.AsNoTracking().Where(a => a.ClearedAt == null).OrderBy(a => a.Id).ToListAsync(Cancel);
    }

    private async Task<IEnumerable<string>> ToldAsync()
    {
        await using var database = _one.Parts.Databases.CreateDbContext();
        return (await database.Notifications.OrderBy(n => n.Id).Select(n => n.Body).ToListAsync(Cancel)).Select(b => JsonNode.Parse(b)!).Select(b => $"{b["kind"]} {b["what"]}");
    }

    private sealed class Node
    {
        internal SamParts Parts { get; set; } = null!;

        internal NodeReports Reports { get; set; } = null!;

        internal ProblemSearch Search { get; set; } = null!;

        internal DiskSpace? Disk { get; set; } = new(500, 1000);

        internal TimeSpan Ahead { get; set; }
    }

    // The same seconds, another hour.
    private sealed class OtherClock(FakeTimeProvider time, Node node) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + node.Ahead;

        public override long GetTimestamp() => time.GetTimestamp();
    }
}

public sealed class NodeReportsTestsOnSqlite() : NodeReportsTests(new OnSqlite());

public sealed class NodeReportsTestsOnPostgreSql(PostgreSqlServer server) : NodeReportsTests(new OnPostgreSql(server));

public sealed class NodeReportsTestsOnSqlServer(SqlServerInstance server) : NodeReportsTests(new OnSqlServer(server));
