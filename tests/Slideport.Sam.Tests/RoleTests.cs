using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Events;
using Slideport.Protocol.Fleet;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

/// <summary>What the converter learns from SAM.</summary>
public abstract class RoleTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_fleet_names_each_scanner_with_its_certificates_and_what_is_made_of_its_images()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var role = Role(sam);
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        await ConfigureAsync(sam, "scanner:SS1", new JsonObject { ["images"] = new JsonObject { ["format"] = "dicom" }, ["eventHandling"] = new JsonObject { ["leastSeverity"] = "warning", ["logLevel"] = "debug" } });

        var fleet = (await role.GetFleetAsync(null, TimeSpan.Zero, Cancel))!.Fleet;

        Assert.Equal(["SS1", "SS2"], fleet.Scanners.Select(s => s.SerialNumber).Order());
        var first = fleet.Scanners.Single(s => s.SerialNumber == "SS1");
        Assert.Equal([Holders.Thumbprint(certificate)], first.Certificates);
        Assert.Equal(ImageFormat.Dicom, first.Images.Format);
        Assert.Equal((EventSeverity.Warning, LogLevel.Debug), (first.EventHandling.LeastSeverity, first.EventHandling.LogLevel));
        Assert.Empty(fleet.RevokedCertificates);
    }

    [Fact]
    public async Task Who_waits_for_a_change_of_the_fleet_hears_of_a_configuration_an_enrolment_and_a_revocation()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var role = Role(sam);
        var tag = (await role.GetFleetAsync(null, TimeSpan.Zero, Cancel))!.Tag;
        Assert.Null(await role.GetFleetAsync(tag, TimeSpan.Zero, Cancel));

        var waiting = role.GetFleetAsync(tag, TimeSpan.FromSeconds(60), Cancel);
        await ConfigureAsync(sam, "defaults", new JsonObject { ["images"] = new JsonObject { ["format"] = "dicom" } });
        tag = (await waiting)!.Tag;
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        tag = await UntilAsync(role, tag, f => f.Scanners is [{ Certificates.Count: 1 }]);
        using var admin = sam.Admin();
        using var retired = await admin.PostAsJsonAsync("api/scanners/SS1/retire", new { reason = "sold" }, Cancel);
        await UntilAsync(role, tag, f => f.Scanners.Count == 0 && f.RevokedCertificates is [var revoked] && revoked == Holders.Thumbprint(certificate));
    }

    [Fact]
    public async Task Manifests_are_told_for_the_series_asked_for_with_the_scanner_that_told_them()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var role = Role(sam);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await scanner.PutImageAsync(TestImage.Of("I1"), Cancel);
        await scanner.PutImageAsync(TestImage.Of("I2") with { SeriesInstanceUid = "1.2.4" }, Cancel);

        var manifests = await role.GetManifestsAsync(["1.2.3", "1.2.99"], Cancel);

        var manifest = Assert.Single(manifests);
        Assert.Equal(("SS1", "1.2.3"), (manifest.SerialNumber, manifest.SeriesInstanceUid));
        Assert.Equal(TestImage.Of("I1").Instances, manifest.Instances);
    }

    [Fact]
    public async Task More_series_than_a_question_may_name_are_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var role = Role(sam);

        var refused = await Assert.ThrowsAsync<SamException>(() => role.GetManifestsAsync([.. Enumerable.Range(0, ManifestQuestion.MaxSeries + 1).Select(i => $"1.{i}")], Cancel));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "seriesInstanceUids"), (refused.Status, refused.Errors[0].Field));
    }

    private static SamRoleClient Role(SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("converter")));

    private static async Task ConfigureAsync(SamUnderTest sam, string scope, JsonObject patch)
    {
        using var admin = sam.Admin();
        using var response = await admin.PatchAsJsonAsync($"api/configuration/{scope}?reason=test", patch, Cancel);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<string> UntilAsync(SamRoleClient role, string tag, Predicate<ScannerFleet> holds)
    {
        while (true)
        {
            var answer = (await role.GetFleetAsync(tag, TimeSpan.FromSeconds(60), Cancel))!;
            tag = answer.Tag;
            if (holds(answer.Fleet))
                return tag;
        }
    }
}

public sealed class RoleTestsOnSqlite() : RoleTests(new OnSqlite());

public sealed class RoleTestsOnPostgreSql(PostgreSqlServer server) : RoleTests(new OnPostgreSql(server));

public sealed class RoleTestsOnSqlServer(SqlServerInstance server) : RoleTests(new OnSqlServer(server));
