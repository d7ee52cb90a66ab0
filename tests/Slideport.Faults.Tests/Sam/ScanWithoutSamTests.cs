using System.Globalization;
using System.Text.RegularExpressions;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>SAM is killed while a scanner sends: the slide goes its way, and what SAM is to know of it waits for SAM, also when the scanner is killed, too.</summary>
public sealed partial class ScanWithoutSamTests : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-scanaway-").FullName;
    private readonly List<ChildProcess> _started = [];

    private string Data => Path.Join(_root, "data");

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
            await process.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Its_slide_is_delivered_meanwhile_and_SAM_and_the_DSR_know_of_it_once_when_SAM_is_back()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        var (port, converter, scan) = await LoseSamAsync(dsr);
        await Laboratory.UntilAsync(() => Task.FromResult(IsVerified() || scan.HasExited));
        Assert.False(scan.HasExited, string.Join('\n', scan.Lines)); // it has something to tell
        Assert.Empty(dsr.Taken);

        await using (var sam = await SamProcess.StartAsync(Data, [$"--Sam:Port={port}"]))
        {
            Assert.True(await scan.WaitAsync() == 0, string.Join('\n', scan.Lines));
            await dsr.UntilTakenAsync(1);
            await Laboratory.UntilAsync(async () => await AskAsync("SELECT Stage FROM Slides") is ["Verified"]);
            Assert.Equal(["S26-1"], await AskAsync("SELECT Barcode FROM Images"));
            Assert.Equal(0, await converter.EndAsync("TERM"));
            Assert.Equal(0, await sam.StopAsync());
        }

        Assert.Single(dsr.Taken);
        Assert.Equal(["0"], await AskAsync("SELECT COUNT(*) FROM Outbox"));
        await SamDatabaseFile.AssertWholeAsync(Data);
    }

    [Fact]
    public async Task A_scanner_that_is_killed_meanwhile_tells_of_its_slide_when_it_is_started_again()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        var (port, converter, scan) = await LoseSamAsync(dsr);
        // It is written down once the converter has committed it, before SAM is told.
        await Laboratory.UntilAsync(() => Task.FromResult(Untold().Length > 0 || scan.HasExited));
        Assert.False(scan.HasExited, string.Join('\n', scan.Lines));
        await scan.EndAsync("KILL");
        var early = Scan(port, "S26-2");
        Assert.NotEqual(0, await early.WaitAsync());
        Assert.Contains(early.Lines, l => l.Contains("SAM has yet to be told of 1 image", StringComparison.Ordinal));
        Assert.Empty(await AskAsync("SELECT Barcode FROM Images"));

        await using (var sam = await SamProcess.StartAsync(Data, [$"--Sam:Port={port}"]))
        {
            var next = Scan(port, "S26-3");
            Assert.True(await next.WaitAsync() == 0, string.Join('\n', next.Lines));
            Assert.Empty(Untold());
            Assert.Equal(["S26-1", "S26-3"], await AskAsync("SELECT Barcode FROM Images ORDER BY Barcode"));
            await dsr.UntilTakenAsync(2);
            await Laboratory.UntilAsync(async () => await AskAsync("SELECT Stage FROM Slides") is ["Verified", "Verified"]);
            Assert.Equal(0, await converter.EndAsync("TERM"));
            Assert.Equal(0, await sam.StopAsync());
        }

        Assert.Equal(2, dsr.Taken.Distinct().Count());
        Assert.Equal(2, dsr.Taken.Count);
        Assert.Equal(["0"], await AskAsync("SELECT COUNT(*) FROM Outbox"));
        await SamDatabaseFile.AssertWholeAsync(Data);
    }

    // A converter, and a scanner that sends to it when SAM is killed.
    private async Task<(string Port, ChildProcess Converter, ChildProcess Scan)> LoseSamAsync(DsrStandIn dsr)
    {
        await using var sam = await SamProcess.StartAsync(Data);
        var port = sam.Address!.Port.ToString(CultureInfo.InvariantCulture);
        var converter = Slideport(["serve", "--roles", "converter", "--data", Data, $"--Converter:Sam=localhost:{port}", "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100", "--Monitoring:Enabled=false"], "DICOM Converter listens on ");
        var images = int.Parse(Port().Match((await converter.FindAsync())!).Groups[1].Value, CultureInfo.InvariantCulture);
        using var laboratory = new Laboratory(Data);
        using var admin = laboratory.Admin(sam.Address);
        var code = (string)(await Laboratory.SendAsync(admin, HttpMethod.Post, "api/scanners", new { serialNumber = "SS1", model = "GT 450" }))!["code"]!;
        await Laboratory.SendAsync(admin, HttpMethod.Patch, "api/configuration/defaults?reason=test", new
        {
            images = new { port = images },
            dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false },
            pinManagement = new { requirePin = false },
        });

        var scan = Scan(port, "S26-1", "--code", code, "--rate", "1");
        await Laboratory.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(Path.Join(Data, "spool/in")).Any() || scan.HasExited));
        await sam.KillAsync();
        return (port, converter, scan);
    }

    private ChildProcess Scan(string port, string barcode, params IReadOnlyList<string> further) => Slideport(
        ["scan", "--sam", $"localhost:{port}", "--serial", "SS1", "--barcode", barcode, "--size", "2000x1500", "--data", Path.Join(_root, "scanner"), .. further], "no line is waited for");

    private string[] Untold()
    {
        var folder = Path.Join(_root, "scanner/scanners/SS1/untold");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
    }

    private bool IsVerified() => Directory.EnumerateFiles(Path.Join(Data, "spool/ready"), "slide.json", SearchOption.AllDirectories)
        .Any(record => File.ReadAllText(record).Contains("\"state\": \"Verified\"", StringComparison.Ordinal));

    private Task<List<string>> AskAsync(string question) => SamDatabaseFile.AskAsync(Data, question);

    private ChildProcess Slideport(IReadOnlyList<string> arguments, string landmark)
    {
        var process = new ChildProcess([Path.Join(AppContext.BaseDirectory, "slideport"), .. arguments], [], landmark);
        _started.Add(process);
        return process;
    }

    [GeneratedRegex("^DICOM Converter listens on 127[.]0[.]0[.]1:([0-9]+)")]
    private static partial Regex Port();
}
