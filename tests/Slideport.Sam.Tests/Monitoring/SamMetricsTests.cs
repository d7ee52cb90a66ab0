using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Monitoring.Tests;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Tests.Monitoring;

/// <summary>What SAM counts, times and shows of its fleet.</summary>
public abstract class SamMetricsTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heartbeats_images_and_writes_are_counted()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var meter = Listen(sam);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");

        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, Cancel);
        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, Cancel);
        await scanner.PutImageAsync(TestImage.Of("I1"), Cancel);
        await scanner.PutImageAsync(TestImage.Of("I1"), Cancel);
        await Assert.ThrowsAsync<SamException>(() => scanner.PutImageAsync(TestImage.Of("I1") with { Barcode = "OTHER" }, Cancel));

        while (meter.Sum("slideport.sam.images{outcome=conflict}") == 0)
            await Task.Delay(10, Cancel); // counted when the scanner has its answer
        Assert.Equal(2, meter.Sum("slideport.sam.heartbeats"));
        Assert.Equal((1, 1, 1), (meter.Sum("slideport.sam.images{outcome=stored}"), meter.Sum("slideport.sam.images{outcome=known}"), meter.Sum("slideport.sam.images{outcome=conflict}")));
        Assert.True(meter.Sum("slideport.sam.database.write.duration{outcome=written}") >= 5); // invited, enrolled, three images
    }

    [Fact]
    public async Task A_write_that_fails_is_timed_as_one()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        var told = new List<bool>();
        writer.Wrote += (_, succeeded) => told.Add(succeeded);

        await Assert.ThrowsAsync<InvalidDataException>(() => writer.WriteAsync<bool>(_ => throw new InvalidDataException(), Cancel));

        Assert.Equal([false], told);
    }

    [Fact]
    public async Task What_waits_for_the_DSR_is_a_queue_and_what_it_refused_another()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var meter = Listen(sam);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        dsr.Answer = subject => subject == "SS1/BAD" ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status503ServiceUnavailable;
        await scanner.PutImageAsync(TestImage.Of("BAD"), Cancel);
        await scanner.PutImageAsync(TestImage.Of("GOOD"), Cancel);
        Assert.DoesNotContain("slideport.sam.queue.size{queue=dsr}", (await LookAsync(sam, meter)).Keys); // nothing waits for a DSR that there is not
        await PointAsync(sam, dsr);

        await UntilAsync(sam, meter, _ => meter.Sum("slideport.sam.dsr.messages{outcome=refused}") == 1 && meter.Sum("slideport.sam.dsr.messages{outcome=failed}") >= 1);
        var now = await UntilAsync(sam, meter, o => o["slideport.sam.queue.size{queue=dsr_dead}"] == 1);
        Assert.Equal(1, now["slideport.sam.queue.size{queue=dsr}"]);
        Assert.True(now["slideport.sam.queue.oldest.age{queue=dsr_dead}"] > 0);
        dsr.Answer = _ => StatusCodes.Status200OK;
        now = await UntilAsync(sam, meter, o => o["slideport.sam.queue.size{queue=dsr}"] == 0);

        Assert.Equal(0, now["slideport.sam.queue.oldest.age{queue=dsr}"]);
        Assert.Equal(1, meter.Sum("slideport.sam.dsr.messages{outcome=taken}"));
        Assert.DoesNotContain("slideport.sam.queue.size{queue=audit_repository}", now.Keys); // there is none in the settings
    }

    [Fact]
    public async Task Images_of_a_scanner_that_has_no_DSR_are_in_no_queue_of_another_ones()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var meter = Listen(sam);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var (other, _) = await sam.EnrolScannerAsync("SS2");
        using var admin = sam.Admin();
        using (var response = await admin.PatchAsJsonAsync("api/configuration/scanner:SS2?reason=test", new { dsr = new { hostname = "127.0.0.1", port = 1, tls = false } }, Cancel))
            response.EnsureSuccessStatusCode();

        await scanner.PutImageAsync(TestImage.Of("NOWHERE"), Cancel);
        var now = await LookAsync(sam, meter);
        Assert.Equal((0, 0), (now["slideport.sam.queue.size{queue=dsr}"], now["slideport.sam.queue.oldest.age{queue=dsr}"]));
        await other.PutImageAsync(TestImage.Of("THERE"), Cancel);
        now = await LookAsync(sam, meter);

        Assert.Equal(1, now["slideport.sam.queue.size{queue=dsr}"]);
        Assert.True(now["slideport.sam.queue.oldest.age{queue=dsr}"] > 0);
    }

    [Fact]
    public async Task Scanners_show_whether_they_are_there_when_they_were_heard_and_their_clocks()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time);
        using var meter = Listen(sam);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        var heard = time.GetUtcNow();
        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ClockOffsetSeconds = -0.25 }, Cancel);

        var now = await LookAsync(sam, meter);
        time.Advance(TimeSpan.FromMinutes(10));
        var later = await LookAsync(sam, meter);

        Assert.Equal((1, 0), (now["slideport.sam.scanner.up{scanner=SS1}"], now["slideport.sam.scanner.up{scanner=SS2}"]));
        Assert.Equal(heard.ToUnixTimeMilliseconds() / 1000.0, now["slideport.sam.scanner.last_heard.timestamp{scanner=SS1}"], tolerance: 0.01);
        Assert.Equal(-0.25, now["slideport.sam.scanner.clock.offset{scanner=SS1}"]);
        Assert.DoesNotContain("slideport.sam.scanner.last_heard.timestamp{scanner=SS2}", now.Keys);
        Assert.Equal(0, later["slideport.sam.scanner.up{scanner=SS1}"]);
    }

    [Fact]
    public async Task A_retired_scanner_is_shown_no_more_and_its_certificate_neither()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var meter = Listen(sam);
        await sam.EnrolScannerAsync("SS1");
        var before = await LookAsync(sam, meter);
        using var admin = sam.Admin();
        using var retired = await admin.PostAsJsonAsync("api/scanners/SS1/retire", new { reason = "sold" }, Cancel);

        var after = await LookAsync(sam, meter);

        Assert.InRange(before["slideport.sam.certificate.remaining{holder=scanner:SS1}"], 729 * 86_400, 731 * 86_400);
        Assert.InRange(before["slideport.sam.certificate.remaining{holder=authority}"], 3648 * 86_400, 3651 * 86_400);
        Assert.DoesNotContain(after.Keys, key => key.Contains("SS1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Converters_show_whether_they_report_and_when_their_image_store_is_full()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time);
        using var meter = Listen(sam);
        using var converter = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        await converter.TellAsync("conv1", [new SlideReport { Slide = "a", Step = 3, Stage = SlideStage.Verified, Since = time.GetUtcNow(), Reason = "", SeriesInstanceUid = "1.2.3", ReceivedAt = time.GetUtcNow(), Bytes = 200 }], Cancel);
        await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/slides", ImageStoreFreeBytes = 2000, ImageStoreTotalBytes = 9000, SpoolFreeBytes = 1, SpoolTotalBytes = 2 }, Cancel);

        var now = await LookAsync(sam, meter);
        time.Advance(TimeSpan.FromMinutes(2));
        var later = await LookAsync(sam, meter);

        Assert.Equal((1, 10 * 86_400.0), (now["slideport.sam.converter.up{converter=conv1}"], now["slideport.sam.image_store.time_to_full{converter=conv1,location=/slides}"]));
        Assert.Equal(0, later["slideport.sam.converter.up{converter=conv1}"]);
    }

    [Fact]
    public async Task Each_converters_store_fills_at_its_own_pace_and_one_that_two_fill_at_that_of_both()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time);
        using var meter = Listen(sam);
        using var admin = sam.Admin();
        using var converter = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        foreach (var (name, store, bytes) in new[] { ("busy", "/own", 1000), ("left", "/share", 30), ("right", "/share", 70), ("new", "/empty", 0) })
        {
            if (bytes > 0)
                await converter.TellAsync(name, [new SlideReport { Slide = "a", Step = 3, Stage = SlideStage.Verified, Since = time.GetUtcNow(), Reason = "", SeriesInstanceUid = "1.2.3", ReceivedAt = time.GetUtcNow(), Bytes = bytes }], Cancel);
            await converter.TellAsync(name, new ConverterHealth { ImageStore = store, ImageStoreFreeBytes = 2000, ImageStoreTotalBytes = 9000, SpoolFreeBytes = 1, SpoolTotalBytes = 2 }, Cancel);
        }

        // It also delivers to the share that the others fill.
        await converter.TellAsync("busy", [new SlideReport { Slide = "b", Step = 3, Stage = SlideStage.Verified, Since = time.GetUtcNow(), Reason = "", SeriesInstanceUid = "1.2.4", ReceivedAt = time.GetUtcNow(), Location = "/share", Path = "b.svs", Bytes = 100 }], Cancel);
        await converter.TellAsync("busy", new ConverterHealth
        {
            ImageStore = "/own",
            ImageStoreFreeBytes = 2000,
            ImageStoreTotalBytes = 9000,
            SpoolFreeBytes = 1,
            SpoolTotalBytes = 2,
            FileLocations = [new FileLocationHealth { Location = "/share", FreeBytes = 2000, TotalBytes = 9000 }],
        }, Cancel);

        var now = await LookAsync(sam, meter);
        var shown = (await admin.GetFromJsonAsync<JsonArray>("api/converters", Cancel))!;

        Assert.Equal(
            ["busy /own 2", "busy /share 10", "left /share 10", "new /empty ", "right /share 10"],
            shown.SelectMany(c => c!["places"]!.AsArray().Select(p => $"{c["converter"]} {p!["location"]} {p["daysToFull"]}")));
        Assert.Equal(
            (2 * 86_400.0, 10 * 86_400.0, 10 * 86_400.0),
            (now["slideport.sam.image_store.time_to_full{converter=busy,location=/own}"], now["slideport.sam.image_store.time_to_full{converter=busy,location=/share}"], now["slideport.sam.image_store.time_to_full{converter=left,location=/share}"]));
        Assert.DoesNotContain("slideport.sam.image_store.time_to_full{converter=new,location=/empty}", now.Keys);
    }

    [Fact]
    public async Task SAM_shows_the_room_on_its_own_disks_and_whether_its_own_work_is_done()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time);
        using var meter = Listen(sam);
        sam.DiskFreeBytes = 120;
        var disk = sam.Databases.Options.Provider == DatabaseProvider.Sqlite ? "database" : "identity";

        var now = await LookAsync(sam, meter);
        Directory.CreateDirectory(Path.Join(sam.Authority.Folder, "audit-heads")); // where its file should be
        var later = await UntilAsync(sam, meter, o =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return o["slideport.sam.housekeeping.up{work=audit.heads}"] == 0;
        });

        Assert.Equal((120, 1000), (now[$"slideport.sam.filesystem.free{{filesystem={disk}}}"], now[$"slideport.sam.filesystem.size{{filesystem={disk}}}"]));
        Assert.Equal((1, 1), (now["slideport.sam.housekeeping.up{work=audit.heads}"], later["slideport.sam.housekeeping.up{work=reload}"]));
        Directory.Delete(Path.Join(sam.Authority.Folder, "audit-heads"));
    }

    [Fact]
    public async Task Notifications_that_are_not_taken_are_a_queue_and_each_attempt_is_counted()
    {
        var secret = Path.GetTempFileName();
        await File.WriteAllTextAsync(secret, "secret", Cancel);
        await using var sam = await SamUnderTest.StartAsync(testDatabase, new NotificationOptions { WebhookUrl = "http://127.0.0.1:1/", WebhookSecretFile = secret });
        using var meter = Listen(sam);
        using var converter = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/slides", ImageStoreProblem = "it is not mounted", SpoolFreeBytes = 50, SpoolTotalBytes = 100 }, Cancel);

        var now = await UntilAsync(sam, meter, o => o["slideport.sam.queue.size{queue=notifications}"] == 1 && meter.Sum("slideport.sam.notifications{channel=webhook,outcome=failed}") >= 1);

        Assert.True(now["slideport.sam.queue.oldest.age{queue=notifications}"] > 0);
        File.Delete(secret);
    }

    [Fact]
    public async Task What_an_audit_repository_has_not_taken_is_a_queue()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, audit: _ => new AuditOptions { Syslog = "127.0.0.1:1" });
        using var meter = Listen(sam);
        await sam.EnrolScannerAsync("SS1");
        await using var database = sam.Databases.CreateDbContext();

        var now = await LookAsync(sam, meter);

        Assert.Equal(await database.Audit.CountAsync(Cancel), now["slideport.sam.queue.size{queue=audit_repository}"]);
        Assert.True(now["slideport.sam.queue.oldest.age{queue=audit_repository}"] > 0);
    }

    [Fact]
    public async Task Requests_are_counted_by_endpoint_and_status()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var scope = sam.Role.ServerServices!.GetRequiredService<IMeterFactory>();
        using var meter = new MeterReader(m => m.Name == "Microsoft.AspNetCore.Hosting" && ReferenceEquals(m.Scope, scope));
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        using var admin = sam.Admin();
        using var scanner = sam.Http(certificate);

        using var missing = await admin.PostAsync("api/certificates/00/revoke", JsonContent.Create(new { reason = "test" }), Cancel);
        using var forbidden = await scanner.GetAsync("api/scanners", Cancel);
        while (Requests(meter, "/api/scanners", 403).Length == 0)
            await Task.Delay(10, Cancel); // counted when the answer has gone

        Assert.Single(Requests(meter, "/api/certificates/{thumbprint}/revoke", 404));
    }

    [Fact]
    public async Task A_database_that_cannot_be_asked_makes_SAM_not_ready()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        Assert.All(sam.Role.Checks, check => Assert.Null(check.ProblemAsync(Cancel).Result));
        await using var database = sam.Databases.CreateDbContext();
        await database.Database.ExecuteSqlRawAsync("DROP TABLE \"Notifications\"", Cancel);

        var problem = await sam.Role.Checks.Single(c => c.Name == "database").ProblemAsync(Cancel);

        Assert.StartsWith("The database cannot be asked: ", problem, StringComparison.Ordinal);
        await sam.Role.StopAsync(Cancel);
        Assert.NotNull(await sam.Role.Checks.Single(c => c.Name == "port").ProblemAsync(Cancel));
    }

    private static string[] Requests(MeterReader meter, string route, int status) =>
        [.. meter.Series.Where(s => s.Split('{', 2) is ["http.server.request.duration", var labels] && labels[..^1].Split(',') is var each && each.Contains($"http.route={route}") && each.Contains($"http.response.status_code={status}"))];

    private static MeterReader Listen(SamUnderTest sam) => new(meter => ReferenceEquals(meter, sam.Role.Metrics!.Meter));

    // What is shown is what was seen when SAM last looked.
    private static async Task<IReadOnlyDictionary<string, double>> LookAsync(SamUnderTest sam, MeterReader meter)
    {
        foreach (var check in sam.Role.Checks)
            Assert.Null(await check.ProblemAsync(Cancel));
        return meter.Observe();
    }

    private static async Task<IReadOnlyDictionary<string, double>> UntilAsync(SamUnderTest sam, MeterReader meter, Predicate<IReadOnlyDictionary<string, double>> holds)
    {
        while (true)
        {
            var now = await LookAsync(sam, meter);
            if (holds(now))
                return now;
            await Task.Delay(20, Cancel);
        }
    }

    private static async Task PointAsync(SamUnderTest sam, DsrStandIn dsr)
    {
        using var admin = sam.Admin();
        using var response = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", new { dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false } }, Cancel);
        response.EnsureSuccessStatusCode();
    }
}

public sealed class SamMetricsTestsOnSqlite() : SamMetricsTests(new OnSqlite());

public sealed class SamMetricsTestsOnPostgreSql(PostgreSqlServer server) : SamMetricsTests(new OnPostgreSql(server));

public sealed class SamMetricsTestsOnSqlServer(SqlServerInstance server) : SamMetricsTests(new OnSqlServer(server));
