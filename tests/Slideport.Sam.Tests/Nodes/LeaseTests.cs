using Microsoft.Extensions.Time.Testing;
using Slideport.Sam.Database;
using Slideport.Sam.Nodes;

namespace Slideport.Sam.Tests.Nodes;

/// <summary>Who of several SAMs on a database does what only one may.</summary>
public abstract class LeaseTests(TestDatabase testDatabase) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-lease-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private SamDatabases _databases = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _databases = new SamDatabases(await testDatabase.CreateAsync(_folder));

    public ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task While_its_holder_renews_it_nobody_else_gets_it()
    {
        await using var one = Node("one");
        await using var other = Node("other");

        for (var i = 0; i < 20; i++)
        {
            Assert.True(await one.TryAsync(Cancel));
            Assert.False(await other.TryAsync(Cancel));
            _time.Advance(Lease.Term / 2);
            Assert.True(one.IsHeld);
        }
    }

    [Fact]
    public async Task When_its_holder_is_gone_another_takes_over_and_no_sooner_than_the_holder_has_stopped()
    {
        await using var gone = Node("gone");
        await using var other = Node("other");
        Assert.True(await gone.TryAsync(Cancel));
        Assert.False(await other.TryAsync(Cancel));

        for (var waited = TimeSpan.Zero; waited < Lease.Patience; waited += TimeSpan.FromSeconds(1))
        {
            Assert.False(await other.TryAsync(Cancel));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(gone.IsHeld);
        Assert.True(await other.TryAsync(Cancel));
        Assert.False(await gone.TryAsync(Cancel)); // it was only asleep
        Assert.True(other.IsHeld);
    }

    [Fact]
    public async Task Given_back_it_is_the_next_ones_at_once()
    {
        await using var one = Node("one");
        await using var other = Node("other");
        await one.TryAsync(Cancel);

        await other.GiveBackAsync(); // which has nothing to give
        Assert.True(one.IsHeld);
        await one.GiveBackAsync();

        Assert.False(one.IsHeld);
        Assert.True(await other.TryAsync(Cancel));
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_it()
    {
        var leases = Enumerable.Range(0, 8).Select(i => Node($"node {i}")).ToList();
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(leases.Select(lease => Task.Run(() => lease.TryAsync(Cancel), Cancel)));
            Assert.Single(leases, lease => lease.IsHeld);
            _time.Advance(Lease.Patience); // nobody renews: all may take it
        }

        foreach (var lease in leases)
            await lease.DisposeAsync();
    }

    [Fact]
    public async Task Clocks_that_disagree_give_it_to_nobody_else()
    {
        await using var one = Node("one");
        await using var ahead = new Lease(_databases, "ahead", new FakeTimeProvider(_time.GetUtcNow().AddDays(1)));
        await using var behind = new Lease(_databases, "behind", new FakeTimeProvider(_time.GetUtcNow().AddDays(-1)));

        Assert.True(await one.TryAsync(Cancel));
        Assert.False(await ahead.TryAsync(Cancel));
        Assert.False(await behind.TryAsync(Cancel));
        Assert.True(await one.TryAsync(Cancel));
    }

    [Fact]
    public async Task A_slow_answer_makes_no_lease_older_than_it_is()
    {
        await using var one = Node("one");
        await using var slow = new Lease(_databases, "slow", new SlowAnswers());
        await one.TryAsync(Cancel);

        Assert.False(await slow.TryAsync(Cancel));
        Assert.False(await slow.TryAsync(Cancel)); // no second has passed since the first answer, however long both took
    }

    [Fact]
    public async Task Word_of_what_was_sent_is_left_by_its_holder_alone()
    {
        await using var one = Node("one");
        await using var other = Node("other");
        await one.TryAsync(Cancel);

        await one.LeaveAuditSentAsync("one's", Cancel);
        await other.LeaveAuditSentAsync("other's", Cancel);

        Assert.Equal("one's", await other.AuditSentAsync(Cancel));
    }

    private Lease Node(string name) => new(_databases, name, _time);

    // Between a question and its answer much more than a lease's patience goes by, between an answer and the next question nothing.
    private sealed class SlowAnswers : TimeProvider
    {
        private int _looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ++_looks / 2 * 3 * Lease.Patience.Ticks;
    }
}

public sealed class LeaseTestsOnSqlite() : LeaseTests(new OnSqlite());

public sealed class LeaseTestsOnPostgreSql(PostgreSqlServer server) : LeaseTests(new OnPostgreSql(server));

public sealed class LeaseTestsOnSqlServer(SqlServerInstance server) : LeaseTests(new OnSqlServer(server));
