using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slideport.Converter;
using Slideport.Dicom.UpperLayer;
using Slideport.Hosting;
using Slideport.Protocol.Identity;
using Slideport.Scanner;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;
using Slideport.Settings;
using Slideport.Slides.Conversion;

namespace Slideport.Commands;

/// <summary>
/// <c>slideport demo</c>: the main job on embedded defaults, in one process: a converter on TLS, a virtual scanner that scans a slide,
/// the SVS in the image file system, and the proof that its tiles are what the scanner sent.
/// </summary>
internal static class DemoCommand
{
    private static readonly Argument<string?> Slide = new("SLIDE") { Description = "An SVS or a DICOM folder; without one, tissue is generated.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Once = new("--once") { Description = "Stop after the slide instead of serving on." };

    public static Command Create()
    {
        var command = new Command(
            "demo",
            "Show the main job: a slide travels from the virtual scanner over DICOM TLS to an SVS in the image file system.\n\n"
            + "Example: slideport demo\n"
            + "Example: slideport demo slide.svs --once --Converter:Port=12762")
        {
            Slide, Once,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var data = Path.GetFullPath(parsed.GetValue(GlobalOptions.Data)!);
        var slide = parsed.GetValue(Slide);
        IReadOnlyList<string> settings = [.. parsed.UnmatchedTokens];
        if (slide?.StartsWith("--", StringComparison.Ordinal) == true)
        {
            // A setting stood where a slide could stand.
            settings = [slide, .. settings];
            slide = null;
        }

        // The demo is for this machine alone: it listens on loopback whatever slideport.json says.
        var options = SlideportSettings.Load(data, ["--Converter:Address=127.0.0.1", .. settings]).Converter();
        var source = slide is null ? ScanSource.Generated : ScanSource.FromPath(slide);
        using var host = Roles.Build(data, new RoleSettings(options, null, null, new CertificateOptions()), null, parsed.GetValue(GlobalOptions.Verbose) ? LogLevel.Information : LogLevel.Warning);
        await ServeCommand.StartAsync(host, cancellationToken);
        var port = host.Services.GetRequiredService<ConverterRole>().LocalEndPoint!.Port;
        Console.WriteLine($"DICOM Converter listens on localhost:{port} ({(options.Tls ? "TLS" : "no TLS")}); slides go to {Path.GetFullPath(options.ImageStoreLocation)}.");

        var code = await ScanAsync(source, data, options, port, cancellationToken);
        if (!parsed.GetValue(Once) && code == ExitCode.Done)
        {
            Console.WriteLine();
            Console.WriteLine("Serving on; stop with Ctrl+C. In another terminal:");
            Console.WriteLine($"  ./slideport scan --to localhost:{port} --barcode S26-1234 --data {data}");
            Console.WriteLine($"  ./slideport echo localhost:{port} --data {data}");
            Console.WriteLine("To look at the slide in a browser, stop this, and start all of it with a user of your own:");
            Console.WriteLine($"  ./slideport serve --Time:Serve=false --data {data}");
            Console.WriteLine($"  ./slideport user add NAME --role lab-admin --data {data}   # in another terminal; then log in at https://localhost:8444/");
            await ServeCommand.WaitAsync(cancellationToken);
        }

        await host.StopAsync(CancellationToken.None);
        return code;
    }

    private static async Task<int> ScanAsync(ScanSource source, string data, ConverterOptions options, int port, CancellationToken cancellationToken)
    {
        using var authority = CertificateAuthority.OpenOrCreate(SlideportSettings.IdentityFolder(data));
        using var scanner = authority.Scanner("VIRTUAL-1");
        var target = new SendTarget("localhost", port) { Tls = options.Tls ? TlsPolicy.ForClient("localhost", authority.Roots, scanner) : null };
        var sent = Path.Join(data, "demo", DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(sent);
        var known = Delivered(options);

        var result = await SendProgressBar.ShowAsync(quiet: false, progress => VirtualScanner.ScanAsync(
            [source], target, new ScanOptions { Folder = sent, Slide = new SlideOptions { SerialNumber = "VIRTUAL-1", Barcode = $"DEMO-{Path.GetFileName(sent)}" } }, progress, cancellationToken));
        if (result.Refusals is [var (name, refusal), ..])
            throw new UsageException($"{name} cannot be sent: {refusal.Reason}.");
        if (!result.IsComplete)
            throw new IOException($"Not everything was acknowledged: {result.Ledger.CommitmentProblem ?? result.Ledger.Instances.First(i => !i.IsAcknowledged).Comment}.");
        var (megabytes, seconds) = (result.Ledger.AcknowledgedBytes / 1e6, result.Ledger.Elapsed.TotalSeconds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Sent and committed: {result.Ledger.Instances.Count} instances, {megabytes:0.0} MB in {seconds:0.00} s."));

        var clock = Stopwatch.StartNew();
        var output = await AwaitDeliveryAsync(options, known, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"In the image file system {clock.Elapsed.TotalSeconds:0.00} s later: {output}"));

        var report = Fidelity.Compare(Path.Join(sent, "scan-0"), output, cancellationToken);
        Console.WriteLine(VerifyCommand.Describe(report));
        await OpenSlideCheck.ShowAsync(output, cancellationToken);
        return report.Difference is null ? ExitCode.Done : ExitCode.No;
    }

    private static HashSet<string> Delivered(ConverterOptions options) => Directory.Exists(options.ImageStoreLocation)
        ? [.. Directory.EnumerateFileSystemEntries(options.ImageStoreLocation, "*", SearchOption.AllDirectories).Where(path => !Path.GetFileName(path).StartsWith('.'))]
        : [];

    private static async Task<string> AwaitDeliveryAsync(ConverterOptions options, HashSet<string> known, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.QuietTime + TimeSpan.FromMinutes(5));
        try
        {
            while (true)
            {
                if (Delivered(options).Except(known).FirstOrDefault(path => options.Format == OutputFormat.Dicom || path.EndsWith(".svs", StringComparison.Ordinal)) is { } output)
                    return output;
                await Task.Delay(50, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The slide did not come out of the converter; its log above says why.");
        }
    }
}
