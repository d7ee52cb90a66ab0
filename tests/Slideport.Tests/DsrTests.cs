using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Slideport.Tests;

/// <summary>An installation nobody has configured: what a scanner scans is found in the catalogue and opened by who has logged in.</summary>
public sealed class DsrTests
{
    private const string Password = "correct horse battery staple";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scanned_slide_is_found_by_its_barcode_and_opened_tile_by_tile_by_a_user_of_SAM_and_that_is_in_the_audit_trail()
    {
        using var fleet = await Fleet.StartAsync();
        var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync(), "--barcode", "S26-12;A1");
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        await fleet.AdministerWithInputAsync(Password + "\n", "user", "add", "lea", "--role", "operator");
        using var browser = Browser(fleet, fleet.SamWeb);
        await SendAsync(browser, HttpMethod.Post, "api/session", new { name = "lea", password = Password });
        await SendAsync(browser, HttpMethod.Put, "api/session/password", new { currentPassword = Password, password = Password + " 2" });

        var slide = await FindAsync(fleet, "S26-12");
        Assert.Equal(("S26-12;A1", "S26-12", "SS45001", true), ((string)slide["barcode"]!, (string)slide["accession"]!, (string)slide["scannerSerialNumber"]!, (bool)slide["isDelivered"]!));

        using var http = Browser(fleet, fleet.DsrWeb);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync($"slides/{slide["id"]}/view", Cancel)).StatusCode);
        await SendAsync(http, HttpMethod.Post, "api/session", new { name = "lea", password = Password + " 2" });
        var view = JsonNode.Parse(await http.GetStringAsync($"slides/{slide["id"]}/view", Cancel))!;
        var tile = await http.GetByteArrayAsync($"slides/{slide["id"]}/tiles/0/0/0", Cancel);
        Assert.Equal([0xFF, 0xD8], tile[..2]);
        Assert.NotEmpty((JsonArray)view["levels"]!);
        var label = await http.GetByteArrayAsync($"slides/{slide["id"]}/pictures/label", Cancel);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], label[..4]); // made anew by a process that knows nothing: an SVS's label is LZW
        var original = await http.GetByteArrayAsync($"api/slides/{slide["id"]}/file", Cancel);
        Assert.Equal((string)slide["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(original)));

        string trail;
        do
            trail = await fleet.AdministerAsync("audit", "export", "--format", "json");
        while (!(trail.Contains("slide.open", StringComparison.Ordinal) && trail.Contains("download", StringComparison.Ordinal)));
        Assert.Contains((string)slide["seriesInstanceUid"]!, trail, StringComparison.Ordinal);
        Assert.Contains("user:lea", trail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_rescans_searches_and_says_what_is_missing()
    {
        using var fleet = await Fleet.StartAsync();
        var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync(), "--barcode", "S26-13");
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        var slide = await FindAsync(fleet, "S26-13");
        var path = Path.Join(fleet.Images, (string)slide["name"]!);
        Assert.Equal(0, (await fleet.DsrAsync("dsr", "status")).ExitCode);

        File.Copy(path, Path.Join(fleet.Images, "copy of it.svs"));
        File.Delete(path);
        var (exitCode, output, error) = await fleet.DsrAsync("dsr", "rescan", "--json");
        Assert.True(exitCode == 0, error);
        using var report = JsonDocument.Parse(output);
        Assert.Equal((1, 1), (report.RootElement[0].GetProperty("slides").GetInt32(), report.RootElement[0].GetProperty("missing").GetInt32()));
        Assert.Equal(1, (await fleet.DsrAsync("dsr", "status")).ExitCode);
        Assert.Contains("S26-13", (await fleet.DsrAsync("dsr", "search", "--state", "missing")).Output, StringComparison.Ordinal);
        Assert.Contains("copy of it.svs", (await fleet.DsrAsync("dsr", "search", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await fleet.DsrAsync("dsr", "search", "--barcode", "nobody's")).ExitCode);
        var check = await SlideportProcess.RunAsync("database", "check", "--of", "dsr", "--data", Path.Join(fleet.Folder, "data"));
        Assert.True(check.ExitCode == 0, check.Output + check.Error);
    }

    [Fact]
    public async Task The_command_line_shows_what_is_due_and_removes_it_when_it_is_told_twice()
    {
        using var fleet = await Fleet.StartAsync("--Dsr:Retention=30.00:00:00");
        var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync(), "--barcode", "S26-14");
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        var young = await FindAsync(fleet, "S26-14");
        // A copy that says to be of long ago.
        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Join(fleet.Images, (string)young["name"]!), Cancel));
        var old = Path.Join(fleet.Images, "old.svs");
        await File.WriteAllBytesAsync(old, Encoding.Latin1.GetBytes(Regex.Replace(text, "(Date = [0-9]{2}/[0-9]{2}/)[0-9]{4}", "${1}2016")), Cancel);
        File.SetLastWriteTimeUtc(old, new DateTime(2016, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(1, (await fleet.DsrAsync("dsr", "due")).ExitCode);
        Assert.Equal(0, (await fleet.DsrAsync("dsr", "rescan")).ExitCode);

        var due = await fleet.DsrAsync("dsr", "due", "--json");
        Assert.Equal("old.svs", (string?)Assert.Single((JsonArray)JsonNode.Parse(due.Output)!)!["name"]);
        var shown = await fleet.DsrAsync("dsr", "remove", "--due", "--reason", "Ten years are over.");
        Assert.True(shown.ExitCode == 1, shown.Output + shown.Error);
        Assert.Contains("old.svs", shown.Output, StringComparison.Ordinal);
        Assert.Contains("--yes", shown.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(old));
        var early = await fleet.DsrAsync("dsr", "remove", (string)young["id"]!, "--reason", "Not over.", "--yes");
        Assert.Equal(1, early.ExitCode);
        Assert.Contains("retention", early.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await fleet.DsrAsync("dsr", "remove", "--due", "--yes")).ExitCode); // and no reason
        var removed = await fleet.DsrAsync("dsr", "remove", "--due", "--reason", "Ten years are over.", "--yes");
        Assert.True(removed.ExitCode == 0, removed.Output + removed.Error);

        while ((await fleet.DsrAsync("dsr", "search", "--state", "removed")).ExitCode != 0)
            await Task.Delay(100, Cancel);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(Path.Join(fleet.Images, (string)young["name"]!)));
        string trail;
        do
            trail = await fleet.AdministerAsync("audit", "export", "--format", "json");
        while (!(trail.Contains("removed at", StringComparison.Ordinal) && trail.Contains("Ten years are over.", StringComparison.Ordinal)));
        Assert.Contains("bytes; Ten years are over.", trail, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> FindAsync(Fleet fleet, string barcode)
    {
        while (true)
        {
            var (_, output, _) = await fleet.DsrAsync("dsr", "search", "--barcode", barcode, "--state", "present", "--json");
            if (output.Length > 0 && JsonNode.Parse(output) is JsonArray { Count: > 0 } slides && slides[0]!["imageId"] is not null)
                return slides[0]!;
            await Task.Delay(100, Cancel);
        }
    }

    private static HttpClient Browser(Fleet fleet, int port)
    {
        var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(Path.Join(fleet.Folder, "data/identity/ca.crt"));
        var http = new HttpClient(handler) { BaseAddress = new Uri($"https://localhost:{port}") };
        http.DefaultRequestHeaders.Add("Origin", $"https://localhost:{port}");
        return http;
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using var response = await http.SendAsync(request, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }
}
