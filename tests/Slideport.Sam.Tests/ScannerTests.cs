using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol.Status;
using Slideport.Sam.Tests.Users;

namespace Slideport.Sam.Tests;

/// <summary>The scanners as Lab Admins see and change them.</summary>
public abstract class ScannerTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scanner_is_renamed_and_moved_and_the_trail_has_both_names()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1", model = "GT 450", friendlyName = "one", location = "cellar" });

        using var changed = await admin.PatchAsJsonAsync("api/scanners/SS1", new { friendlyName = "Scanner 1", location = "Room 4.12" }, Cancel);
        using var unknown = await admin.PatchAsJsonAsync("api/scanners/SS2", new { friendlyName = "x" }, Cancel);
        using var hostile = await admin.PatchAsJsonAsync("api/scanners/SS1", new { friendlyName = "a\nb" }, Cancel);
        var scanner = (await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0]!;
        var entry = (await UserTests.TrailAsync(admin, "scanner:SS1"))[0]!;

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.UnprocessableEntity), (changed.StatusCode, unknown.StatusCode, hostile.StatusCode));
        Assert.Equal(("GT 450", "Scanner 1", "Room 4.12"), ((string?)scanner["model"], (string?)scanner["friendlyName"], (string?)scanner["location"]));
        Assert.Equal(("scanner.change", "GT 450; one; cellar", "GT 450; Scanner 1; Room 4.12"), ((string?)entry["action"], (string?)entry["before"], (string?)entry["after"]));
    }

    [Fact]
    public async Task What_a_scanner_says_of_itself_is_its_system_information()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (client, _) = await sam.EnrolScannerAsync("SS1");
        await client.ReportAsync(new ScannerStatus { State = ScannerState.Idle, SoftwareVersion = "1.2", HardwareVersion = "B", Hostname = "scanner-1", MacAddress = "00-1B-44-11-3A-B7" }, Cancel);
        using var admin = sam.Admin();

        var scanner = (await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0]!;

        Assert.Equal(("scanner-1", "00-1B-44-11-3A-B7", "1.2"), ((string?)scanner["status"]!["hostname"], (string?)scanner["status"]!["macAddress"], (string?)scanner["status"]!["softwareVersion"]));
        Assert.NotNull((DateTimeOffset?)scanner["addedAt"]);
    }

    [Theory]
    [InlineData("bad host", "")]
    [InlineData("", "00-1B-44-11-3A")]
    [InlineData("", "00-1B-44-11-3A-G7")]
    [InlineData("", "00x1B-44-11-3A-B7")]
    public void What_cannot_be_a_name_or_an_address_is_refused(string hostname, string macAddress) =>
        Assert.Single(new ScannerStatus { State = ScannerState.Idle, Hostname = hostname, MacAddress = macAddress }.Validate());
}

public sealed class ScannerTestsOnSqlite() : ScannerTests(new OnSqlite());

public sealed class ScannerTestsOnPostgreSql(PostgreSqlServer server) : ScannerTests(new OnPostgreSql(server));

public sealed class ScannerTestsOnSqlServer(SqlServerInstance server) : ScannerTests(new OnSqlServer(server));
