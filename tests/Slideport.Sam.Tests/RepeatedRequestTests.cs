using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Status;
using Slideport.Sam.Tests.Users;

namespace Slideport.Sam.Tests;

/// <summary>What comes twice, too late, from the wrong one of two, or only to find out who there is.</summary>
public abstract class RepeatedRequestTests(TestDatabase testDatabase)
{
    private static readonly string[] Itself = ["Audit", "ScannerHours", "Alerts", "Notifications", "Sessions.LastSeenAt"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_image_gets_the_same_answer_another_under_its_name_is_refused_and_the_first_is_kept()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var scanner = sam.Http(certificate);

        using var first = await scanner.PutAsJsonAsync("scanner/images/I1", TestImage.Of("I1"), ProtocolJson.Options, Cancel);
        var kept = await DatabaseContent.ReadAsync(sam.Databases, Itself);
        using var again = await scanner.PutAsJsonAsync("scanner/images/I1", TestImage.Of("I1"), ProtocolJson.Options, Cancel);
        using var another = await scanner.PutAsJsonAsync("scanner/images/I1", TestImage.Of("I1") with { Barcode = "OTHER" }, ProtocolJson.Options, Cancel);
        using var elsewhere = await scanner.PutAsJsonAsync("scanner/images/I2", TestImage.Of("I1"), ProtocolJson.Options, Cancel);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.NoContent, HttpStatusCode.Conflict, HttpStatusCode.UnprocessableEntity), (first.StatusCode, again.StatusCode, another.StatusCode, elsewhere.StatusCode));
        Assert.Equal(kept, await DatabaseContent.ReadAsync(sam.Databases, Itself));
    }

    [Fact]
    public async Task A_scanner_or_a_user_that_is_there_is_not_added_again()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1", location = "here" });
        await sam.AddUserAsync("anna", "operator");
        var kept = await DatabaseContent.ReadAsync(sam.Databases, Itself);

        using var scanner = await admin.PostAsJsonAsync("api/scanners", new { serialNumber = "SS1", location = "there" }, Cancel);
        using var user = await admin.PostAsJsonAsync("api/users", new { name = "ANNA", password = "tall giraffes dislike rain", role = "labAdmin" }, Cancel);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (scanner.StatusCode, user.StatusCode));
        Assert.Equal(kept, await DatabaseContent.ReadAsync(sam.Databases, Itself));
    }

    [Fact]
    public async Task A_change_made_for_an_earlier_version_or_for_none_there_is_changes_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        Assert.Equal(HttpStatusCode.OK, await PatchAsync(admin, 1000, null));
        var kept = await DatabaseContent.ReadAsync(sam.Databases, Itself);

        foreach (var tag in new[] { "\"0\"", "\"2\"", "\"-1\"", "\"abc\"", "1", "W/\"1\"", "\"1\", \"2\"", "\"99999999999999999999\"", "\"\"", "\"", "x" })
            Assert.True(await PatchAsync(admin, 2000, tag) == HttpStatusCode.Conflict, tag);

        Assert.Equal(kept, await DatabaseContent.ReadAsync(sam.Databases, Itself));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await PatchAsync(admin, 3000, "\"1\""), await PatchAsync(admin, 4000, "*")));
    }

    [Fact]
    public async Task Whoever_says_he_runs_an_old_configuration_or_one_that_never_was_is_told_the_right_one()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await PatchAsync(admin, 1000, null);
        await PatchAsync(admin, 2000, null);

        foreach (var (version, runs) in new[] { (1L, false), (long.MaxValue, false), (2L, true) })
        {
            var answer = await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ConfigurationVersion = version }, Cancel);
            var shown = (await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0]!;
            Assert.Equal((2L, runs), (answer.ConfigurationVersion, (bool)shown["runsConfiguration"]!));
        }
    }

    [Fact]
    public async Task What_a_scanner_says_changes_nothing_of_another()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (first, _) = await sam.EnrolScannerAsync("SS1");
        var (second, _) = await sam.EnrolScannerAsync("SS2");
        await first.PutImageAsync(TestImage.Of("I1"), Cancel);
        await first.ReportAsync(new ScannerStatus { State = ScannerState.Idle, Activity = "first" }, Cancel);
        var image = (await DatabaseContent.ReadAsync(sam.Databases, Itself)).Single(row => row.StartsWith("Images:", StringComparison.Ordinal));

        await second.PutImageAsync(TestImage.Of("I1") with { Barcode = "OTHER" }, Cancel);
        await second.ReportAsync(new ScannerStatus { State = ScannerState.Error, Activity = "second" }, Cancel);

        Assert.Contains(image, await DatabaseContent.ReadAsync(sam.Databases, Itself));
        var scanners = (await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))!.ToDictionary(s => (string)s!["serialNumber"]!, s => (string?)s!["status"]!["activity"]);
        Assert.Equal(("first", "second"), (scanners["SS1"], scanners["SS2"]));
    }

    [Fact]
    public async Task Nobody_learns_at_the_door_whether_there_is_a_user()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var browser = sam.Browser();

        foreach (var password in new[] { "", "wrong", "a\0b", new string('x', 100_000), "\u202e" })
            Assert.Equal(await AnswerAsync(browser, "nobody", password), await AnswerAsync(browser, "anna", password));
    }

    // All that could tell one from the other: status, headers with their values, body; without the request's own number and the time.
    private static async Task<string> AnswerAsync(HttpClient browser, string name, string password)
    {
        using var response = await browser.PostAsJsonAsync("api/session", new { name, password }, Cancel);
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        body.Remove("traceId");
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}: {string.Join(',', h.Value)}");
        return $"{response.StatusCode}\n{string.Join('\n', headers)}\n{body.ToJsonString()}";
    }

    private static async Task<HttpStatusCode> PatchAsync(HttpClient admin, int port, string? tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "api/configuration/defaults?reason=test") { Content = JsonContent.Create(new { images = new { port } }, new MediaTypeHeaderValue("application/json")) };
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        using var response = await admin.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}

public sealed class RepeatedRequestTestsOnSqlite() : RepeatedRequestTests(new OnSqlite());

public sealed class RepeatedRequestTestsOnPostgreSql(PostgreSqlServer server) : RepeatedRequestTests(new OnPostgreSql(server));

public sealed class RepeatedRequestTestsOnSqlServer(SqlServerInstance server) : RepeatedRequestTests(new OnSqlServer(server));
