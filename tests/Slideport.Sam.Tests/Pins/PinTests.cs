using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Pins;
using Slideport.Sam.Pins;
using Slideport.Sam.Tests.Users;

namespace Slideport.Sam.Tests.Pins;

/// <summary>PINs as Lab Admins give them and scanners ask for them.</summary>
public abstract class PinTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_PIN_says_whose_it_is_on_the_scanner_it_was_set_for()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (first, _) = await sam.EnrolScannerAsync("SS1");
        var (second, _) = await sam.EnrolScannerAsync("SS2");
        var anna = await UserTests.AddAsync(admin, "anna", "labAdmin");
        var bert = await UserTests.AddAsync(admin, "bert", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164");
        await SetAsync(admin, "scanners/SS1/pins", bert, "480273");

        Assert.Equal(new PinHolder("anna", "", "labAdmin", 15), await first.EnterPinAsync("739164", Cancel));
        Assert.Equal(new PinHolder("bert", "", "operator", 15), await first.EnterPinAsync("480273", Cancel));
        Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(second, "739164"));
        Assert.Equal(
            ["user:bert", "user:anna"],
            (await TrailAsync(admin, "action=pin.use&object=scanner:SS1")).Select(e => (string)e!["actor"]!));
        Assert.Equal(("scanner:SS2", "failure", "nobody's PIN"), Entry(Assert.Single(await TrailAsync(admin, "action=pin.use&object=scanner:SS2"))!));
    }

    [Fact]
    public async Task Two_people_on_one_scanner_cannot_have_the_same_PIN_and_nobody_learns_whose_it_is()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");
        var bert = await UserTests.AddAsync(admin, "bert", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164");

        using var taken = await admin.PutAsJsonAsync($"api/scanners/SS1/pins/{bert}", new { pin = "739164" }, Cancel);
        using var takenSomewhere = await admin.PutAsJsonAsync($"api/pins/{bert}", new { pin = "739164" }, Cancel);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (taken.StatusCode, takenSomewhere.StatusCode));
        Assert.DoesNotContain("anna", await taken.Content.ReadAsStringAsync(Cancel), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("in use on SS1", await takenSomewhere.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(["anna"], (await ListAsync(admin, "pins")).Select(p => (string)p!["userName"]!));
        Assert.Equal("anna", (await scanner.EnterPinAsync("739164", Cancel)).UserName);
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164"); // one's own may be set again
        await SetAsync(admin, "scanners/SS2/pins", bert, "739164"); // and elsewhere it is free
    }

    [Fact]
    public async Task A_PIN_is_set_replaced_listed_and_removed_on_one_scanner_or_on_all_and_the_trail_tells_it()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");

        await SetAsync(admin, "pins", anna, "739164");
        await SetAsync(admin, "scanners/SS1/pins", anna, "480273", new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.FromHours(1)));
        var listed = await ListAsync(admin, "scanners/SS1/pins");
        var before = await RefusedAsync(scanner, "739164");
        using var removed = await admin.DeleteAsync($"api/pins/{anna}", Cancel);
        using var again = await admin.DeleteAsync($"api/scanners/SS1/pins/{anna}", Cancel);

        var pin = Assert.Single(listed)!;
        Assert.Equal(("SS1", "anna", "operator", true), ((string)pin["serialNumber"]!, (string)pin["userName"]!, (string)pin["role"]!, (bool)pin["isUsable"]!));
        Assert.Equal(new DateTimeOffset(2098, 12, 31, 23, 0, 0, TimeSpan.Zero), (DateTimeOffset)pin["expiresAt"]!);
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.NoContent, HttpStatusCode.NotFound), (before, removed.StatusCode, again.StatusCode));
        Assert.Empty(await ListAsync(admin, "pins"));
        Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(scanner, "480273"));
        Assert.Equal(
            ["pin.remove", "pin.remove", "pin.set", "pin.set", "pin.set"],
            (await TrailAsync(admin, "object=user:anna&action=pin.*")).Select(e => (string)e!["action"]!));
    }

    [Theory]
    [InlineData("73916", null, "pin")]
    [InlineData("111111", null, "pin")]
    [InlineData("739164", "2020-01-01T00:00:00Z", "expiresAt")]
    public async Task What_cannot_be_a_PIN_is_refused_with_its_field(string pin, string? expiresAt, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await sam.EnrolScannerAsync("SS1");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");

        using var response = await admin.PutAsJsonAsync($"api/scanners/SS1/pins/{anna}", new { pin, expiresAt }, Cancel);
        var problem = await response.Content.ReadFromJsonAsync<JsonObject>(Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(field, (string)Assert.Single((JsonArray)problem!["errors"]!)!["field"]!);
    }

    [Fact]
    public async Task Scanners_and_users_that_are_not_there_have_no_PINs()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await sam.EnrolScannerAsync("SS1");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164");
        using var retired = await admin.PostAsJsonAsync("api/scanners/SS1/retire", new { reason = "sold" }, Cancel);

        using var noScanner = await admin.PutAsJsonAsync($"api/scanners/SS1/pins/{anna}", new { pin = "739164" }, Cancel);
        using var noScannerAtAll = await admin.PutAsJsonAsync($"api/pins/{anna}", new { pin = "739164" }, Cancel);
        using var noList = await admin.GetAsync("api/scanners/SS1/pins", Cancel);
        await sam.EnrolScannerAsync("SS2");
        using var noUser = await admin.PutAsJsonAsync($"api/scanners/SS2/pins/{Guid.NewGuid()}", new { pin = "739164" }, Cancel);

        Assert.All([noScanner, noScannerAtAll, noList, noUser], response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
        await using var database = sam.Databases.CreateDbContext();
        Assert.Empty(database.Pins);
    }

    [Fact]
    public async Task Somebody_who_was_removed_is_not_let_in()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164");

        using var removed = await admin.DeleteAsync($"api/users/{anna}", Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(scanner, "739164"));
    }

    [Fact]
    public async Task A_PIN_outlives_a_restart_but_not_the_loss_of_its_pepper_and_that_shows()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, certificate) = await sam.EnrolScannerAsync("SS1");
        var anna = await UserTests.AddAsync(admin, "anna", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "739164");

        await sam.RestartAsync();
        using var restarted = new SamClient(sam.Address, sam.Tls(certificate));
        var outlived = await restarted.EnterPinAsync("739164", Cancel);
        File.Delete(Path.Join(sam.Authority.Folder, "pins.key"));
        await sam.RestartAsync();
        using var robbed = new SamClient(sam.Address, sam.Tls(certificate));
        using var adminAgain = sam.Admin();
        var lost = await RefusedAsync(robbed, "739164");
        var listed = await ListAsync(adminAgain, "pins");
        await SetAsync(adminAgain, "pins", anna, "739164");

        Assert.Equal(("anna", HttpStatusCode.Forbidden), (outlived.UserName, lost));
        Assert.False((bool)Assert.Single(listed)!["isUsable"]!);
        Assert.Equal("anna", (await robbed.EnterPinAsync("739164", Cancel)).UserName);
    }

    [Fact]
    public async Task After_five_wrong_PINs_the_scanner_is_told_when_to_try_again()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var http = sam.Http(certificate);

        using var malformed = await http.PostAsJsonAsync("scanner/pin", new { pin = "12" }, Cancel); // counts for nothing
        for (var n = 0; n < 5; n++)
        {
            using var wrong = await http.PostAsJsonAsync("scanner/pin", new { pin = $"73916{n}" }, Cancel);
            Assert.Equal((HttpStatusCode.Forbidden, "application/problem+json"), (wrong.StatusCode, wrong.Content.Headers.ContentType!.MediaType));
        }

        using var sixth = await http.PostAsJsonAsync("scanner/pin", new { pin = "739164" }, Cancel);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.TooManyRequests), (malformed.StatusCode, sixth.StatusCode));
        Assert.Equal("application/problem+json", sixth.Content.Headers.ContentType!.MediaType);
        Assert.InRange(sixth.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));
        Assert.Equal(5, (await TrailAsync(admin, "action=pin.use")).Count);
        Assert.Contains("none is looked at", (string)(await TrailAsync(admin, "action=pin.use"))[0]!["after"]!, StringComparison.Ordinal);
    }

    // Eight digits, so that no hash of the trail holds them by chance.
    [Fact]
    public async Task No_PIN_and_no_hash_of_one_is_in_logs_trail_or_answers()
    {
        var log = new EverythingLogged();
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = new() { PinDigits = 8 } }, log: log);
        using var admin = sam.Admin();
        var (scanner, certificate) = await sam.EnrolScannerAsync("SS1");
        using var http = sam.Http(certificate);
        var anna = await UserTests.AddAsync(admin, "anna", "operator");
        await SetAsync(admin, "scanners/SS1/pins", anna, "73916482");
        using var trivial = await admin.PutAsJsonAsync($"api/pins/{anna}", new { pin = "87654321" }, Cancel);
        using var right = await http.PostAsJsonAsync("scanner/pin", new { pin = "73916482" }, Cancel);
        using var wrong = await http.PostAsJsonAsync("scanner/pin", new { pin = "60285917" }, Cancel);
        using var malformed = await http.PostAsync("scanner/pin", new StringContent("{\"pin\":60285917}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Cancel);

        var said = new List<string>(log.Lines);
        foreach (var response in new[] { trivial, right, wrong, malformed })
            said.Add(await response.Content.ReadAsStringAsync(Cancel));
        foreach (var path in new[] { "api/pins", "api/scanners/SS1/pins", "api/audit?take=1000", "api/audit/export", "api/audit/export?format=dicom", "api/users" })
            said.Add(await admin.GetStringAsync(path, Cancel));
        await using var database = sam.Databases.CreateDbContext();
        var hash = database.Pins.Single().Hash;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (right.StatusCode, malformed.StatusCode));
        Assert.True(log.Lines.Count > 20, "The log is not written down.");
        Assert.All((string[])["73916482", "60285917", "87654321", hash], secret => Assert.DoesNotContain(said, text => text.Contains(secret, StringComparison.Ordinal)));
        Assert.Equal(("PinEntry", "NewPin"), (new PinEntry("73916482").ToString(), new NewPin("73916482").ToString()));
    }

    private static async Task SetAsync(HttpClient admin, string where, Guid user, string pin, DateTimeOffset? expiresAt = null)
    {
        using var response = await admin.PutAsJsonAsync($"api/{where}/{user}", new { pin, expiresAt }, Cancel);
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<HttpStatusCode> RefusedAsync(SamClient scanner, string pin) => (await Assert.ThrowsAsync<SamException>(() => scanner.EnterPinAsync(pin, Cancel))).Status;

    private static async Task<JsonArray> ListAsync(HttpClient admin, string where) => (await admin.GetFromJsonAsync<JsonArray>($"api/{where}", Cancel))!;

    private static async Task<JsonArray> TrailAsync(HttpClient admin, string question) => (await admin.GetFromJsonAsync<JsonArray>($"api/audit?{question}", Cancel))!;

    private static (string Actor, string Outcome, string After) Entry(JsonNode entry) => ((string)entry["actor"]!, (string)entry["outcome"]!, (string)entry["after"]!);
}

public sealed class PinTestsOnSqlite() : PinTests(new OnSqlite());

public sealed class PinTestsOnPostgreSql(PostgreSqlServer server) : PinTests(new OnPostgreSql(server));

public sealed class PinTestsOnSqlServer(SqlServerInstance server) : PinTests(new OnSqlServer(server));
