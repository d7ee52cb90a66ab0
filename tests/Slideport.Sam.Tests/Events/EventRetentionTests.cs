using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Protocol.Events;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Events;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Tests.Events;

/// <summary>Events go when their time is over, what nobody has looked at stays, and who deletes says when he cannot.</summary>
public abstract class EventRetentionTests(TestDatabase testDatabase) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-retention-").FullName;
    private readonly FakeTimeProvider _time = new(TestEvent.Noon);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Errors_are_kept_longer_and_what_needs_somebody_until_it_is_acknowledged()
    {
        var databases = new SamDatabases(await testDatabase.CreateAsync(_folder));
        await using var database = databases.CreateDbContext();
        using var writer = new SamWriter(databases, _time);
        await using var intake = new EventIntake(writer);
        await using var retention = new EventRetention(databases, writer, new SamOptions { EventRetention = TimeSpan.FromDays(10), EventErrorRetention = TimeSpan.FromDays(100) }, new Housekeeping(_time, NullLogger.Instance), _time);
        // More than are deleted at once.
        foreach (var batch in EventBatch.Of([.. Enumerable.Range(0, 1700).Select(i => TestEvent.Of(i, EventSeverity.Info)), TestEvent.Of(5001), TestEvent.Of(5002, EventSeverity.Critical), TestEvent.Of(5003, EventSeverity.Security)]))
            await intake.TakeAsync("role:events", batch, Cancel);

        _time.Advance(TimeSpan.FromDays(9));
        Assert.Equal(0, await retention.DeleteAsync(Cancel));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1700, await retention.DeleteAsync(Cancel));
        _time.Advance(TimeSpan.FromDays(100));
        Assert.Equal(1, await retention.DeleteAsync(Cancel));

        var left = await database.Events.OrderBy(e => e.Id).Select(e => e.Id).ToListAsync(Cancel);
        Assert.Equal(2, left.Count);
        await new EventAcknowledgement(writer).AcknowledgeAsync(left[0], "Seen.", andAlike: false, new Actor("user:a", ""), Cancel);
        Assert.Equal(1, await retention.DeleteAsync(Cancel));
        Assert.Equal([left[1]], await database.Events.Select(e => e.Id).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Deleting_that_fails_is_a_problem_until_it_does_not()
    {
        var databases = new SamDatabases(await testDatabase.CreateEmptyAsync(_folder));
        await using var database = databases.CreateDbContext();
        using var writer = new SamWriter(databases, _time);
        var housekeeping = new Housekeeping(_time, NullLogger.Instance);
        await using var retention = new EventRetention(databases, writer, new SamOptions(), housekeeping, _time);

        retention.Start(NullLogger.Instance);
        while (!housekeeping.Problems().Any())
            await Task.Delay(10, Cancel);
        Assert.Equal([$"housekeeping.failed {Chore.Events.Subject}"], housekeeping.Problems().Select(p => $"{p.Kind} {p.Subject}"));

        await database.Database.MigrateAsync(Cancel);
        while (housekeeping.Problems().Any())
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(10, Cancel);
        }
    }

    [Fact]
    public async Task Deleting_that_does_not_come_to_an_end_is_a_problem()
    {
        var databases = new SamDatabases(new DatabaseOptions { ConnectionString = $"Data Source={Path.Join(_folder, "sam.db")}" });
        using var writer = new SamWriter(databases, _time);
        await using var retention = new EventRetention(databases, writer, new SamOptions(), new Housekeeping(_time, NullLogger.Instance), _time);

        _time.Advance(TimeSpan.FromHours(24));
        Assert.Null(retention.Problem());
        _time.Advance(TimeSpan.FromHours(2));

        Assert.Contains("has not come to the end", retention.Problem()!.Text, StringComparison.Ordinal);
    }
}

public sealed class EventRetentionTestsOnSqlite() : EventRetentionTests(new OnSqlite());

public sealed class EventRetentionTestsOnPostgreSql(PostgreSqlServer server) : EventRetentionTests(new OnPostgreSql(server));

public sealed class EventRetentionTestsOnSqlServer(SqlServerInstance server) : EventRetentionTests(new OnSqlServer(server));
