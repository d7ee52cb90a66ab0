using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Notifications;
using Slideport.Sam.Tests.Audit;

namespace Slideport.Sam.Tests.Nodes;

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

    [Fact]
    public async Task One_of_them_brings_metadata_to_the_DSR_and_when_it_stops_the_other_does()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        var other = await sam.StartAnotherNodeAsync();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var scanner = new SamClient(sam.Address, sam.Tls(certificate));
        using var elsewhere = new SamClient(other, sam.Tls(certificate));
        using var admin = sam.Admin();
        await PatchAsync(admin, "defaults", new { dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false } });
        await FirstAsync(elsewhere);

        for (var i = 0; i < 30; i++)
            await (i % 2 == 0 ? scanner : elsewhere).PutImageAsync(TestImage.Of($"I{i}"), Cancel);
        await UntilSentAsync(sam);
        Assert.Equal((30, 30), (dsr.Taken.Count, dsr.Knocks));

        await sam.Role.StopAsync(Cancel);
        await elsewhere.PutImageAsync(TestImage.Of("LAST"), Cancel);
        await UntilSentAsync(sam);

        Assert.Equal(("SS1/LAST", 31), (dsr.Taken.Last(), dsr.Knocks));
    }

    [Fact]
    public async Task When_the_one_that_did_it_is_gone_without_a_word_the_other_takes_over()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        var other = await sam.StartAnotherNodeAsync();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var scanner = new SamClient(other, sam.Tls(certificate));
        using var admin = sam.Admin();
        await PatchAsync(admin, "defaults", new { dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false } });
        await FirstAsync(scanner);

        // As if the first had been killed with it in its hands.
        await sam.Role.StopAsync(Cancel);
        await using (var database = sam.Databases.CreateDbContext())
            await database.Leases.ExecuteUpdateAsync(set => set.SetProperty(l => l.Holder, "whoever was killed").SetProperty(l => l.Renewals, l => l.Renewals + 1), Cancel);
        await scanner.PutImageAsync(TestImage.Of("I1"), Cancel);
        await UntilSentAsync(sam);

        Assert.Equal(["SS1/I1"], dsr.Taken);
    }

    [Fact]
    public async Task What_a_converter_tells_one_of_them_both_know_and_one_tells_who_is_in_charge()
    {
        await using var listener = await WebhookListener.StartAsync();
        var secret = Path.GetTempFileName();
        await File.WriteAllTextAsync(secret, "of the lab", Cancel);
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server), new NotificationOptions { WebhookUrl = listener.Url, WebhookSecretFile = secret });
        var other = await sam.StartAnotherNodeAsync();
        foreach (var (name, address) in new[] { ("conv1", sam.Address), ("conv2", other) })
        {
            using var converter = new SamRoleClient(address, sam.Tls(sam.Authority.Client("converter")));
            await converter.TellAsync(name, new ConverterHealth { ImageStore = "/slides", ImageStoreProblem = "it is not mounted", SpoolFreeBytes = 50, SpoolTotalBytes = 100 }, Cancel);
        }

        while (listener.Posts.Count < 2)
            await Task.Delay(20, Cancel);
        foreach (var address in new[] { sam.Address, other })
        {
            using var admin = sam.Http(sam.Authority.Client("admin"), address);
            while ((await admin.GetFromJsonAsync<JsonArray>("api/converters", Cancel))!.Count < 2)
                await Task.Delay(20, Cancel);
        }

        await UntilAsync(sam, database => database.Notifications.AnyAsync(Cancel));
        Assert.Equal(["conv1", "conv2"], listener.Posts.Select(post => (string)JsonNode.Parse(post.Body)!["subject"]!).Order());
        File.Delete(secret);
    }

    [Fact]
    public async Task The_audit_repository_gets_every_entry_once_whichever_of_them_sends_it()
    {
        RepositoryStandIn? repository = null;
        await using (var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server), audit: authority =>
        {
            repository = new RepositoryStandIn(TlsPolicy.ForServer(authority.Server("repository"), authority.Roots));
            return new AuditOptions { Syslog = $"localhost:{repository.Port}" };
        }))
        {
            await sam.StartAnotherNodeAsync();
            for (var i = 1; i <= 3; i++)
                await sam.EnrolScannerAsync($"SS{i}");
            await HasAllAsync();
            await sam.Role.StopAsync(Cancel); // with its last word in the trail
            using (var writer = new SamWriter(sam.Databases, TimeProvider.System))
                await writer.NoteAsync(Slideport.Sam.Audit.Actor.System, "test.entry", "thing", null, true, Cancel);
            await HasAllAsync();

            Assert.Equal(repository!.Once, repository.Sequences);

            async Task HasAllAsync()
            {
                await using var database = sam.Databases.CreateDbContext();
                await repository!.UntilAsync(r => r.Once.Count >= database.Audit.Count());
            }
        }

        await repository!.DisposeAsync();
    }

    private static Task UntilSentAsync(SamUnderTest sam) => UntilAsync(sam, database => database.Outbox.AnyAsync(Cancel));

    // Until there is nothing of that any more.
    private static async Task UntilAsync(SamUnderTest sam, Func<SamDatabase, Task<bool>> any)
    {
        await using var database = sam.Databases.CreateDbContext();
        while (await any(database))
            await Task.Delay(20, Cancel);
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
