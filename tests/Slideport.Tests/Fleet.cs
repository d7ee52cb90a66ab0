using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Slideport.Tests;

/// <summary>An installation in a folder of its own, all roles in one process, and a scanner that knows only SAM's address and a one-time code.</summary>
internal sealed partial class Fleet : IDisposable
{
    private readonly List<Process> _started = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("slideport-fleet-").FullName;

    public string Images => Path.Join(Folder, "data/images");

    /// <summary>Port of the converter.</summary>
    public int Converter { get; private set; }

    /// <summary>Port of SAM.</summary>
    public int Sam { get; private set; }

    /// <summary>Port of the DSR for machines.</summary>
    public int Dsr { get; private set; }

    /// <summary>Port of the DSR for people.</summary>
    public int DsrWeb { get; private set; }

    /// <summary>Port of SAM for people.</summary>
    public int SamWeb { get; private set; }

    /// <summary>Where monitoring listens; null where it does not.</summary>
    public Uri? Monitoring { get; private set; }

    /// <summary>Starts it, and lets scanners know where images go.</summary>
    public static async Task<Fleet> StartAsync(params string[] settings)
    {
        var fleet = new Fleet();
        var server = SlideportProcess.Start(
        [
            "serve", "--data", Path.Join(fleet.Folder, "data"), "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100",
            "--Sam:Address=127.0.0.1", "--Sam:Port=0", "--Dsr:Address=127.0.0.1", "--Dsr:Port=0", "--Dsr:WebAddress=127.0.0.1", "--Dsr:WebPort=0", .. settings,
        ]);
        fleet._started.Add(server);
        var ports = new Dictionary<string, Uri>(StringComparer.Ordinal);
        var expected = 5 + (settings.Contains("--Time:Serve=false") ? 0 : 1) + (settings.Contains("--Monitoring:Enabled=true") ? 1 : 0);
        while (ports.Count < expected && await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                ports.Add(match.Groups[1].Value, new Uri(match.Groups[2].Value.Contains("://", StringComparison.Ordinal) ? match.Groups[2].Value : $"tcp://{match.Groups[2].Value}"));
        }

        _ = server.StandardOutput.ReadToEndAsync(CancellationToken.None); // so that it never waits for a reader
        _ = server.StandardError.ReadToEndAsync(CancellationToken.None);
        (fleet.Converter, fleet.Sam, fleet.Dsr, fleet.Monitoring) = (ports["DICOM Converter"].Port, ports["SAM DataServer"].Port, ports["DSR DataServer"].Port, ports.GetValueOrDefault("Monitoring"));
        (fleet.SamWeb, fleet.DsrWeb) = (ports["People log in"].Port, ports["People look at slides"].Port);
        string[] time = ports.TryGetValue("Time", out var clock) ? [$"time.port={clock.Port}"] : [];
        // No PINs, as for scanners nobody stands at, unless a test is about them.
        await fleet.AdministerAsync(["config", "set", "defaults", $"images.port={fleet.Converter}", "pinManagement.requirePin=false", .. time, "--reason", "test"]);
        return fleet;
    }

    /// <summary>Runs a command that administers SAM.</summary>
    public async Task<string> AdministerAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await SlideportProcess.RunAsync([.. arguments, "--sam", $"localhost:{Sam}", "--data", Path.Join(Folder, "data")]);
        Assert.True(exitCode == 0, output + error);
        return output;
    }

    /// <summary>Runs a command that administers the DSR.</summary>
    public Task<(int ExitCode, string Output, string Error)> DsrAsync(params string[] arguments) => SlideportProcess.RunAsync([.. arguments, "--dsr", $"localhost:{Dsr}", "--data", Path.Join(Folder, "data")]);

    /// <summary>The same for one that reads a secret from its input.</summary>
    public async Task AdministerWithInputAsync(string input, params string[] arguments)
    {
        var (exitCode, output, error) = await SlideportProcess.RunWithInputAsync(input, [.. arguments, "--sam", $"localhost:{Sam}", "--data", Path.Join(Folder, "data")]);
        Assert.True(exitCode == 0, output + error);
    }

    /// <summary>Adds the scanner.</summary>
    /// <returns>Its one-time code.</returns>
    public async Task<string> AddScannerAsync() => (await AdministerAsync("scanner", "add", "SS45001", "--name", "Scanner 1")).Trim().Split('\n')[^1];

    /// <summary>The scanner scans a slide.</summary>
    public Task<(int ExitCode, string Output, string Error)> ScanAsync(params string[] arguments) => SlideportProcess.RunAsync(
        ["scan", "--sam", $"localhost:{Sam}", "--serial", "SS45001", "--size", "2000x1500", "--data", Path.Join(Folder, "scanner"), .. arguments]);

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Ends the process in order, so that everything it still has to say goes out.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _started[0].Id.ToString(CultureInfo.InvariantCulture)]);
        await _started[0].WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [GeneratedRegex(@"^(DICOM Converter|SAM DataServer|DSR DataServer|Monitoring|Time|People log in|People look at slides) (?:listens on|is served on|at) ((?:https?://)?[-.\w]+:\d+)")]
    private static partial Regex Listening();
}
