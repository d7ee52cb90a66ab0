using System.Globalization;
using System.Text.RegularExpressions;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>SAM is killed while a scanner sends: the slide goes its way, and what SAM is to know of it waits for SAM.</summary>
public sealed partial class ScanWithoutSamTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-scanaway-").FullName;

    private string Data => Path.Join(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Its_slide_is_delivered_meanwhile_and_SAM_and_the_DSR_know_of_it_once_when_SAM_is_back()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        string port, code;
        ChildProcess converter, scan;
        await using (var sam = await SamProcess.StartAsync(Data))
        {
            port = sam.Address!.Port.ToString(CultureInfo.InvariantCulture);
            converter = Slideport(["serve", "--roles", "converter", "--data", Data, $"--Converter:Sam=localhost:{port}", "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100", "--Monitoring:Enabled=false"], "DICOM Converter listens on ");
            var images = int.Parse(Port().Match((await converter.FindAsync())!).Groups[1].Value, CultureInfo.InvariantCulture);
            using var laboratory = new Laboratory(Data);
            using var admin = laboratory.Admin(sam.Address);
            code = (string)(await Laboratory.SendAsync(admin, HttpMethod.Post, "api/scanners", new { serialNumber = "SS1", model = "GT 450" }))!["code"]!;
            await Laboratory.SendAsync(admin, HttpMethod.Patch, "api/configuration/defaults?reason=test", new
            {
                images = new { port = images },
                dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false },
                pinManagement = new { requirePin = false },
            });

            scan = Slideport(["scan", "--sam", $"localhost:{port}", "--serial", "SS1", "--code", code, "--barcode", "S26-1", "--size", "2000x1500", "--rate", "1", "--data", Path.Join(_root, "scanner")], "no line is waited for");
            await Laboratory.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(Path.Join(Data, "spool/in")).Any() || scan.HasExited));
            await sam.KillAsync();
        }

        await using (converter)
        await using (scan)
        {
            await Laboratory.UntilAsync(() => Task.FromResult(IsVerified() || scan.HasExited));
            Assert.False(scan.HasExited, string.Join('\n', scan.Lines)); // it has something to tell
            Assert.Empty(dsr.Taken);

            await using var sam = await SamProcess.StartAsync(Data, [$"--Sam:Port={port}"]);
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

    private bool IsVerified() => Directory.EnumerateFiles(Path.Join(Data, "spool/ready"), "slide.json", SearchOption.AllDirectories)
        .Any(record => File.ReadAllText(record).Contains("\"state\": \"Verified\"", StringComparison.Ordinal));

    private Task<List<string>> AskAsync(string question) => SamDatabaseFile.AskAsync(Data, question);

    private static ChildProcess Slideport(IReadOnlyList<string> arguments, string landmark) => new([Path.Join(AppContext.BaseDirectory, "slideport"), .. arguments], [], landmark);

    [GeneratedRegex("^DICOM Converter listens on 127[.]0[.]0[.]1:([0-9]+)")]
    private static partial Regex Port();
}
