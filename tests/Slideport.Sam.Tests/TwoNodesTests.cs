using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Status;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

/// <summary>Two SAMs on one database: what one of them is told, the other answers with, though each answers from its own memory.</summary>
public sealed class TwoNodesTests(PostgreSqlServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_made_at_one_node_wakes_who_waits_at_the_other()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        var other = await sam.StartAnotherNodeAsync();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var scanner = new SamClient(other, sam.Tls(certificate));
        using var admin = sam.Admin();

        var tag = (await FirstAsync(scanner)).Tag;
        foreach (var (scope, port) in new[] { ("defaults", 1001), ("scanner:SS1", 1002), ("scanner:SS1", 1003) })
        {
            var waiting = scanner.GetConfigurationAsync(tag, TimeSpan.FromSeconds(60), Cancel);
            await PatchAsync(admin, scope, new { images = new { port } });
            var answer = await waiting;
            Assert.Equal(port, answer!.Configuration.Images.Port);
            tag = answer.Tag;
        }
    }

    [Fact]
    public async Task A_certificate_revoked_at_one_node_ends_its_connections_at_the_other_and_comes_in_no_more()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        var other = await sam.StartAnotherNodeAsync();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var scanner = new SamClient(other, sam.Tls(certificate));
        using var admin = sam.Admin();
        var waiting = scanner.GetConfigurationAsync((await FirstAsync(scanner)).Tag, TimeSpan.FromSeconds(60), Cancel);

        using var revoked = await admin.PostAsJsonAsync($"api/certificates/{Holders.Thumbprint(certificate)}/revoke", new { reason = "lost" }, Cancel);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
        await Assert.ThrowsAsync<HttpRequestException>(() => scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, Cancel));
    }

    [Fact]
    public async Task Heartbeats_heard_by_one_node_are_seen_at_the_other()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        var other = await sam.StartAnotherNodeAsync();
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        using var admin = sam.Http(sam.Authority.Client("admin"), other);

        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Scanning, SlidesWaiting = 7 }, Cancel);

        JsonNode? shown;
        do
        {
            shown = (await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0];
        }
        while ((string?)shown!["presence"] == "New");
        Assert.Equal(("Online", 7), ((string)shown["presence"]!, (int)shown["status"]!["slidesWaiting"]!));
    }

    // The scanner was added at the first node; the second lets it in as soon as it has looked.
    private static async Task<ConfigurationAnswer> FirstAsync(SamClient scanner)
    {
        while (true)
        {
            try
            {
                return (await scanner.GetConfigurationAsync(null, TimeSpan.Zero, Cancel))!;
            }
            catch (HttpRequestException)
            {
            }
        }
    }

    private static async Task PatchAsync(HttpClient admin, string scope, object patch)
    {
        using var response = await admin.PatchAsJsonAsync($"api/configuration/{scope}?reason=test", patch, Cancel);
        response.EnsureSuccessStatusCode();
    }
}
