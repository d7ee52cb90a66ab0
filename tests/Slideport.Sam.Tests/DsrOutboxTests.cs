using System.Net.Security;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Monitoring.Tests;
using Slideport.Protocol.Identity;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Dsr;

namespace Slideport.Sam.Tests;

/// <summary>What lies in the outbox while the DSR is slow, hangs or refuses; with a clock that is set.</summary>
public abstract class DsrOutboxTests(TestDatabase testDatabase)
{
    private const string Hung = "SS1/HUNG";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_the_DSR_hangs_on_holds_up_neither_the_others_nor_the_news_of_them()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        var end = new TaskCompletionSource();
        installation.Dsr.Hold = subject => subject == Hung ? end.Task : Task.CompletedTask;
        installation.Dsr.Answer = subject => subject == "SS1/BUSY" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;

        await installation.AddAsync([Hung, "SS1/BUSY", .. Enumerable.Range(0, 30).Select(i => $"SS1/I{i}")]);
        await installation.UntilAsync(rows => rows.Select(r => (r.Subject, r.Attempts)).SequenceEqual([(Hung, 0), ("SS1/BUSY", 1)]));
        await installation.AddAsync("SS1/LATER");
        await installation.UntilAsync(rows => rows.Select(r => (r.Subject, r.Attempts)).SequenceEqual([(Hung, 0), ("SS1/BUSY", 1)]));
        end.SetResult();

