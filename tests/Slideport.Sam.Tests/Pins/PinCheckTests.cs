using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Sam.Database;
using Slideport.Sam.Pins;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Pins;

/// <summary>Guessing, and what a guesser could learn from how long an answer takes.</summary>
public abstract class PinCheckTests(TestDatabase testDatabase)
{
    private const string Pin = "739164";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_ten_thousand_guesses_on_two_nodes_five_are_looked_at_each_quarter_of_an_hour()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var scanner = await installation.AddScannerAsync("SS1");
        await installation.AddPinAsync(scanner, "anna", Pin);

        await installation.GuessAsync(scanner, 10_000);
        var early = await installation.FailuresAsync();
        var inBetween = await installation.EnterAsync(scanner, Pin);
        installation.Time.Advance(PinCheck.Window);
        await installation.GuessAsync(scanner, 100);
        var late = await installation.FailuresAsync();

        Assert.Equal((5, 10), (early.Looked, late.Looked));
        Assert.Equal(5, late.Kept); // what is old enough is forgotten
        Assert.Null(inBetween.User);
        Assert.Equal(PinCheck.Window, inBetween.RetryAfter);
    }

    [Fact]
    public async Task A_right_PIN_does_not_give_whoever_has_it_more_guesses()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var scanner = await installation.AddScannerAsync("SS1");
        await installation.AddPinAsync(scanner, "anna", Pin);

        for (var n = 0; n < 4; n++)
            Assert.Null((await installation.EnterAsync(scanner, $"48027{n}")).User);
        Assert.Equal("anna", (await installation.EnterAsync(scanner, Pin)).User?.Name);
        Assert.Null((await installation.EnterAsync(scanner, "480279")).User);

        Assert.NotNull((await installation.EnterAsync(scanner, Pin)).RetryAfter);
    }

    [Fact]
    public async Task What_was_guessed_on_one_scanner_does_not_close_another()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var (first, second) = (await installation.AddScannerAsync("SS1"), await installation.AddScannerAsync("SS2"));
        await installation.AddPinAsync(second, "anna", Pin);
        await installation.GuessAsync(first, 10);

        Assert.Equal("anna", (await installation.EnterAsync(second, Pin)).User?.Name);
    }

    [Fact]
    public async Task Whoever_is_locked_has_an_old_PIN_or_is_not_called_is_not_let_in_and_the_trail_says_why()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var scanner = await installation.AddScannerAsync("SS1");
        var now = installation.Time.GetUtcNow();
        await installation.AddPinAsync(scanner, "locked", "480273", user => user.LockedUntil = now.AddMinutes(10));
        await installation.AddPinAsync(scanner, "expired", "480274", expiresAt: now.AddMinutes(5));
        await installation.AddPinAsync(scanner, "vendor", "480275", user => user.Role = UserRole.Support);
        Assert.Equal("expired", (await installation.EnterAsync(scanner, "480274")).User?.Name);
        installation.Time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal([null, null, null], await installation.EnterAllAsync(scanner, "480273", "480274", "480275"));
        await using (var database = installation.Databases.CreateDbContext())
        {
            database.SupportPeriods.Add(new SupportPeriod { From = now, Until = now.AddHours(1), SwitchedOnBy = "anna", Reason = "repair" });
            await database.SaveChangesAsync(Cancel);
        }

        installation.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["locked", null, "vendor"], await installation.EnterAllAsync(scanner, "480273", "480274", "480275"));
        Assert.Equal(
            ["user:locked: the user is locked", "user:expired: the PIN has expired", "user:vendor: support is not switched on", "user:expired: the PIN has expired"],
            await installation.ReasonsAsync());
    }

    // Structure, not a clock: after the same hashing the same questions in the same order, whatever stands in the way and however many have PINs.
    [Fact]
    public async Task What_is_done_for_a_PIN_that_lets_nobody_in_is_always_the_same()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var now = installation.Time.GetUtcNow();
        var empty = await installation.AddScannerAsync("EMPTY");
        var full = await installation.AddScannerAsync("FULL");
        for (var n = 0; n < 20; n++)
            await installation.AddPinAsync(full, $"user{n}", $"5917{n + 10}");
        var locked = await installation.AddScannerAsync("LOCKED");
        await installation.AddPinAsync(locked, "locked", Pin, user => user.LockedUntil = now.AddYears(1));
        var expired = await installation.AddScannerAsync("EXPIRED");
        await installation.AddPinAsync(expired, "expired", Pin, expiresAt: now.AddMinutes(-1));

        var done = new List<IReadOnlyList<string>>();
        foreach (var scanner in new[] { empty, full, locked, expired })
            done.Add(await Questions.OfAsync(() => installation.EnterAsync(scanner, Pin)));

        Assert.NotEmpty(done[0]);
        Assert.All(done, questions => Assert.Equal(done[0], questions));
    }

    [Fact]
    public async Task A_console_that_sends_two_PINs_at_once_waits_in_no_queue()
    {
        await using var installation = await Installation.CreateAsync(testDatabase);
        var scanner = await installation.AddScannerAsync("SS1");
        await installation.AddPinAsync(scanner, "anna", Pin);

        var verdicts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => installation.Check.EnterAsync(scanner, "SS1", Pin, "", Cancel)));

        Assert.Contains(verdicts, v => v.User is not null);
        Assert.All(verdicts.Where(v => v.User is null), v => Assert.Equal(PinCheck.OneAfterTheOther, v.RetryAfter));
    }

    /// <summary>A database with scanners, users and PINs, and two nodes of SAM that check them.</summary>
    private sealed class Installation : IAsyncDisposable
    {
        private readonly SamUnderTest _sam;
        private readonly SamWriter[] _writers;
        private readonly PinHashes _hashes;
        private readonly PinCheck _other;

        private Installation(SamUnderTest sam, FakeTimeProvider time)
        {
            (_sam, Time, Databases) = (sam, time, sam.Databases);
            _hashes = PinHashes.OpenOrCreate(sam.Authority.Folder);
            _writers = [new SamWriter(Databases, time), new SamWriter(Databases, time)];
            // The embedded database has one node: two writers of it would be in each other's way.
            Check = new PinCheck(Databases, _writers[0], _hashes, time);
            _other = new PinCheck(Databases, Databases.Options.Provider == DatabaseProvider.Sqlite ? _writers[0] : _writers[1], _hashes, time);
        }

        public SamDatabases Databases { get; }

        public FakeTimeProvider Time { get; }

        public PinCheck Check { get; }

        public static async Task<Installation> CreateAsync(TestDatabase testDatabase)
        {
            var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
            return new Installation(await SamUnderTest.StartAsync(testDatabase, time: time), time);
        }

        public async Task<Guid> AddScannerAsync(string serialNumber)
        {
            await using var database = Databases.CreateDbContext();
            var scanner = new Scanner { Id = Guid.CreateVersion7(), SerialNumber = serialNumber, Model = "", FriendlyName = "", Location = "", AddedAt = Time.GetUtcNow() };
            database.Scanners.Add(scanner);
            await database.SaveChangesAsync(Cancel);
            return scanner.Id;
        }

        public async Task AddPinAsync(Guid scanner, string name, string pin, Action<User>? change = null, DateTimeOffset? expiresAt = null)
        {
            await using var database = Databases.CreateDbContext();
            var user = new User
            {
                Id = Guid.CreateVersion7(),
                Name = name,
                NormalizedName = UserText.NameKey(name),
                FullName = "",
                Role = UserRole.Operator,
                PasswordHash = "",
                SecurityStamp = "",
                AddedAt = Time.GetUtcNow(),
            };
            change?.Invoke(user);
            database.Users.Add(user);
            database.Pins.Add(new Pin
            {
                Id = Guid.CreateVersion7(),
                ScannerId = scanner,
                UserId = user.Id,
                Hash = await _hashes.OfAsync(scanner, pin, Cancel),
                SetAt = Time.GetUtcNow(),
                ExpiresAt = expiresAt,
            });
            await database.SaveChangesAsync(Cancel);
        }

        public Task<PinVerdict> EnterAsync(Guid scanner, string pin) => Check.EnterAsync(scanner, "SS1", pin, "", Cancel);

        public async Task<List<string?>> EnterAllAsync(Guid scanner, params string[] pins)
        {
            var names = new List<string?>();
            foreach (var pin in pins)
                names.Add((await EnterAsync(scanner, pin)).User?.Name);
            return names;
        }

        // Many at once, half of them at each node; the last ones one after the other, so that each is heard.
        public async Task GuessAsync(Guid scanner, int guesses)
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, guesses), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel },
                async (n, cancellationToken) => Assert.Null((await (n % 2 == 0 ? Check : _other).EnterAsync(scanner, "SS1", $"48{n % 10_000:0000}", "", cancellationToken)).User));
            for (var n = 0; n < 2 * PinCheck.MaxFailures; n++)
                Assert.Null((await (n % 2 == 0 ? Check : _other).EnterAsync(scanner, "SS1", $"5917{n:00}", "", Cancel)).User);
        }

        public async Task<(int Looked, int Kept)> FailuresAsync()
        {
            await using var database = Databases.CreateDbContext();
            return (await database.Audit.CountAsync(e => e.Action == "pin.use", Cancel), await database.PinFailures.CountAsync(Cancel));
        }

        public async Task<List<string?>> ReasonsAsync()
        {
            await using var database = Databases.CreateDbContext();
            return await database.Audit.Where(e => e.Action == "pin.use" && e.Outcome == "failure").OrderBy(e => e.Sequence).Select(e => e.After).ToListAsync(Cancel);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var writer in _writers)
                writer.Dispose();
            _hashes.Dispose();
            await _sam.DisposeAsync();
        }
    }

    /// <summary>What a piece of work asks the database, in its order.</summary>
    private sealed class Questions : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        private static readonly AsyncLocal<ConcurrentQueue<string>?> Asked = new();

        private readonly ConcurrentBag<IDisposable> _subscriptions = [];

        public static async Task<IReadOnlyList<string>> OfAsync(Func<Task> work)
        {
            var watch = new Questions();
            watch._subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(watch));
            var asked = Asked.Value = new ConcurrentQueue<string>();
            await work();
            Asked.Value = null;
            foreach (var subscription in watch._subscriptions)
                subscription.Dispose();
            return [.. asked];
        }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name)
                _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Value is CommandEventData command && value.Key == RelationalEventId.CommandExecuting.Name)
                Asked.Value?.Enqueue(command.Command.CommandText);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}

public sealed class PinCheckTestsOnSqlite() : PinCheckTests(new OnSqlite());

public sealed class PinCheckTestsOnPostgreSql(PostgreSqlServer server) : PinCheckTests(new OnPostgreSql(server));

public sealed class PinCheckTestsOnSqlServer(SqlServerInstance server) : PinCheckTests(new OnSqlServer(server));
