using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Slideport.Tests;

/// <summary>A scanner that knows only SAM's address and a one-time code.</summary>
public sealed partial class FleetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-fleet-").FullName;
    private readonly List<Process> _started = [];

    [Fact]
    public async Task A_scanner_with_a_code_learns_everything_from_SAM_and_its_slide_arrives()
    {
        var (converter, sam) = await ServeAsync();
        await AdministerAsync(sam, "config", "set", "defaults", $"images.port={converter}", "--reason", "test");
        var code = await AddScannerAsync(sam);

        var first = await ScanAsync(sam, "--code", code, "--barcode", "S26-1");
        var again = await ScanAsync(sam, "--barcode", "S26-2"); // enrolled once and for all
        using var listed = JsonDocument.Parse(await AdministerAsync(sam, "scanner", "list", "--json"));

        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Assert.True(again.ExitCode == 0, again.Output + again.Error);
        var scanner = Assert.Single(listed.RootElement.EnumerateArray());
        Assert.Equal(("SS45001", "Online", true), (scanner.GetProperty("serialNumber").GetString(), scanner.GetProperty("presence").GetString(), scanner.GetProperty("runsConfiguration").GetBoolean()));
        while (Directory.GetFiles(Images, "S26-*.svs").Length < 2)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        JsonElement[] slides;
        do
        {
            using var status = JsonDocument.Parse(await AdministerAsync(sam, "status", "--json"));
            slides = [.. status.RootElement.GetProperty("slides").EnumerateArray().Select(s => s.Clone())];
        }
        while (slides.Length < 2 || !slides.All(s => s.GetProperty("stage").GetString() == "verified"));
        Assert.All(slides, s => Assert.Equal("SS45001", s.GetProperty("serialNumber").GetString()));
    }

    [Fact]
    public async Task A_slide_is_complete_as_soon_as_the_scanners_manifest_is_fulfilled()
    {
        var (converter, sam) = await ServeAsync("--Converter:QuietTime=12:00:00");
        await AdministerAsync(sam, "config", "set", "defaults", $"images.port={converter}", "--reason", "test");
        var code = await AddScannerAsync(sam);

        var scan = await ScanAsync(sam, "--code", code, "--barcode", "S26-3", "--no-commit");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        while (Directory.GetFiles(Images, "S26-3*.svs").Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_SAM_says_of_a_scanners_images_is_what_the_converter_makes_of_them()
    {
        var (converter, sam) = await ServeAsync();
        await AdministerAsync(sam, "config", "set", "defaults", $"images.port={converter}", "--reason", "test");
        var code = await AddScannerAsync(sam);
        await AdministerAsync(sam, "config", "set", "SS45001", "images.format=dicom", "images.imageFilenameFormat={Scanner}/{Barcode:2}", "images.barcodeDelimiter=-", "--reason", "test");
        while (!await ConverterKnowsAsync("{Scanner}/{Barcode:2}"))
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var scan = await ScanAsync(sam, "--code", code, "--barcode", "S26-4");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        while (!Directory.Exists(Path.Join(Images, "SS45001", "4")))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.All(Directory.GetFiles(Path.Join(Images, "SS45001", "4")), file => Assert.EndsWith(".dcm", file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retired_scanner_is_cut_off_while_it_sends_and_not_let_in_again()
    {
        var (converter, sam) = await ServeAsync();
        await AdministerAsync(sam, "config", "set", "defaults", $"images.port={converter}", "--reason", "test");
        var code = await AddScannerAsync(sam);
        Assert.Equal(0, (await ScanAsync(sam, "--code", code)).ExitCode);
        var identity = Path.Join(_folder, "scanner/scanners/SS45001");
        string[] asScanner = ["--cert", Path.Join(identity, "scanner.crt"), "--key", Path.Join(identity, "scanner.key"), "--ca", Path.Join(identity, "authority.crt")];
        Assert.Equal(0, (await SlideportProcess.RunAsync(["echo", $"localhost:{converter}", .. asScanner])).ExitCode);

        // Would take minutes at this rate.
        var sending = SlideportProcess.RunAsync(["scan", "--to", $"localhost:{converter}", "--size", "3000x2000", "--rate", "0.01", "--data", Path.Join(_folder, "scanner"), .. asScanner]);
        while (Directory.GetFiles(Path.Join(_folder, "data/spool/in")).Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await AdministerAsync(sam, "scanner", "retire", "SS45001", "--reason", "sold");

        Assert.NotEqual(0, (await sending).ExitCode);
        Assert.NotEqual(0, (await SlideportProcess.RunAsync(["echo", $"localhost:{converter}", .. asScanner])).ExitCode);
    }

    [Fact]
    public async Task A_scanner_with_a_new_certificate_is_the_scanner_it_was()
    {
        var (converter, sam) = await ServeAsync();
        await AdministerAsync(sam, "config", "set", "defaults", $"images.port={converter}", "--reason", "test");
        var code = await AddScannerAsync(sam);
        var first = await ScanAsync(sam, "--code", code);
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Directory.Delete(Path.Join(_folder, "scanner"), recursive: true); // key and certificate are lost
        var another = (await AdministerAsync(sam, "scanner", "invite", "SS45001")).Trim().Split('\n')[^1];

        var again = await ScanAsync(sam, "--code", another);

        Assert.True(again.ExitCode == 0, again.Output + again.Error);
        var scanner = Assert.Single(Directory.GetDirectories(Path.Join(_folder, "data/spool/ready")));
        Assert.Equal(2, Directory.GetDirectories(scanner).Length);
    }

    [Fact]
    public async Task A_scanner_without_a_code_is_told_how_to_get_one()
    {
        var (_, sam) = await ServeAsync();

        var (exitCode, _, error) = await ScanAsync(sam);

        Assert.Equal(2, exitCode);
        Assert.Contains("slideport scanner add", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string Images => Path.Join(_folder, "data/images");

    private async Task<bool> ConverterKnowsAsync(string text)
    {
        var fleet = Path.Join(_folder, "data/spool/fleet.json");
        return File.Exists(fleet) && (await File.ReadAllTextAsync(fleet, TestContext.Current.CancellationToken)).Contains(text, StringComparison.Ordinal);
    }

    private async Task<string> AddScannerAsync(int sam) => (await AdministerAsync(sam, "scanner", "add", "SS45001", "--name", "Scanner 1")).Trim().Split('\n')[^1];

    private async Task<(int Converter, int Sam)> ServeAsync(params string[] settings)
    {
        var server = SlideportProcess.Start(
        [
            "serve", "--data", Path.Join(_folder, "data"), "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100",
            "--Sam:Address=127.0.0.1", "--Sam:Port=0", .. settings]);
        _started.Add(server);
        var ports = new List<int>();
        while (ports.Count < 2 && await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                ports.Add(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        _ = server.StandardOutput.ReadToEndAsync(CancellationToken.None); // so that it never waits for a reader
        _ = server.StandardError.ReadToEndAsync(CancellationToken.None);
        return (ports[0], ports[1]);
    }

    private async Task<string> AdministerAsync(int sam, params string[] arguments)
    {
        var (exitCode, output, error) = await SlideportProcess.RunAsync([.. arguments, "--sam", $"localhost:{sam}", "--data", Path.Join(_folder, "data")]);
        Assert.True(exitCode == 0, output + error);
        return output;
    }

    private Task<(int ExitCode, string Output, string Error)> ScanAsync(int sam, params string[] arguments) => SlideportProcess.RunAsync(
        ["scan", "--sam", $"localhost:{sam}", "--serial", "SS45001", "--size", "2000x1500", "--data", Path.Join(_folder, "scanner"), .. arguments]);

    [GeneratedRegex(@"^(?:DICOM Converter|SAM DataServer) listens on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