        await installation.UntilAsync(rows => rows is [{ Subject: "SS1/BUSY" }]);
        Assert.Equal(32, installation.Dsr.Taken.Count);
    }

    [Fact]
    public async Task A_stop_in_the_middle_loses_no_answer()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        using var meter = new MeterReader(m => ReferenceEquals(m, installation.Parts.Metrics.Meter));
        installation.Dsr.Hold = subject => subject == Hung ? new TaskCompletionSource().Task : Task.CompletedTask;
        await installation.AddAsync(wake: false, Hung, "SS1/I1", "SS1/I2", "SS1/I3");
        var (writing, written) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writer = installation.Parts.Writer.WriteAsync(
            async _ =>
            {
                writing.SetResult();
                await written.Task;
                return true;
            }, Cancel);
        await writing.Task;

        // The DSR has answered all but one, and nothing of it can be stored yet when the end comes.
        installation.Forwarder.Wake();
        while (meter.Sum("slideport.sam.dsr.messages{outcome=taken}") < 3)
            await Task.Delay(10, Cancel);
        var stopped = installation.StopAsync();
        Assert.False(stopped.IsCompleted);
        written.SetResult();
        await writer;
        await stopped;

        Assert.Equal([(Hung, 0)], (await installation.RowsAsync()).Select(r => (r.Subject, r.Attempts)));
    }

    [Fact]
    public async Task Messages_of_one_slide_leave_in_their_order_whatever_the_DSR_answers()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        var refusals = 3;
        installation.Dsr.Answer = subject => subject == "SS1/A" && Interlocked.Decrement(ref refusals) >= 0 ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;

        var keys = await installation.AddAsync("SS1/A", "SS1/A", "SS1/B", "SS1/A");
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await installation.UntilAsync(rows => rows.Select(r => (r.Subject, r.Attempts)).SequenceEqual([("SS1/A", attempt), ("SS1/A", 0), ("SS1/A", 0)]));
            installation.Advance(TimeSpan.FromMinutes(10));
        }

        await installation.UntilAsync(rows => rows.Count == 0);
        Assert.Equal([keys[2], keys[0], keys[1], keys[3]], installation.Dsr.TakenKeys);
    }

    [Fact]
    public async Task What_the_DSR_will_never_take_holds_up_what_came_after_it_of_the_same_slide()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        installation.Dsr.Answer = subject => subject == "SS1/BAD" ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK;

        await installation.AddAsync("SS1/BAD", "SS1/BAD", "SS1/GOOD");
        await installation.UntilAsync(rows => rows is [{ DeadAt: not null }, { DeadAt: null }]);
        installation.Advance(TimeSpan.FromMinutes(10));
        await installation.AddAsync("SS1/NEXT");
        await installation.UntilAsync(rows => rows.Count == 2);

        Assert.Equal([1, 0], (await installation.RowsAsync()).Select(r => r.Attempts));
    }

    [Fact]
    public async Task Pauses_double_from_a_second_to_five_minutes_and_nothing_is_sent_before_they_are_over()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        installation.Dsr.Answer = subject => subject == "SS1/A" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;

        await installation.AddAsync("SS1/A");
        foreach (var (attempt, seconds) in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300 }.Index())
        {
            await installation.UntilAsync(rows => rows is [var row] && row.Attempts == attempt + 1);
            var row = Assert.Single(await installation.RowsAsync());
            var pause = row.NotBefore - installation.Time.GetUtcNow();
            Assert.InRange(pause, TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2));

            // Somebody else's is sent meanwhile; this one's time has not come.
            installation.Advance(pause - TimeSpan.FromMilliseconds(1));
            await installation.AddAsync("SS1/B");
            await installation.UntilAsync(rows => rows is [var still] && still.Attempts == attempt + 1);
            installation.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task What_failed_together_does_not_knock_again_together()
    {
        await using var installation = await Installation.StartAsync(testDatabase);
        installation.Dsr.Answer = _ => StatusCodes.Status503ServiceUnavailable;

        await installation.AddAsync([.. Enumerable.Range(0, 40).Select(i => $"SS1/I{i}")]);
        await installation.UntilAsync(rows => rows.All(r => r.Attempts == 1));

        Assert.InRange((await installation.RowsAsync()).Select(r => r.NotBefore).Distinct().Count(), 30, 40);
    }

    // A forwarder on its own; what is added is due at once.
    private sealed class Installation : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("slideport-dsr-").FullName;
        private readonly CertificateAuthority _authority;
        private Task? _stopped;

        private Installation(DsrStandIn dsr)
        {
            Dsr = dsr;
            _authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        }

        public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

        public DsrStandIn Dsr { get; }

        public SamParts Parts { get; private set; } = null!;

        public DsrForwarder Forwarder { get; private set; } = null!;

        public static async Task<Installation> StartAsync(TestDatabase testDatabase)
        {
            var installation = new Installation(await DsrStandIn.StartAsync());
            var options = new SamOptions { Database = await testDatabase.CreateAsync(installation._folder) };
            var parts = installation.Parts = new SamParts(new SamDatabases(options.Database), installation._authority, options, installation.Time, NullLogger.Instance);
            parts.Lease.HoldAlone();
            var document = new JsonObject { ["dsr"] = new JsonObject { ["hostname"] = "127.0.0.1", ["port"] = installation.Dsr.Port, ["tls"] = false } };
            await parts.Configuration.ChangeAsync(ConfigurationStore.Defaults, document, null, "test", Slideport.Sam.Audit.Actor.System, Cancel);
            installation.Forwarder = new DsrForwarder(parts, _ => new SslClientAuthenticationOptions(), installation.Time, NullLogger.Instance);
            installation.Forwarder.Start();
            return installation;
        }

        public Task<string[]> AddAsync(params string[] subjects) => AddAsync(wake: true, subjects);

        public async Task<string[]> AddAsync(bool wake, params string[] subjects)
        {
            var messages = await Parts.Writer.WriteAsync(
                async writing =>
                {
                    var added = subjects.Select(s => new OutboxMessage { Subject = s, IdempotencyKey = Guid.CreateVersion7(writing.Now), Body = "{}", CreatedAt = writing.Now, NotBefore = writing.Now }).ToList();
                    foreach (var message in added)
                    {
                        writing.Database.Outbox.Add(message);
                        await writing.Database.SaveChangesAsync(Cancel); // in this order
                    }

                    return added;
                }, Cancel);
            if (wake)
                Forwarder.Wake();
            return [.. messages.Select(m => m.IdempotencyKey.ToString())];
        }

        public void Advance(TimeSpan by)
        {
            Time.Advance(by);
            Forwarder.Wake();
        }

        public async Task<List<OutboxMessage>> RowsAsync()
        {
            await using var database = Parts.Databases.CreateDbContext();
            return await database.Outbox.AsNoTracking().OrderBy(m => m.Id).ToListAsync(Cancel);
        }

        public async Task UntilAsync(Predicate<List<OutboxMessage>> holds)
        {
            while (!holds(await RowsAsync()))
                await Task.Delay(10, Cancel);
        }

        public Task StopAsync() => _stopped ??= Forwarder.DisposeAsync().AsTask();

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await Dsr.DisposeAsync();
            await Parts.DisposeAsync();
            _authority.Dispose();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
        }
    }
}

public sealed class DsrOutboxTestsOnSqlite() : DsrOutboxTests(new OnSqlite());

public sealed class DsrOutboxTestsOnPostgreSql(PostgreSqlServer server) : DsrOutboxTests(new OnPostgreSql(server));

public sealed class DsrOutboxTestsOnSqlServer(SqlServerInstance server) : DsrOutboxTests(new OnSqlServer(server));
