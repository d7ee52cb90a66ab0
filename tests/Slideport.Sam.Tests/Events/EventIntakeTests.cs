using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Events;

namespace Slideport.Sam.Tests.Events;

/// <summary>What event servers pass on is kept once, in order, whole messages or nothing.</summary>
public abstract class EventIntakeTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_event_server_tells_is_shown_with_every_field()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();
        var told = TestEvent.Of(1, EventSeverity.Warning) with
        {
            OccurredAt = TestEvent.Noon.AddMinutes(-7),
            Rack = "3",
            Slot = "12",
            ImageId = "I-9",
            SeriesInstanceUid = "1.2.3",
            Suppressed = 41,
            Parsed = false,
            Text = "wörtlich: \u0007 \"α\"\n=1+1 𝄞",
        };

        var receipt = await events.TellAsync([told], Cancel);

        Assert.Equal((1, 0), (receipt.Stored, receipt.Known));
        var shown = Assert.Single(await ListAsync(sam))!;
        Assert.Equal("role:events", (string?)shown["sender"]);
        foreach (var (name, value) in (JsonObject)System.Text.Json.JsonSerializer.SerializeToNode(told with { Id = "x" }, ProtocolJson.Options)!)
            Assert.True(name == "id" || JsonNode.DeepEquals(value, shown[name]), $"{name}: {shown[name]}");
        Assert.Equal(told.Id, (string?)shown["senderId"]);
    }

    [Fact]
    public async Task What_is_told_twice_is_kept_once_and_what_differs_is_named()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();
        await events.TellAsync([TestEvent.Of(1), TestEvent.Of(2)], Cancel);

        var again = await events.TellAsync([TestEvent.Of(1), TestEvent.Of(2) with { Text = "Another." }, TestEvent.Of(3), TestEvent.Of(3)], Cancel);

        Assert.Equal((1, 2), (again.Stored, again.Known));
        Assert.Equal(["e2"], again.Differing);
        Assert.Equal(["The stage missed step 3.", "The stage missed step 2.", "The stage missed step 1."], (await ListAsync(sam)).Select(e => (string)e!["text"]!));
    }

    [Fact]
    public async Task One_wrong_event_has_its_whole_message_refused_and_is_named()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();

        var refused = await Assert.ThrowsAsync<SamException>(() => events.TellAsync([TestEvent.Of(1), TestEvent.Of(2) with { SeriesInstanceUid = "../x" }, TestEvent.Of(3)], Cancel));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal("events[1].seriesInstanceUid", Assert.Single(refused.Errors).Field);
        Assert.Empty(await ListAsync(sam));
    }

    [Theory]
    [InlineData("{\"events\":[]}", "events")]
    [InlineData("{\"events\":[null]}", "events[0]")]
    public async Task A_message_without_an_event_is_refused(string body, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var http = sam.Http(sam.Authority.Client("events"));

        using var response = await http.PostAsync("role/events", new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(field, (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["errors"]![0]!["field"]);
    }

    [Fact]
    public async Task More_events_than_a_message_holds_leave_in_several_and_keep_their_order()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();
        // All of the same moment, and half of them so long that fewer fit.
        var told = Enumerable.Range(0, 2500).Select(i => TestEvent.Of(i) with { ReceivedAt = TestEvent.Noon, Text = i < 1200 ? $"{i}" : $"{i} {new string('x', 1500)}" }).ToArray();

        var receipt = await events.TellAsync(told, Cancel);

        Assert.Equal((2500, 0), (receipt.Stored, receipt.Known));
        Assert.True(EventBatch.Of(told).Count() > 3);
        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(told.Select(e => e.Id), await database.Events.OrderBy(e => e.Id).Select(e => e.SenderId).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Many_event_servers_at_once_lose_nothing_and_add_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();

        // Each event comes twice, in different company.
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), Cancel, async (i, token) =>
            await events.TellAsync(Enumerable.Range(i * 10, 20).Select(n => TestEvent.Of(n % 400) with { SerialNumber = $"SS{n % 7}" }), token));

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(400, await database.Events.CountAsync(Cancel));
        Assert.Equal(400, await database.Events.Select(e => e.SenderId).Distinct().CountAsync(Cancel));
    }

    [Fact]
    public async Task Events_are_counted_for_the_scanners_that_SAM_knows()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.EnrolScannerAsync("SS1");
        using var events = sam.EventServer();
        await events.TellAsync([TestEvent.Of(1), TestEvent.Of(2, EventSeverity.Critical), TestEvent.Of(3, EventSeverity.Security) with { SerialNumber = "UNKNOWN" }], Cancel);
        await events.TellAsync([TestEvent.Of(2, EventSeverity.Critical), TestEvent.Of(4)], Cancel);
        using var admin = sam.Admin();

        var statistics = Assert.Single((await admin.GetFromJsonAsync<JsonArray>("api/statistics", Cancel))!)!;

        Assert.Equal(("SS1", 3, 1), ((string?)statistics["serialNumber"], (int)statistics["events"]!, (int)statistics["criticalEvents"]!));
        Assert.Equal(4, (await ListAsync(sam)).Count);
    }

    [Fact]
    public async Task What_needs_somebody_is_an_alert_for_each_scanner_and_code_until_it_is_acknowledged()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var events = sam.EventServer();
        await events.TellAsync([.. Enumerable.Range(0, 5).Select(i => TestEvent.Of(i, EventSeverity.Critical)), TestEvent.Of(9, EventSeverity.Security) with { Code = "LOGIN-3" }], Cancel);
        using var admin = sam.Admin();
        JsonArray alerts;
        do
        {
            alerts = (await admin.GetFromJsonAsync<JsonArray>("api/alerts", Cancel))!;
        }
        while (alerts.Count < 2);

        Assert.Equal(["event.critical SS1/STAGE-17", "event.security SS1/LOGIN-3"], alerts.Select(a => $"{a!["kind"]} {a["subject"]}").Order(StringComparer.Ordinal));
        Assert.Contains(alerts, a => ((string)a!["text"]!).Contains("5 times", StringComparison.Ordinal) && ((string)a["text"]!).Contains("The stage missed step 4.", StringComparison.Ordinal));
        var open = await ListAsync(sam, "?open=true&code=STAGE-17");
        Assert.Equal(5, open.Count);

        // The fourth of the five, with what came before it.
        Assert.Equal(HttpStatusCode.NoContent, await AcknowledgeAsync(admin, open[1]!, "Belt replaced.", alike: true));
        Assert.Equal(HttpStatusCode.Conflict, await AcknowledgeAsync(admin, open[1]!, "Again.", alike: false));
        Assert.Equal([(long)open[0]!["id"]!], (await ListAsync(sam, "?open=true&code=STAGE-17")).Select(e => (long)e!["id"]!));
        Assert.Equal(HttpStatusCode.NoContent, await AcknowledgeAsync(admin, open[0]!, "This one, too.", alike: false));

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(["event.security"], (await Slideport.Sam.Events.OpenEventProblems.FindAsync(database, Cancel)).Select(p => p.Kind));
        Assert.All(await ListAsync(sam, "?code=STAGE-17"), e => Assert.Equal("role:admin", (string?)e!["acknowledgedBy"]));
        Assert.Equal(
            ["Belt replaced. (and 3 like it before)", "This one, too."],
            await database.Audit.Where(a => a.Action == "event.acknowledge").OrderBy(a => a.Sequence).Select(a => a.After).ToListAsync(Cancel));
    }

    [Fact]
    public async Task An_acknowledgement_says_why_and_of_which_event()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        Assert.Equal(HttpStatusCode.UnprocessableEntity, await AcknowledgeAsync(admin, new JsonObject { ["id"] = 1 }, "", alike: false));
        Assert.Equal(HttpStatusCode.NotFound, await AcknowledgeAsync(admin, new JsonObject { ["id"] = 1 }, "Seen.", alike: false));
    }

    private static async Task<HttpStatusCode> AcknowledgeAsync(HttpClient admin, JsonNode logged, string note, bool alike)
    {
        using var response = await admin.PostAsJsonAsync($"api/events/{logged["id"]}/acknowledge", new { note, alike }, Cancel);
        return response.StatusCode;
    }

    private static async Task<JsonArray> ListAsync(SamUnderTest sam, string query = "")
    {
        using var admin = sam.Admin();
        return (JsonArray)(await admin.GetFromJsonAsync<JsonObject>($"api/events{query}", Cancel))!["events"]!;
    }
}

public sealed class EventIntakeTestsOnSqlite() : EventIntakeTests(new OnSqlite());

public sealed class EventIntakeTestsOnPostgreSql(PostgreSqlServer server) : EventIntakeTests(new OnPostgreSql(server));

public sealed class EventIntakeTestsOnSqlServer(SqlServerInstance server) : EventIntakeTests(new OnSqlServer(server));
