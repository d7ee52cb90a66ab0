using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Status;
using Slideport.Sam.Database;
using Slideport.Sam.Scanners;

namespace Slideport.Sam.Tests.Nodes;

/// <summary>Which scanners are there, as two nodes on one database see it.</summary>
public abstract class PresenceTests(TestDatabase testDatabase) : IAsyncLifetime
{
    private const int HeartbeatSeconds = 10;

    private static readonly Guid Id = Guid.NewGuid();

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-presence-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private CertificateAuthority _authority = null!;
    private SamParts _one = null!;
    private SamParts _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        var options = new SamOptions { Database = await testDatabase.CreateAsync(_folder) };
        (_one, _other) = (new SamParts(new SamDatabases(options.Database), _authority, options, _time, NullLogger.Instance), new SamParts(new SamDatabases(options.Database), _authority, options, _time, NullLogger.Instance));
        await _one.Scanners.AddAsync(new Scanner { Id = Id, SerialNumber = "SS1", Model = "", FriendlyName = "", Location = "", AddedAt = _time.GetUtcNow() }, Slideport.Sam.Audit.Actor.System, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        _authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_scanner_that_moves_to_another_node_is_online_at_both()
    {
        Hear(_one, waiting: 1);
        await _one.Scanners.WriteDownAsync(Cancel);
        _time.Advance(TimeSpan.FromHours(1));
        Hear(_other, waiting: 2);
        await _other.Scanners.WriteDownAsync(Cancel);

        Assert.Equal((ScannerPresence.Online, 2), await SeenAsync(_one));
        Assert.Equal((ScannerPresence.Online, 2), await SeenAsync(_other));
        Hear(_one, waiting: 3);
        Assert.Equal((ScannerPresence.Online, 3), await SeenAsync(_one)); // not written down yet

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ScannerPresence.Unreported, (await SeenAsync(_one)).Presence);
        Assert.Equal(ScannerPresence.Unreported, (await SeenAsync(_other)).Presence);
    }

    [Fact]
    public async Task What_a_node_heard_before_the_other_did_is_not_written_over_it()
    {
        Hear(_one, waiting: 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Hear(_other, waiting: 2);
        await _other.Scanners.WriteDownAsync(Cancel);
        await _one.Scanners.WriteDownAsync(Cancel);

        var row = Assert.Single(await _one.Scanners.ListAsync(Cancel));
        Assert.Equal(_time.GetUtcNow(), row.LastHeardAt);
        Assert.Equal((ScannerPresence.Online, 2), await SeenAsync(_one));
    }

    [Fact]
    public async Task A_time_that_is_to_come_was_said_by_a_wrong_clock_and_hides_nothing()
    {
        _time.Advance(TimeSpan.FromDays(1));
        Hear(_other, waiting: 1);
        await _other.Scanners.WriteDownAsync(Cancel);
        var right = new FakeTimeProvider(_time.GetUtcNow().AddDays(-1));
        var options = new SamOptions { Database = _one.Databases.Options };
        await using var node = new SamParts(new SamDatabases(options.Database), _authority, options, right, NullLogger.Instance);

        Hear(node, waiting: 2);
        Assert.Equal((ScannerPresence.Online, 2), await SeenAsync(node));
        await node.Scanners.WriteDownAsync(Cancel);

        Assert.Equal(right.GetUtcNow(), Assert.Single(await node.Scanners.ListAsync(Cancel)).LastHeardAt);
    }

    private static void Hear(SamParts node, int waiting) => node.Scanners.Heard(Id, new ScannerStatus { State = ScannerState.Idle, SlidesWaiting = waiting }, HeartbeatSeconds);

    private static async Task<(ScannerPresence Presence, int? Waiting)> SeenAsync(SamParts node)
    {
        var scanner = Assert.Single(await node.Scanners.ListAsync(Cancel));
        return (node.Scanners.Presence(scanner, HeartbeatSeconds), node.Scanners.LastHeard(scanner)?.Status.SlidesWaiting);
    }
}

public sealed class PresenceTestsOnSqlite() : PresenceTests(new OnSqlite());

public sealed class PresenceTestsOnPostgreSql(PostgreSqlServer server) : PresenceTests(new OnPostgreSql(server));

public sealed class PresenceTestsOnSqlServer(SqlServerInstance server) : PresenceTests(new OnSqlServer(server));
