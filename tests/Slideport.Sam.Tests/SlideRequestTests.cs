using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Tests;

/// <summary>What people ask of the converters that have their slides.</summary>
public abstract class SlideRequestTests(TestDatabase testDatabase)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_reaches_the_converter_that_has_the_slide_once_and_its_answer_is_shown_with_the_slide()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        await converter.TellAsync("conv1", [Report("a", "1.2.3"), Report("b", "1.2.4")], Cancel);
        await converter.TellAsync("conv2", [Report("c", "1.2.5")], Cancel);

        var asked = Assert.Single(await AskAsync(sam, "1.2.3", "retry"));
        var again = Assert.Single(await AskAsync(sam, "1.2.3", "retry"));
        var request = Assert.Single(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel));
        Assert.Equal((asked!["id"]!.GetValue<Guid>(), again!["id"]!.GetValue<Guid>()), (request.Id, request.Id));
        Assert.Equal((SlideAction.Retry, "a", null), (request.Action, request.Slide, request.Destination));
        Assert.Empty(await converter.GetRequestsAsync("conv2", TimeSpan.Zero, Cancel));
        Assert.Null((await ShownAsync(sam, "1.2.3"))["lastRequest"]!["answeredAt"]);

        await converter.AnswerAsync("conv1", request.Id, new SlideAnswer(SlideResult.Done, "It is being tried again."), Cancel);
        await converter.AnswerAsync("conv1", request.Id, new SlideAnswer(SlideResult.Failed, "Later."), Cancel);

        Assert.Empty(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel));
        var shown = (await ShownAsync(sam, "1.2.3"))["lastRequest"]!;
        Assert.Equal(("done", "It is being tried again.", "retry"), ((string?)shown["result"], (string?)shown["answer"], (string?)shown["action"]));
        Assert.Null((await ShownAsync(sam, "1.2.4"))["lastRequest"]);
        await using var database = sam.Databases.CreateDbContext();
        var trail = await database.Audit.Where(e => e.Action.StartsWith("slide.")).OrderBy(e => e.Sequence).ToListAsync(Cancel);
        Assert.Equal(["role:admin slide.retry 1.2.3 success", "role:converter slide.answer 1.2.3 success"], trail.Select(e => $"{e.Actor} {e.Action} {e.Object} {e.Outcome}"));
        Assert.NotEqual(request.Id, Assert.Single(await AskAsync(sam, "1.2.3", "retry"))!["id"]!.GetValue<Guid>()); // answered: asked anew
    }

    [Fact]
    public async Task Who_waits_gets_request_and_answer_as_soon_as_there_is_one_on_whichever_node()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        using var admin = sam.Admin();
        await converter.TellAsync("conv1", [Report("a", "1.2.3")], Cancel);

        var waiting = converter.GetRequestsAsync("conv1", TimeSpan.FromSeconds(60), Cancel);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        var there = new SlideRequests(sam.Databases, writer);
        var asked = Assert.Single(await there.AskAsync("1.2.3", SlideAction.Verify, null, new Actor("user:anna", "10.0.0.1"), Cancel));
        Assert.Equal(asked.Id, Assert.Single(await waiting).Id);

        var outcome = admin.GetFromJsonAsync<JsonNode>($"api/slide-requests/{asked.Id}?wait=60", Cancel);
        await there.AnswerAsync("conv1", asked.Id, new SlideAnswer(SlideResult.Differs, "It is another."), new Actor("role:converter", ""), Cancel);

        Assert.Equal("differs", (string?)(await outcome)!["result"]);
        using var none = await admin.GetAsync($"api/slide-requests/{Guid.NewGuid()}", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_series_that_two_converters_have_is_asked_of_both_and_each_answers_for_itself()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        await converter.TellAsync("conv1", [Report("a", "1.2.3")], Cancel);
        await converter.TellAsync("conv2", [Report("a", "1.2.3")], Cancel);

        var asked = await AskAsync(sam, "1.2.3", "resend", new { destination = "research" });
        var first = Assert.Single(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel));
        await converter.AnswerAsync("conv2", first.Id, new SlideAnswer(SlideResult.Done, "Not mine."), Cancel); // of nobody's
        await converter.AnswerAsync("conv1", first.Id, new SlideAnswer(SlideResult.Refused, "The spool has let it go."), Cancel);

        Assert.Equal(2, asked.Count);
        Assert.Equal(("research", "research"), (first.Destination, Assert.Single(await converter.GetRequestsAsync("conv2", TimeSpan.Zero, Cancel)).Destination));
        using var admin = sam.Admin();
        var answers = (await admin.GetFromJsonAsync<JsonArray>("api/slides?seriesInstanceUid=1.2.3", Cancel))!.ToDictionary(s => (string)s!["converter"]!, s => (string?)s!["lastRequest"]!["answer"]);
        Assert.Equal(("The spool has let it go.", null), (answers["conv1"], answers["conv2"]));
    }

    [Fact]
    public async Task A_converter_that_comes_back_gets_what_waited_for_it_but_nothing_that_is_a_week_old()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using (var before = Converter(sam))
            await before.TellAsync("conv1", [Report("a", "1.2.3"), Report("b", "1.2.4")], Cancel);
        await AskAsync(sam, "1.2.3", "retry");
        await AskAsync(sam, "1.2.4", "verify");
        await using (var database = sam.Databases.CreateDbContext())
        {
            var past = TimeProvider.System.GetUtcNow();
            Assert.All(await database.AskedOfSlides.AsNoTracking().ToListAsync(Cancel), r => Assert.Equal(SlideRequests.Lifetime, r.ExpiresAt - r.AskedAt));
            await database.AskedOfSlides.Where(r => r.Slide == "a").ExecuteUpdateAsync(r => r.SetProperty(x => x.ExpiresAt, past), Cancel);
        }

        await sam.RestartAsync();
        using var converter = Converter(sam);

        Assert.Equal("b", Assert.Single(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel)).Slide);
        var anew = Assert.Single(await AskAsync(sam, "1.2.3", "retry"))!["id"]!.GetValue<Guid>();
        Assert.Equal(anew, Assert.Single(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel), r => r.Slide == "a").Id);
    }

    [Fact]
    public async Task More_requests_than_an_answer_holds_come_in_their_order()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        await converter.TellAsync("conv1", [.. Enumerable.Range(0, 60).Select(i => Report($"s{i}", Series(i)))], Cancel);
        for (var i = 0; i < 60; i++)
            await AskAsync(sam, Series(i), "verify");

        var got = new List<string>();
        while (await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel) is { Count: > 0 } some)
        {
            got.AddRange(some.Select(r => r.Slide));
            foreach (var request in some)
                await converter.AnswerAsync("conv1", request.Id, new SlideAnswer(SlideResult.Done, "Good."), Cancel);
        }

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"s{i}"), got);
    }

    [Fact]
    public async Task Support_may_have_a_slide_tried_again_and_read_but_only_Lab_Admins_have_it_delivered_once_more()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        using var converter = Converter(walked.Sam);
        await converter.TellAsync("conv1", [Report("a", "1.2.3")], Cancel);
        using var admin = walked.Bearing(walked.LabAdmin);
        using var onlooker = walked.Bearing(walked.Operator);

        foreach (var action in new[] { "retry", "verify", "resend" })
        {
            using var refused = await onlooker.PostAsJsonAsync($"api/slides/1.2.3/{action}", new { }, Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        Assert.Empty(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel));
        using var taken = await admin.PostAsJsonAsync("api/slides/1.2.3/resend", new { }, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        await using var database = walked.Sam.Databases.CreateDbContext();
        Assert.Equal("user:anna", (await database.Audit.SingleAsync(e => e.Action == "slide.resend", Cancel)).Actor);
        Assert.Equal("user:anna", Assert.Single(await database.AskedOfSlides.ToListAsync(Cancel)).AskedBy);
    }

    [Fact]
    public async Task All_slides_are_exported_as_CSV_and_JSON_Lines()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        foreach (var some in Enumerable.Range(0, 2100).Chunk(SlideReport.MaxReports))
            await converter.TellAsync("conv1", [.. some.Select(i => Report($"s{i}", Series(i)) with { ReceivedAt = Noon.AddMinutes(i), Stage = i % 2 == 0 ? SlideStage.Verified : SlideStage.Failed, Reason = "=1+1" })], Cancel);
        using var admin = sam.Admin();

        var csv = (await admin.GetStringAsync("api/slides/export?format=csv", Cancel)).TrimEnd().Split("\r\n");
        var lines = (await admin.GetStringAsync("api/slides/export?stage=failed&from=2026-03-01T12:10:00Z&to=2026-03-01T12:20:00Z", Cancel)).TrimEnd().Split('\n');
        using var refused = await admin.GetAsync("api/slides/export?format=xml&stage=lost", Cancel);

        Assert.Equal(2101, csv.Length);
        Assert.StartsWith("seriesInstanceUid,serialNumber,stage,", csv[0], StringComparison.Ordinal);
        Assert.StartsWith($"\"{Series(2099)}\",,\"failed\",", csv[1], StringComparison.Ordinal);
        Assert.Contains(",\"'=1+1\",", csv[1], StringComparison.Ordinal); // for no spreadsheet a formula
        Assert.Equal(Enumerable.Range(0, 2100).Reverse().Select(Series), csv[1..].Select(line => line.Split(',')[0].Trim('"')));
        Assert.Equal(["s19", "s17", "s15", "s13", "s11"], lines.Select(line => (string?)JsonNode.Parse(line)!["name"]));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var problem = await refused.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("\"field\":\"format\"", problem, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"stage\"", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_asked_or_answered_is_refused_with_the_field()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        using var admin = sam.Admin();
        await converter.TellAsync("conv1", [Report("a", "1.2.3")], Cancel);
        var id = Assert.Single(await AskAsync(sam, "1.2.3", "verify"))!["id"]!.GetValue<Guid>();

        using var unknown = await admin.PostAsJsonAsync("api/slides/9.9.9/retry", new { }, Cancel);
        using var nowhere = await admin.PostAsJsonAsync("api/slides/1.2.3/resend", new { destination = "../etc" }, Cancel);
        var silent = await Assert.ThrowsAsync<SamException>(() => converter.AnswerAsync("conv1", id, new SlideAnswer(SlideResult.Done, ""), Cancel));
        var nameless = await Assert.ThrowsAsync<SamException>(() => converter.GetRequestsAsync("a b", TimeSpan.Zero, Cancel));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.UnprocessableEntity), (unknown.StatusCode, nowhere.StatusCode));
        Assert.Equal(("text", "name"), (silent.Errors[0].Field, nameless.Errors[0].Field));
        Assert.Single(await converter.GetRequestsAsync("conv1", TimeSpan.Zero, Cancel)); // still to be answered
    }

    private static SamRoleClient Converter(SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("converter")));

    private static string Series(int number) => string.Create(CultureInfo.InvariantCulture, $"1.2.3.{number + 1}");

    private static async Task<JsonArray> AskAsync(SamUnderTest sam, string series, string action, object? body = null)
    {
        using var admin = sam.Admin();
        using var answer = await admin.PostAsJsonAsync($"api/slides/{series}/{action}", body ?? new { }, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonArray>(Cancel))!;
    }

    private static async Task<JsonNode> ShownAsync(SamUnderTest sam, string series)
    {
        using var admin = sam.Admin();
        return Assert.Single((await admin.GetFromJsonAsync<JsonArray>($"api/slides?seriesInstanceUid={series}", Cancel))!)!;
    }

    private static SlideReport Report(string slide, string series) => new()
    {
        Slide = slide,
        Step = 1,
        Stage = SlideStage.Waiting,
        Since = Noon,
        Reason = "A sentence.",
        SeriesInstanceUid = series,
        ReceivedAt = Noon,
    };
}

public sealed class SlideRequestTestsOnSqlite() : SlideRequestTests(new OnSqlite());

public sealed class SlideRequestTestsOnPostgreSql(PostgreSqlServer server) : SlideRequestTests(new OnPostgreSql(server));

public sealed class SlideRequestTestsOnSqlServer(SqlServerInstance server) : SlideRequestTests(new OnSqlServer(server));
