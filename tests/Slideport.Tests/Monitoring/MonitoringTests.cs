using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;

namespace Slideport.Tests.Monitoring;

/// <summary>The real program, looked at as a lab's monitoring looks at it.</summary>
public sealed class MonitoringTests
{
    // Stands in the label, the metadata and the file name of the slide; and nowhere that monitoring can see.
    private const string Barcode = "S26-KRANKHEIT";

    private static readonly string[] On = ["--Monitoring:Enabled=true", "--Monitoring:Port=0"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_slide_has_travelled_Prometheus_reads_what_happened()
    {
        Promtool.Require();
        using var fleet = await Fleet.StartAsync(On);
        using var http = new HttpClient { BaseAddress = fleet.Monitoring };
        var code = await fleet.AddScannerAsync();
        var scan = await fleet.ScanAsync("--code", code, "--barcode", Barcode);
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);

        var scrape = await UntilAsync(http, s => s.Find("slideport_converter_slides{stage=\"verified\"}") == 1 && s.Find("slideport_converter_queue_size{queue=\"slide_reports\"}") == 0);

        var receipts = Receipts(fleet);
        Assert.Equal(receipts.Length, scrape["slideport_converter_instances_total{outcome=\"stored\"}"]);
        Assert.Equal(receipts.Sum(r => (long)r["dataSetBytes"]!), scrape["slideport_converter_received_bytes_total"]);
        Assert.Equal(1, scrape["slideport_converter_associations_total{outcome=\"accepted\"}"]);
        Assert.Equal(1, scrape["slideport_converter_conversion_duration_seconds_count{outcome=\"converted\"}"]);
        Assert.Equal(1, scrape["slideport_converter_delivery_duration_seconds_count{outcome=\"delivered\"}"]);
        Assert.Equal(0, scrape["slideport_converter_slides{stage=\"failed\"}"]);
        Assert.Equal(1, scrape["slideport_sam_scanner_up{scanner=\"SS45001\"}"]);
        Assert.Equal(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), scrape["slideport_sam_scanner_last_heard_timestamp_seconds{scanner=\"SS45001\"}"], tolerance: 600);
        Assert.True(scrape["slideport_sam_heartbeats_total"] >= 2);
        Assert.Equal(1, scrape["slideport_sam_images_total{outcome=\"stored\"}"]);
        Assert.Equal(0, scrape["slideport_sam_queue_size{queue=\"notifications\"}"]);
        Assert.InRange(scrape["slideport_sam_certificate_remaining_seconds{holder=\"scanner:SS45001\"}"], 729 * 86_400, 731 * 86_400);
        Assert.Equal(1, scrape.Sum("http_server_request_duration_seconds_count", "http_route=\"/scanner/images/{imageId}\"", "http_response_status_code=\"201\""));
        Assert.InRange(scrape["slideport_converter_filesystem_free_bytes{filesystem=\"image_store\"}"], 1, scrape["slideport_converter_filesystem_size_bytes{filesystem=\"image_store\"}"]);
        Assert.Equal(1, scrape.Sum("slideport_ready", "role=\"converter\"", "check=\"image store\""));
        Assert.DoesNotContain("url_scheme=\"http\",", scrape.Text, StringComparison.Ordinal); // its own pages are not counted
        AssertSaysNothing(Encoding.UTF8.GetBytes(scrape.Text));
        await Promtool.JudgeAsync(scrape.Text, "check", "metrics");
    }

    [Fact]
    public async Task The_alert_rules_are_good_and_fire()
    {
        Promtool.Require();
        var rules = Path.Join(Root(), "deploy/prometheus");

        await Promtool.JudgeAsync("", "check", "rules", Path.Join(rules, "slideport.rules.yml"));
        await Promtool.JudgeAsync("", "test", "rules", Path.Join(rules, "slideport.rules.test.yml"));
    }

    [Fact]
    public async Task When_the_image_store_goes_away_it_is_not_ready_and_says_why_until_it_is_back()
    {
        using var fleet = await Fleet.StartAsync(On);
        using var http = new HttpClient { BaseAddress = fleet.Monitoring };
        var code = await fleet.AddScannerAsync();
        Assert.Equal(0, (await fleet.ScanAsync("--code", code, "--barcode", Barcode)).ExitCode);
        await UntilAsync(http, s => s.Find("slideport_converter_slides{stage=\"verified\"}") == 1);
        await UntilAsync(http, HttpStatusCode.OK);

        Directory.Move(fleet.Images, fleet.Images + "-away");
        var body = await UntilAsync(http, HttpStatusCode.ServiceUnavailable);
        using var live = await http.GetAsync("health/live", Cancel);
        Directory.Move(fleet.Images + "-away", fleet.Images);

        Assert.False((bool)body["ready"]!);
        // Who delivers there and who shows what lies there, whichever looked first.
        var missing = body["checks"]!.AsArray().Where(check => check!["problem"] is not null).ToList();
        Assert.NotEmpty(missing);
        Assert.All(missing, check => Assert.Equal("image store", (string?)check!["check"]));
        Assert.All(missing, check => Assert.Contains("is not there", (string?)check!["problem"], StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        await UntilAsync(http, HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_spans_of_a_slide_from_scanner_converter_and_SAM_are_one_trace()
    {
        await using var collector = await OtlpStandIn.StartAsync();
        using var fleet = await Fleet.StartAsync([.. On, $"--Monitoring:OtlpEndpoint={collector.Address}"]);
        await fleet.AdministerAsync("config", "set", "defaults", "dsr.hostname=127.0.0.1", $"dsr.port={collector.Address.Port}", "dsr.tls=false", "--reason", "test");
        Directory.CreateDirectory(Path.Join(fleet.Folder, "scanner"));
        await File.WriteAllTextAsync(Path.Join(fleet.Folder, "scanner/slideport.json"), $"{{\"Monitoring\":{{\"OtlpEndpoint\":\"{collector.Address}\"}}}}", Cancel);
        var code = await fleet.AddScannerAsync();
        var scan = await fleet.ScanAsync("--code", code, "--barcode", Barcode);
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        var (series, instances) = ((string)Receipts(fleet)[0]["seriesInstanceUid"]!, Receipts(fleet).Length);
        while (!collector.Spans.Any(s => s.Name == "verify slide") || collector.TraceParents.IsEmpty)
            await Task.Delay(50, Cancel);

        await fleet.StopAsync(); // and says what it still has to say

        var trace = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(series))[..16]);
        Assert.All(collector.Spans, span => Assert.Equal(trace, span.TraceId));
        Assert.Equal(
            [
                "Slideport.Converter/complete slide", "Slideport.Converter/convert slide", "Slideport.Converter/deliver slide", "Slideport.Converter/receive instance", "Slideport.Converter/verify slide",
                "Slideport.Sam/forward image metadata", "Slideport.Sam/take image metadata", "Slideport.Scanner/scan slide", "Slideport.Scanner/send slide", "Slideport.Scanner/tell of image",
            ],
            collector.Spans.Select(s => $"{s.Scope}/{s.Name}").Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(instances, collector.Spans.Count(s => s.Name == "receive instance"));
        Assert.Equal(Span(collector, "tell of image").SpanId, Span(collector, "take image metadata").ParentSpanId);
        Assert.Equal([$"00-{trace}-{Span(collector, "forward image metadata").SpanId}-01"], collector.TraceParents);
        Assert.All(collector.Bodies, AssertSaysNothing);
    }

    [Fact]
    public async Task Over_TLS_only_a_monitor_somebody_invited_is_let_in_until_its_certificate_is_revoked()
    {
        using var fleet = await Fleet.StartAsync([.. On, "--Monitoring:Tls=true"]);
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(fleet.Folder, "data/identity"));
        using var admin = Http(new Uri($"https://localhost:{fleet.Sam}"), authority, authority.Client("admin"));
        using var monitor = await EnrolAsync(fleet, authority, admin);
        using var http = Http(fleet.Monitoring!, authority, monitor);

        Assert.Contains("slideport_ready", await http.GetStringAsync("metrics", Cancel), StringComparison.Ordinal);
        foreach (var path in (string[])["metrics", "health/live", "health/ready"])
        {
            using var asAdmin = Http(fleet.Monitoring!, authority, authority.Client("admin"));
            using var refused = await asAdmin.GetAsync(path, Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            using var asNobody = Http(fleet.Monitoring!, authority, null);
            await Assert.ThrowsAsync<HttpRequestException>(() => asNobody.GetAsync(path, Cancel));
        }

        using var role = Http(new Uri($"https://localhost:{fleet.Sam}"), authority, monitor);
        using var fleetOfSam = await role.GetAsync("role/fleet", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, fleetOfSam.StatusCode); // it may look, and nothing else
        using var revoked = await admin.PostAsJsonAsync($"api/certificates/{monitor.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}/revoke", new { reason = "lost" }, Cancel);
        revoked.EnsureSuccessStatusCode();
        using var late = await http.GetAsync("metrics", Cancel); // on the connection it had
        Assert.Equal(HttpStatusCode.Forbidden, late.StatusCode);
        using var again = Http(fleet.Monitoring!, authority, monitor);
        await Assert.ThrowsAsync<HttpRequestException>(() => again.GetAsync("metrics", Cancel));
    }

    [Fact]
    public async Task Nothing_else_is_served_and_nobody_reads_it_under_another_name()
    {
        using var fleet = await Fleet.StartAsync(On);
        using var http = new HttpClient { BaseAddress = fleet.Monitoring };

        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(http, HttpMethod.Get, ""));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(http, HttpMethod.Get, "metrics/other"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await AskAsync(http, HttpMethod.Post, "metrics"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(http, HttpMethod.Get, "metrics", "evil.example"));
        using var answer = await http.GetAsync("health/live", Cancel);
        Assert.Empty(answer.Headers.Server);
    }

    [Fact]
    public async Task A_taken_port_is_told_with_the_way_out()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var data = Directory.CreateTempSubdirectory("slideport-taken-").FullName;

        var (exitCode, _, error) = await SlideportProcess.RunAsync(
            "serve", "--roles", "converter", "--data", data, "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Monitoring:Enabled=true", $"--Monitoring:Port={((IPEndPoint)taken.LocalEndpoint).Port}");

        Assert.Equal(3, exitCode);
        Assert.Contains("--Monitoring:Port", error, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(folder.FullName, "Slideport.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    private static CollectedSpan Span(OtlpStandIn collector, string name) => collector.Spans.Single(s => s.Name == name);

    private static JsonNode[] Receipts(Fleet fleet) =>
    [
        .. Directory.GetFiles(Path.Join(fleet.Folder, "data/spool/ready"), "*.json", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "slide.json")
            .Select(f => JsonNode.Parse(File.ReadAllText(f))!),
    ];

    private static void AssertSaysNothing(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        foreach (var secret in (string[])[Barcode, "KRANKHEIT", ".svs", ".dcm"])
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<Scrape> UntilAsync(HttpClient http, Predicate<Scrape> holds)
    {
        while (true)
        {
            var scrape = new Scrape(await http.GetStringAsync("metrics", Cancel));
            if (holds(scrape))
                return scrape;
            await Task.Delay(100, Cancel);
        }
    }

    private static async Task<JsonNode> UntilAsync(HttpClient http, HttpStatusCode status)
    {
        while (true)
        {
            using var answer = await http.GetAsync("health/ready", Cancel);
            if (answer.StatusCode == status)
                return (await answer.Content.ReadFromJsonAsync<JsonNode>(Cancel))!;
            await Task.Delay(100, Cancel);
        }
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, HttpMethod method, string path, string? host = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = host;
        using var answer = await http.SendAsync(request, Cancel);
        return answer.StatusCode;
    }

    private static HttpClient Http(Uri address, CertificateAuthority authority, X509Certificate2? certificate) =>
        new(new SocketsHttpHandler { SslOptions = TlsPolicy.ForClient(address.Host, authority.Roots, certificate), UseProxy = false }) { BaseAddress = address };

    private static async Task<X509Certificate2> EnrolAsync(Fleet fleet, CertificateAuthority authority, HttpClient admin)
    {
        using var invited = await admin.PostAsync("api/roles/monitor/enrolment", null, Cancel);
        var code = (string)(await invited.Content.ReadFromJsonAsync<JsonNode>(Cancel))!["code"]!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await SamClient.EnrolAsync(
            new Uri($"https://localhost:{fleet.Sam}"), EnrolmentCode.TryParse(code)!, key, _ => TlsPolicy.ForClient("localhost", authority.Roots, null), Cancel);
        Assert.Equal("role:monitor", answer.Name);
        using var bare = X509Certificate2.CreateFromPem(answer.Certificate);
        return bare.CopyWithPrivateKey(key);
    }
}
