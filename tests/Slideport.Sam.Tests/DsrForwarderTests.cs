using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Slideport.Sam.Tests;

public abstract class DsrForwarderTests(TestDatabase testDatabase)
{
    [Fact]
    public async Task Each_image_reaches_the_DSR_once()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await StartAsync(dsr);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");

        for (var i = 0; i < 20; i++)
            await scanner.PutImageAsync(TestImage.Of($"I{i}"), TestContext.Current.CancellationToken);
        await dsr.UntilTakenAsync(20);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"SS1/I{i}").Order(StringComparer.Ordinal), dsr.Taken.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_taken_without_our_hearing_of_it_is_sent_again_and_counted_once()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await StartAsync(dsr);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var answers = new Queue<int?>([null, StatusCodes.Status503ServiceUnavailable, StatusCodes.Status200OK]);
        dsr.Answer = _ => answers.Dequeue();

        await scanner.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);
        await EmptyAsync(sam);

        Assert.Equal(["SS1/I1"], dsr.Taken);
        Assert.Equal(3, dsr.Knocks);
    }

    [Fact]
    public async Task What_the_DSR_will_never_take_stops_nobody_else_and_is_kept()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await StartAsync(dsr);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        dsr.Answer = subject => subject == "SS1/BAD" ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK;

        await scanner.PutImageAsync(TestImage.Of("BAD"), TestContext.Current.CancellationToken);
        await scanner.PutImageAsync(TestImage.Of("GOOD"), TestContext.Current.CancellationToken);
        await dsr.UntilTakenAsync(1);
        await EmptyAsync(sam);

        await using var database = sam.Databases.CreateDbContext();
        var dead = await database.Outbox.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("SS1/BAD", 1), (dead.Subject, dead.Attempts));
        Assert.Equal(["SS1/GOOD"], dsr.Taken);

        // Somebody has mended the DSR, and sends it again.
        dsr.Answer = _ => StatusCodes.Status200OK;
        using var admin = sam.Admin();
        var shown = Assert.Single((await admin.GetFromJsonAsync<System.Text.Json.Nodes.JsonArray>("api/outbox?dead=true", TestContext.Current.CancellationToken))!)!;
        using var retried = await admin.PostAsync($"api/outbox/{shown["id"]}/retry", null, TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, retried.StatusCode);
        await dsr.UntilTakenAsync(2);
    }

    [Fact]
    public async Task What_waits_survives_a_restart()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await scanner.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);

        await sam.RestartAsync();
        await PointAsync(sam, dsr);
        await dsr.UntilTakenAsync(1);

        Assert.Equal(["SS1/I1"], dsr.Taken);
    }

    [Fact]
    public async Task Each_scanners_images_go_to_the_DSR_that_its_page_names_and_wait_where_it_names_none()
    {
        await using var usual = await DsrStandIn.StartAsync();
        await using var own = await DsrStandIn.StartAsync();
        await using var sam = await StartAsync(usual);
        foreach (var (serial, host) in (IReadOnlyList<(string, string?)>)[("SS3", ""), ("SS2", "127.0.0.1"), ("SS1", null)])
        {
            var (scanner, _) = await sam.EnrolScannerAsync(serial);
            if (host is not null)
                await PointAsync(sam, $"scanner:{serial}", host, own.Port);
            for (var i = 0; i < 3; i++)
                await scanner.PutImageAsync(TestImage.Of($"{serial}-{i}") with { SeriesInstanceUid = $"1.2.{serial[2]}.{i}" }, TestContext.Current.CancellationToken);
        }

        await usual.UntilTakenAsync(3);
        await own.UntilTakenAsync(3);
        Assert.All(usual.Taken, subject => Assert.StartsWith("SS1/", subject, StringComparison.Ordinal));
        Assert.All(own.Taken, subject => Assert.StartsWith("SS2/", subject, StringComparison.Ordinal));

        await PointAsync(sam, "scanner:SS3", "127.0.0.1", own.Port);
        await own.UntilTakenAsync(6);
        await EmptyAsync(sam);
        Assert.Equal(3, usual.Taken.Count);
    }

    [Fact]
    public async Task A_DSR_that_hangs_on_everything_holds_up_no_other()
    {
        await using var hung = await DsrStandIn.StartAsync();
        await using var own = await DsrStandIn.StartAsync();
        var end = new TaskCompletionSource();
        hung.Hold = _ => end.Task;
        await using var sam = await StartAsync(hung);
        var (first, _) = await sam.EnrolScannerAsync("SS1");
        var (second, _) = await sam.EnrolScannerAsync("SS2");
        await PointAsync(sam, "scanner:SS2", "127.0.0.1", own.Port);
        for (var i = 0; i < 20; i++)
            await first.PutImageAsync(TestImage.Of($"A{i}") with { SeriesInstanceUid = $"1.2.1.{i}" }, TestContext.Current.CancellationToken);
        while (hung.Knocks == 0)
            await Task.Delay(10, TestContext.Current.CancellationToken);

        for (var i = 0; i < 20; i++)
            await second.PutImageAsync(TestImage.Of($"B{i}") with { SeriesInstanceUid = $"1.2.2.{i}" }, TestContext.Current.CancellationToken);
        await own.UntilTakenAsync(20);

        Assert.Empty(hung.Taken);
        end.SetResult();
        await hung.UntilTakenAsync(20);
        await EmptyAsync(sam);
    }

    private async Task<SamUnderTest> StartAsync(DsrStandIn dsr)
    {
        var sam = await SamUnderTest.StartAsync(testDatabase);
        await PointAsync(sam, dsr);
        return sam;
    }

    private static Task PointAsync(SamUnderTest sam, DsrStandIn dsr) => PointAsync(sam, "defaults", "127.0.0.1", dsr.Port);

    private static async Task PointAsync(SamUnderTest sam, string scope, string hostname, int port)
    {
        using var admin = sam.Admin();
        using var response = await admin.PatchAsJsonAsync($"api/configuration/{scope}?reason=test", new { dsr = new { hostname, port, tls = false } }, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    // Until nothing is left but what was given up.
    private static async Task EmptyAsync(SamUnderTest sam)
    {
        while (true)
        {
            await using var database = sam.Databases.CreateDbContext();
            if (!await database.Outbox.AnyAsync(m => m.DeadAt == null, TestContext.Current.CancellationToken))
                return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}

public sealed class DsrForwarderTestsOnSqlite() : DsrForwarderTests(new OnSqlite());

public sealed class DsrForwarderTestsOnPostgreSql(PostgreSqlServer server) : DsrForwarderTests(new OnPostgreSql(server));

public sealed class DsrForwarderTestsOnSqlServer(SqlServerInstance server) : DsrForwarderTests(new OnSqlServer(server));
