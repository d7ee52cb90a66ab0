using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

public abstract class ConfigurationTests(TestDatabase testDatabase)
{
    [Fact]
    public async Task A_change_of_the_defaults_reaches_a_waiting_scanner_and_its_own_settings_stay()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await ChangeAsync(admin, "scanner:SS1", new { images = new { title = "MINE" } });
        var first = await scanner.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken);
        var waiting = scanner.GetConfigurationAsync(first!.Tag, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        await ChangeAsync(admin, "defaults", new { images = new { port = 11112, title = "ALL" } });
        var next = await waiting;

        Assert.Equal(("MINE", 11112), (next!.Configuration.Images.Title, next.Configuration.Images.Port));
        Assert.True(next.Version > first.Version);
    }

    [Fact]
    public async Task A_scanner_that_has_the_newest_is_told_so()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var first = await scanner.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Null(await scanner.GetConfigurationAsync(first!.Tag, TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"images":{"port":0}}""", "images.port")]
    [InlineData("""{"images":{"port":"2762"}}""", "images.port")]
    [InlineData("""{"images":{"imageFilenameFormat":"../{Barcode}"}}""", "images.imageFilenameFormat")]
    [InlineData("""{"images":{"barcodePattern":"("}}""", "images.barcodePattern")]
    [InlineData("""{"images":{"barcodePattern":"(a)\\1"}}""", "images.barcodePattern")]
    [InlineData("""{"images":{"nobodyKnows":1}}""", "images")]
    [InlineData("""{"time":{"zone":"Mars/Olympus"}}""", "time.zone")]
    [InlineData("""{"eventHandling":{"consoleEventPort":6663}}""", "eventHandling.consoleLogPort")]
    [InlineData("""{"images":{"format":"Tiff"}}""", "images.format")]
    public async Task What_cannot_be_used_is_refused_with_its_field_and_changes_nothing(string patch, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var response = await PatchAsync(admin, "defaults", patch, "?reason=try");
        var problem = await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.StartsWith(field, (string)problem!["errors"]![0]!["field"]!, StringComparison.Ordinal);
        Assert.Equal(0, (long)(await GetAsync(admin, "defaults"))["version"]!);
    }

    [Fact]
    public async Task A_change_without_a_reason_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var response = await PatchAsync(admin, "defaults", """{"images":{"port":1}}""", "");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task A_dry_run_names_the_scanners_it_would_touch_and_changes_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        await ChangeAsync(admin, "scanner:SS2", new { images = new { port = 7000 } });

        using var response = await PatchAsync(admin, "defaults", """{"images":{"port":9000}}""", "?dryRun=true");
        var dryRun = await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);

        Assert.Equal(["SS1"], dryRun!["scanners"]!.AsArray().Select(s => (string)s!));
        Assert.Equal("images.port", (string)dryRun["changes"]![0]!["field"]!);
        Assert.Equal(0, (long)(await GetAsync(admin, "defaults"))["version"]!);
    }

    [Fact]
    public async Task Versions_tell_who_why_and_what_and_any_can_be_restored()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await ChangeAsync(admin, "defaults", new { images = new { port = 1000 } });
        await ChangeAsync(admin, "defaults", new { images = new { port = 2000 }, dsr = new { hostname = "dsr" } });

        using var restored = await admin.PostAsync("api/configuration/defaults/versions/1/restore?reason=back", null, TestContext.Current.CancellationToken);
        var versions = (await admin.GetFromJsonAsync<JsonArray>("api/configuration/defaults/versions", TestContext.Current.CancellationToken))!;

        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal([3, 2, 1], versions.Select(v => (int)v!["version"]!));
        Assert.Equal("role:admin", (string)versions[0]!["changedBy"]!);
        Assert.Equal(["dsr.hostname", "images.port"], versions[0]!["changes"]!.AsArray().Select(c => (string)c!["field"]!));
        Assert.Equal(1000, (int)(await GetAsync(admin, "defaults"))["effective"]!["images"]!["port"]!);
    }

    [Fact]
    public async Task Any_two_versions_can_be_compared()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        foreach (var port in (int[])[1000, 2000, 3000])
            await ChangeAsync(admin, "defaults", new { images = new { port }, dsr = new { hostname = "dsr" } });
        async Task<string[]> DifferencesAsync(string question) =>
            [.. (await admin.GetFromJsonAsync<JsonArray>($"api/configuration/defaults/versions/{question}", TestContext.Current.CancellationToken))!.Select(c => $"{c!["field"]} {c["before"]} {c["after"]}")];

        Assert.Equal(["images.port 1000 3000"], await DifferencesAsync("3/differences?from=1"));
        Assert.Equal(["images.port 3000 1000"], await DifferencesAsync("1/differences?from=3"));
        Assert.Equal(["dsr.hostname  \"dsr\"", "images.port  2000"], (await DifferencesAsync("2/differences")).Order());
        Assert.Empty(await DifferencesAsync("2/differences?from=2"));
        foreach (var question in (string[])["4/differences?from=1", "1/differences?from=4"])
        {
            using var none = await admin.GetAsync($"api/configuration/defaults/versions/{question}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
            Assert.Contains("no version 4", await none.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_people_cannot_overwrite_each_other_unseen()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await ChangeAsync(admin, "defaults", new { images = new { port = 1000 } });
        admin.DefaultRequestHeaders.IfMatch.ParseAdd("\"0\"");

        using var response = await PatchAsync(admin, "defaults", """{"images":{"port":3000}}""", "?reason=late");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
    }

    [Fact]
    public async Task The_list_of_scanners_shows_who_runs_what()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var fresh = await admin.GetFromJsonAsync<JsonArray>("api/scanners", TestContext.Current.CancellationToken);
        await ChangeAsync(admin, "defaults", new { images = new { port = 1000 } });

        var answer = await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Scanning, ConfigurationVersion = 0, SlidesWaiting = 3 }, TestContext.Current.CancellationToken);
        var drifted = await admin.GetFromJsonAsync<JsonArray>("api/scanners", TestContext.Current.CancellationToken);
        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Scanning, ConfigurationVersion = answer.ConfigurationVersion }, TestContext.Current.CancellationToken);
        await sam.RestartAsync();
        using var again = sam.Admin();
        var settled = await again.GetFromJsonAsync<JsonArray>("api/scanners", TestContext.Current.CancellationToken);

        Assert.Equal("New", (string)fresh![0]!["presence"]!);
        Assert.Equal(("Online", false, 3), ((string)drifted![0]!["presence"]!, (bool)drifted[0]!["runsConfiguration"]!, (int)drifted[0]!["status"]!["slidesWaiting"]!));
        Assert.Equal(("Online", true), ((string)settled![0]!["presence"]!, (bool)settled[0]!["runsConfiguration"]!));
    }

    [Fact]
    public async Task A_heartbeat_that_may_wait_is_answered_when_there_is_another_configuration_to_run()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var idle = new ScannerStatus { State = ScannerState.Idle, ConfigurationVersion = (await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, TestContext.Current.CancellationToken)).ConfigurationVersion };

        var over = await scanner.ReportAsync(idle, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var waiting = scanner.ReportAsync(idle, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await ChangeAsync(admin, "defaults", new { images = new { port = 1000 } });
        var answer = await waiting;
        var behind = await scanner.ReportAsync(idle, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(idle.ConfigurationVersion, over.ConfigurationVersion);
        Assert.NotEqual(idle.ConfigurationVersion, answer.ConfigurationVersion);
        Assert.Equal((answer.ConfigurationVersion, 1000), (behind.ConfigurationVersion, (await scanner.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken))!.Configuration.Images.Port));
    }

    // A later version may have stricter rules.
    [Fact]
    public async Task What_was_good_when_it_was_made_is_told_to_scanners_and_can_be_mended()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await using (var database = sam.Databases.CreateDbContext())
        {
            database.ConfigurationChanges.Add(new ConfigurationChange { Version = 1, Scope = "defaults", Document = """{"images":{"port":99999}}""", ChangedBy = "user:then", ChangedAt = TimeProvider.System.GetUtcNow(), Reason = "long ago" });
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var answer = await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var told = await scanner.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken);
        using var other = await PatchAsync(admin, "defaults", """{"images":{"imageQuality":80}}""", "?reason=other");
        await ChangeAsync(admin, "defaults", new { images = new { port = 1000 } });

        Assert.Equal((1, 99999), (answer.ConfigurationVersion, told!.Configuration.Images.Port));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal(1000, (int)(await GetAsync(admin, "defaults"))["effective"]!["images"]!["port"]!);
    }

    [Fact]
    public async Task A_scope_of_a_scanner_nobody_added_is_none()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        foreach (var path in (string[])["", "/versions"])
        {
            using var answer = await admin.GetAsync($"api/configuration/scanner:NOBODY{path}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var change = await PatchAsync(admin, "scanner:NOBODY", "{}", "?reason=test");
        Assert.Equal(HttpStatusCode.NotFound, change.StatusCode);
    }

    [Fact]
    public async Task A_template_shows_what_it_makes_of_real_slides_before_any_is_named_by_it()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        foreach (var (id, barcode) in new[] { ("I1", "S26-1"), ("I2", "S26-1"), ("I3", "../etc") })
            await scanner.PutImageAsync(TestImage.Of(id) with { Barcode = barcode, SeriesInstanceUid = $"1.2.{id[1..]}" }, TestContext.Current.CancellationToken);
        using var admin = sam.Admin();

        var names = await admin.PostAsync<JsonArray>("api/configuration/defaults/preview", new { imageFilenameFormat = "{Scanner}/{Barcode:1}_{Barcode:2}", barcodeDelimiter = "-", barcodePattern = "S\\d+-\\d+" });

        Assert.Equal(["SS1/_etc_unknown-bad4d93f", "SS1/S26_1_2", "SS1/S26_1"], names.Select(n => (string?)n!["name"]));
        Assert.Equal([false, true, true], names.Select(n => (bool)n!["isValid"]!));
        using var wrong = await admin.PostAsJsonAsync("api/configuration/defaults/preview", new { imageFilenameFormat = "{Moon}" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
    }

    [Fact]
    public async Task Every_host_a_scope_names_is_tried_and_what_does_not_answer_is_told_with_the_reason()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        using var mail = new MailListener(); // answers, but speaks no TLS
        await ChangeAsync(admin, "defaults", new
        {
            images = new { hostname = "localhost", port = sam.Role.LocalEndPoint!.Port },
            dsr = new { hostname = "localhost", port = sam.Role.LocalEndPoint!.Port },
            eventHandling = new { consoleEventPort = mail.Port, consoleLogPort = 1 },
        });

        var results = await admin.PostAsync<JsonArray>("api/configuration/defaults/test", new { });

        string Of(string field) => (string)results.Single(r => (string?)r!["field"] == field)!["text"]!;
        Assert.Contains("not over TLS", Of("images.hostname"), StringComparison.Ordinal); // SAM is not the converter, whatever its address
        Assert.Contains("Answers over Tls13", Of("dsr.hostname"), StringComparison.Ordinal);
        Assert.Equal("Answers.", Of("eventHandling.consoleEventPort")); // no name: the host scanners reach SAM under
        Assert.Contains("check that the service runs there", Of("eventHandling.consoleLogPort"), StringComparison.Ordinal);
        results = await admin.PostAsync<JsonArray>("api/configuration/defaults/test", new { images = new { hostname = "no-such-host.invalid" }, dsr = new { port = mail.Port } });
        Assert.Contains("cannot be looked up", Of("images.hostname"), StringComparison.Ordinal);
        Assert.Contains("not over TLS", Of("dsr.hostname"), StringComparison.Ordinal);
        Assert.Contains("No converter is here", (string)(await admin.PostAsync<JsonArray>("api/configuration/defaults/test", new { images = new { fileLocation = "/mnt/slides" } }))[^1]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_location_is_tried_by_every_converter_before_it_is_set()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        using var converters = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        var health = new ConverterHealth { ImageStore = "/slides", SpoolFreeBytes = 1, SpoolTotalBytes = 2 };
        var cancel = TestContext.Current.CancellationToken;
        foreach (var name in new[] { "conv1", "conv2", "conv3" })
            Assert.Empty((await converters.TellAsync(name, health, cancel)).Locations);

        var testing = admin.PostAsync<JsonArray>("api/configuration/defaults/test", new { images = new { fileLocation = "/mnt/slides" } });
        while ((await converters.TellAsync("conv1", health, cancel)).Locations is not ["/mnt/slides"])
            await Task.Delay(10, cancel);
        Assert.Empty((await converters.TellAsync("conv1", health with { Trials = [new() { Location = "/mnt/slides" }] }, cancel)).Locations);
        Assert.Empty((await converters.TellAsync("conv2", health with { Trials = [new() { Location = "/mnt/slides", Problem = "There is no folder." }] }, cancel)).Locations);
        var results = (await testing).Where(r => (string?)r!["field"] == "images.fileLocation").Select(r => $"{r!["target"]} {r["isGood"]} {r["text"]}");

        Assert.Equal(
            [
                "conv1: /mnt/slides true Was written to and read back.",
                "conv2: /mnt/slides false There is no folder.",
                "conv3: /mnt/slides false The converter has not answered; check that it runs and reaches SAM. One that speaks with another SAM on this database is asked there.",
            ],
            results);
        Assert.Empty((JsonObject)(await GetAsync(admin, "defaults"))["document"]!);
    }

    [Theory]
    [InlineData("slides")]
    [InlineData("smb://server")]
    [InlineData("smb:///share")]
    [InlineData("smb://user:secret@server/share")]
    [InlineData("smb:/user:secret@server/share")]
    [InlineData("C:slides")]
    public async Task A_file_location_that_is_no_full_path_is_refused_also_when_it_is_tried(string location)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        foreach (var query in new[] { "?reason=test", "/test" })
        {
            using var content = JsonContent.Create(new { images = new { fileLocation = location, imageFilenameFormat = string.Join('/', Enumerable.Repeat("{Barcode}", 8)) } });
            using var refused = query[0] == '?'
                ? await admin.PatchAsync("api/configuration/defaults" + query, content, TestContext.Current.CancellationToken)
                : await admin.PostAsync("api/configuration/defaults" + query, content, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            var said = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("images.fileLocation", said, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", said, StringComparison.Ordinal); // nor in what is said of the name, which is too long
        }
    }

    private static async Task ChangeAsync(HttpClient admin, string scope, object patch)
    {
        using var response = await admin.PatchAsJsonAsync($"api/configuration/{scope}?reason=test", patch, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task<HttpResponseMessage> PatchAsync(HttpClient admin, string scope, string patch, string query) =>
        admin.PatchAsync($"api/configuration/{scope}{query}", new StringContent(patch, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), TestContext.Current.CancellationToken);

    private static async Task<JsonObject> GetAsync(HttpClient admin, string scope) =>
        (await admin.GetFromJsonAsync<JsonObject>($"api/configuration/{scope}", TestContext.Current.CancellationToken))!;
}

public sealed class ConfigurationTestsOnSqlite() : ConfigurationTests(new OnSqlite());

public sealed class ConfigurationTestsOnPostgreSql(PostgreSqlServer server) : ConfigurationTests(new OnPostgreSql(server));

public sealed class ConfigurationTestsOnSqlServer(SqlServerInstance server) : ConfigurationTests(new OnSqlServer(server));
