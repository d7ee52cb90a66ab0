using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Events;

namespace Slideport.Sam.Tests.Events;

/// <summary>Any question about events gets all of the answer, the newest first, a page at a time.</summary>
public abstract class EventSearchTests(TestDatabase testDatabase) : IDisposable
{
    private const int Seed = 20261128;

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-events-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Every_filter_finds_what_going_through_all_of_them_finds()
    {
        var random = new Random(Seed);
        var databases = await FilledAsync(Enumerable.Range(0, 600).Select(i => RandomEvent(random, i)).ToArray());
        await using var database = databases.CreateDbContext();
        var all = await database.Events.AsNoTracking().ToListAsync(Cancel);
        var open = (await database.OpenEvents.Select(o => o.EventId).ToListAsync(Cancel)).ToHashSet();
        var search = new EventSearch(databases, lookedThrough: 7);

        for (var i = 0; i < 150; i++)
        {
            var (filter, take) = (RandomFilter(random), random.Next(1, 30));
            var expected = all.Where(e => IsMeant(filter, e, open)).OrderByDescending(e => (e.ReceivedAt, e.Id)).Select(e => e.Id).ToArray();

            var found = new List<long>();
            EventPosition? before = null;
            do
            {
                var page = await search.FindAsync(filter, before, take, Cancel);
                Assert.True(page.Events.Count <= take);
                Assert.True(page.Next is null || before is null || page.Next.Value.CompareTo(before.Value) < 0, $"seed {Seed}, question {i}: {filter} does not get on");
                found.AddRange(page.Events.Select(e => e.Id));
                before = page.Next is { } next ? EventPosition.TryParse(next.ToString()) : null;
            }
            while (before is not null);

            Assert.True(expected.SequenceEqual(found), $"seed {Seed}, question {i}: {filter}");
        }
    }

    [Fact]
    public async Task An_export_is_all_of_it_and_nothing_in_it_is_taken_for_a_formula()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();
        await events.TellAsync(Enumerable.Range(0, 2100).Select(i => TestEvent.Of(i)).Append(TestEvent.Of(5000) with { Code = "=cmd|' /C calc'!A0", Text = "one \"two\"\r\nthree" }), Cancel);
        using var admin = sam.Admin();

        var csv = (await admin.GetStringAsync("api/events/export?format=csv", Cancel)).Split("\r\n");
        var json = (await admin.GetStringAsync("api/events/export?severity=error&text=STEP%2020", Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.StartsWith("id,receivedAt,occurredAt,serialNumber,severity,code,", csv[0], StringComparison.Ordinal);
        Assert.Contains("\"'=cmd|' /C calc'!A0\"", csv[1], StringComparison.Ordinal);
        Assert.Contains("\"one \"\"two\"\"\\u000D\\u000Athree\"", csv[1], StringComparison.Ordinal);
        Assert.Equal(2101 + 2, csv.Length); // a heading, and nothing behind the last line end
        Assert.Equal(111, json.Length); // 20, 200 to 209, 2000 to 2099
        Assert.Equal("The stage missed step 2099.", (string?)JsonNode.Parse(json[0])!["text"]);
    }

    [Theory]
    [InlineData("severity=awful", "severity")]
    [InlineData("text=", "text")]
    [InlineData("code=%00", "code")]
    [InlineData("before=yesterday", "before")]
    public async Task A_question_that_cannot_be_answered_names_the_field(string query, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var answer = await admin.GetAsync($"api/events?{query}", Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(field, (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["errors"]![0]!["field"]);
    }

    [Fact]
    public async Task An_export_in_another_format_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var answer = await admin.GetAsync("api/events/export?format=xml", Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    private static ScannerEvent RandomEvent(Random random, int number)
    {
        var severities = Enum.GetValues<EventSeverity>();
        return TestEvent.Of(number, severities[Math.Min(random.Next(severities.Length), random.Next(severities.Length))]) with
        {
            // Moments that many share.
            ReceivedAt = TestEvent.Noon.AddSeconds(random.Next(200)),
            SerialNumber = $"SS{random.Next(3)}",
            Code = $"C{random.Next(4)}",
            Component = random.Next(3) == 0 ? "" : $"part{random.Next(3)}",
            Text = new StringBuilder().AppendJoin(' ', Enumerable.Range(0, 4).Select(_ => Words[random.Next(Words.Length)])).ToString(),
            SeriesInstanceUid = random.Next(4) == 0 ? $"1.2.{random.Next(5)}" : null,
        };
    }

    private static readonly string[] Words = ["Stage", "100%", "a_b", "belt", "[x]", "\\", "'", "lens"];

    private static EventFilter RandomFilter(Random random)
    {
        T? Maybe<T>(int chances, Func<T> value) => random.Next(chances) == 0 ? value() : default;
        var from = TestEvent.Noon.AddSeconds(random.Next(150));
        return new EventFilter
        {
            Least = Enum.GetValues<EventSeverity>()[random.Next(5)],
            SerialNumber = Maybe(3, () => $"SS{random.Next(4)}"),
            Code = Maybe(3, () => $"C{random.Next(5)}"),
            Component = Maybe(4, () => $"part{random.Next(3)}"),
            SeriesInstanceUid = Maybe(6, () => $"1.2.{random.Next(5)}"),
            Text = Maybe(3, () => Words[random.Next(Words.Length)].ToUpperInvariant()),
            From = Maybe(3, () => (DateTimeOffset?)from),
            To = Maybe(3, () => (DateTimeOffset?)from.AddSeconds(random.Next(100))),
            OnlyOpen = random.Next(5) == 0,
        };
    }

    private static bool IsMeant(EventFilter filter, LoggedEvent logged, HashSet<long> open) =>
        logged.Severity >= filter.Least
        && (filter.SerialNumber ?? logged.SerialNumber) == logged.SerialNumber
        && (filter.Code ?? logged.Code) == logged.Code
        && (filter.Component ?? logged.Component) == logged.Component
        && (filter.SeriesInstanceUid ?? logged.SeriesInstanceUid) == logged.SeriesInstanceUid
        && (filter.Text is null || logged.Text.Contains(filter.Text, StringComparison.OrdinalIgnoreCase))
        && (filter.From is null || logged.ReceivedAt >= filter.From)
        && (filter.To is null || logged.ReceivedAt < filter.To)
        && (!filter.OnlyOpen || open.Contains(logged.Id));

    private async Task<SamDatabases> FilledAsync(ScannerEvent[] events)
    {
        var databases = new SamDatabases(await testDatabase.CreateAsync(_folder));
        using var writer = new SamWriter(databases, TimeProvider.System);
        await using var intake = new EventIntake(writer);
        foreach (var batch in EventBatch.Of(events))
            await intake.TakeAsync("role:events", batch, Cancel);
        return databases;
    }
}

public sealed class EventSearchTestsOnSqlite() : EventSearchTests(new OnSqlite());

public sealed class EventSearchTestsOnPostgreSql(PostgreSqlServer server) : EventSearchTests(new OnPostgreSql(server));

public sealed class EventSearchTestsOnSqlServer(SqlServerInstance server) : EventSearchTests(new OnSqlServer(server));
