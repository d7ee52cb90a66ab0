using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Hosting.Monitoring;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Scanner;
using Slideport.Scanner.Clock;
using Slideport.Scanner.Sam;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;
using Slideport.Settings;
using Slideport.Slides.DicomWsi.Writing;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary><c>slideport scan</c>: the virtual scanner scans slides and sends them to a DICOM Converter.</summary>
internal static class ScanCommand
{
    private static readonly Argument<string[]> Slides = new("SLIDE")
    {
        Description = "SVS files, DICOM files or folders; none scans generated tissue.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> To = new("--to") { Description = "The DICOM Converter.", HelpName = "host:port" };
    private static readonly Option<string?> Sam = new("--sam") { Description = "Instead of --to: SAM, which knows where images go.", HelpName = "host:port" };
    private static readonly Option<string?> Code = new("--code") { Description = "With --sam, the first time: the scanner's one-time enrolment code." };
    private static readonly Option<string?> PinFile = new("--pin-file") { Description = "With --sam: file that holds the PIN which unlocks the scanner's console, as one line.", HelpName = "FILE" };
    private static readonly Option<string?> Size = new("--size") { Description = "Size of level 0 in pixels; real tiles are repeated to fill it.", HelpName = "WxH" };
    private static readonly Option<int> Count = new("--count") { Description = "How often each slide is scanned.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Parallel = new("--parallel") { Description = "Associations at once.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double?> Rate = new("--rate") { Description = "At most this many megabytes per second, all associations together.", HelpName = "MB/s" };
    private static readonly Option<string> Layout = Choice("--layout", "How levels are tiled.", "full", "sparse", "3d");
    private static readonly Option<string> Order = Choice("--order", "In which order instances are sent.", "scanned", "shuffled", "interleaved");
    private static readonly Option<string?> Barcode = new("--barcode") { Description = "Barcode on the label." };
    private static readonly Option<int?> Rack = new("--rack") { Description = "Rack the slide is in." };
    private static readonly Option<int?> Slot = new("--slot") { Description = "Its slot in the rack." };
    private static readonly Option<int> Seed = new("--seed") { Description = "What generated tissue looks like.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> ClockOffset = new("--clock-offset") { Description = "Let the scanner's clock be wrong by so much at first; with --sam it is then set by NTP.", HelpName = "SECONDS" };
    private static readonly Option<string?> Keep = new("--keep") { Description = "Keep the instances sent, in this folder.", HelpName = "FOLDER" };
    private static readonly Option<bool> NoLabel = new("--no-label") { Description = "Send no label." };
    private static readonly Option<bool> NoCommit = new("--no-commit") { Description = "Do not ask for storage commitment at the end." };
    private static readonly Option<bool> Json = GlobalOptions.Json();

    public static Command Create()
    {
        var target = new TargetOptions();
        var command = new Command(
            "scan",
            "Scan slides with the virtual scanner and send them to a DICOM Converter.\n\n"
            + "Example: slideport scan slide.svs --to localhost:2762 --barcode S26-1234\n"
            + "Example: slideport scan --to localhost:2762 --size 100000x80000 --count 8 --parallel 8\n"
            + "Example: slideport scan --sam localhost:44386 --serial SS45001 --code ABCD-EFGH-… --pin-file pin")
        {
            Slides, To, Sam, Code, PinFile, Size, Count, Parallel, Rate, Layout, Order, Barcode, Rack, Slot, Seed, ClockOffset, Keep, NoLabel, NoCommit, Json,
        };
        target.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, target, cancellationToken));
        return command;
    }

    /// <summary><c>100000x80000</c> as width and height in pixels.</summary>
    public static (int Width, int Height) ParseSize(string text)
    {
        var parts = text.Split('x', 'X');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var width) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var height)
            && width > 0 && height > 0
            ? (width, height)
            : throw new UsageException($"'{text}' is not a size; write for example 100000x80000.");
    }

    private static async Task<int> RunAsync(ParseResult parsed, TargetOptions options, CancellationToken cancellationToken)
    {
        if ((parsed.GetValue(To) is null) == (parsed.GetValue(Sam) is null))
            throw new UsageException("Say where images go with --to host:port, or who knows it with --sam host:port; one of the two.");
        IReadOnlyList<ScanSource> sources = parsed.GetValue(Slides) is { Length: > 0 } paths ? [.. paths.Select(ScanSource.FromPath)] : [ScanSource.Generated];
        var clock = Clock(parsed);
        var scan = Options(parsed, options, clock);

        // The slides' traces begin here. What is still to be sent of them goes out at the end.
        using var traces = Telemetry.Traces(SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, []).Monitoring());
        await using var scanner = parsed.GetValue(Sam) is { } sam ? await EnrolledAsync(sam, parsed, (options, clock), cancellationToken) : null;
        if (scanner?.ClockProblem is { } problem)
            Console.Error.WriteLine($"The scanner's clock was not set. {problem}");
        try
        {
            var result = await SendProgressBar.ShowAsync(
                quiet: parsed.GetValue(Json),
                progress => scanner is not null
                    ? scanner.ScanAsync(sources, scan, progress, cancellationToken)
                    : VirtualScanner.ScanAsync(sources, Target(parsed, options), scan, progress, cancellationToken));
            if (parsed.GetValue(Json))
                Console.WriteLine(JsonSerializer.Serialize(Ledger(result), JsonText.Options));
            else
                Print(result);
            if (scanner is not null)
                await scanner.TellLeftAsync(cancellationToken);
            return result.IsComplete ? ExitCode.Done : result.Refusals.Count > 0 ? ExitCode.No : ExitCode.Failed;
        }
        finally
        {
            if (scanner is not null)
                PrintUntold(scanner);
        }
    }

    // However it ends: whoever stops a scan that waits for SAM sees that nothing is lost.
    private static void PrintUntold(EnrolledScanner scanner)
    {
        foreach (var problem in scanner.ImageProblems)
            Console.Error.WriteLine(problem);
        if (Untold(scanner.CountUntold()) is { Length: > 0 } untold)
            Console.Error.WriteLine(untold);
    }

    private static string Untold(int images) => images switch
    {
        0 => "",
        1 => "SAM has yet to be told of 1 image that the converter has; the next scan of this scanner with --sam tells it.",
        _ => string.Create(CultureInfo.InvariantCulture, $"SAM has yet to be told of {images} images that the converter has; the next scan of this scanner with --sam tells them."),
    };

    private static SendTarget Target(ParseResult parsed, TargetOptions options)
    {
        var (host, port) = TargetOptions.ParseHostAndPort(parsed.GetValue(To)!);
        var (calling, called) = options.AETitles(parsed);
        return new SendTarget(host, port) { CallingAETitle = calling, CalledAETitle = called, Tls = options.Tls(parsed, host) };
    }

    // Who the scanner is lies beside what it scans: a scanner is not the installation it reports to.
    private static async Task<EnrolledScanner> EnrolledAsync(string sam, ParseResult parsed, (TargetOptions Target, ScannerClock Clock) with, CancellationToken cancellationToken)
    {
        var (options, clock) = with;
        var (host, port) = TargetOptions.ParseHostAndPort(sam);
        var address = new UriBuilder(Uri.UriSchemeHttps, host, port).Uri;
        var folder = Path.Join(parsed.GetValue(GlobalOptions.Data)!, "scanners", options.SerialNumber(parsed));
        ScannerIdentity? identity = null;
        try
        {
            identity = parsed.GetValue(Code) is { } code
                ? await ScannerIdentity.EnrolAsync(address, EnrolmentCode.TryParse(code) ?? throw new UsageException("--code is not an enrolment code: 56 letters and digits in groups of four."), folder, cancellationToken)
                : ScannerIdentity.TryOpen(folder) ?? throw new UsageException($"Scanner {options.SerialNumber(parsed)} has not enrolled yet: give its one-time code with --code ('slideport scanner add' prints one).");
            var scanner = await EnrolledScanner.StartAsync(address, identity, clock, cancellationToken);
            await UnlockAsync(scanner, parsed.GetValue(PinFile), cancellationToken);
            return scanner;
        }
        catch (SamException e)
        {
            throw e.MayPass ? new IOException(e.Message, e) : new UsageException(e.Message);
        }
        catch (HttpRequestException e)
        {
            var untold = identity is null ? "" : Untold(EnrolledScanner.CountUntold(identity));
            throw new IOException($"SAM at {sam} cannot be asked: {(e.InnerException ?? e).Message.TrimEnd('.')}. {untold}".TrimEnd(), e);
        }
    }

    // Before anything is scanned: whoever may not load racks is told at once.
    private static async Task UnlockAsync(EnrolledScanner scanner, string? pinFile, CancellationToken cancellationToken)
    {
        try
        {
            if (pinFile is not null && scanner.Console.IsLocked)
                await scanner.Console.UnlockAsync((await File.ReadAllTextAsync(pinFile, cancellationToken)).Trim(), cancellationToken);
            scanner.Console.Touch();
        }
        catch
        {
            await scanner.DisposeAsync();
            throw;
        }
    }

    private static ScannerClock Clock(ParseResult parsed) => parsed.GetValue(ClockOffset) is >= -1e9 and <= 1e9 and var seconds
        ? new ScannerClock(TimeProvider.System, TimeSpan.FromSeconds(seconds))
        : throw new UsageException("--clock-offset must lie between -1000000000 and 1000000000 seconds.");

    private static ScanOptions Options(ParseResult parsed, TargetOptions target, ScannerClock clock)
    {
        var (count, parallel, rate) = (parsed.GetValue(Count), parsed.GetValue(Parallel), parsed.GetValue(Rate));
        if (count < 1 || parallel is < 1 or > 64 || rate <= 0)
            throw new UsageException("--count must be at least 1, --parallel 1 to 64, --rate more than 0.");
        return new ScanOptions
        {
            Count = count,
            Folder = parsed.GetValue(Keep),
            Slide = new SlideOptions
            {
                Size = parsed.GetValue(Size) is { } size ? ParseSize(size) : null,
                Barcode = parsed.GetValue(Barcode),
                Rack = parsed.GetValue(Rack),
                Slot = parsed.GetValue(Slot),
                Seed = parsed.GetValue(Seed),
                SerialNumber = target.SerialNumber(parsed),
                IncludeLabel = !parsed.GetValue(NoLabel),
                TimeProvider = clock,
                Writer = new WsiWriterOptions { Flush = false, TimeProvider = clock, Layout = Enum.Parse<DicomLayout>(LayoutName(parsed.GetValue(Layout)!)) },
            },
            Send = new SendOptions
            {
                Parallel = parallel,
                BytesPerSecond = rate is { } megabytes ? (long)(megabytes * 1e6) : null,
                Order = parsed.GetValue(Order) switch { "shuffled" => SendOrder.Shuffled, "interleaved" => SendOrder.Interleaved, _ => SendOrder.AsScanned },
                Seed = parsed.GetValue(Seed),
                Commit = !parsed.GetValue(NoCommit),
            },
        };
    }

    private static string LayoutName(string choice) => choice switch { "sparse" => nameof(DicomLayout.Sparse), "3d" => nameof(DicomLayout.ThreeD), _ => nameof(DicomLayout.Full) };

    private static Option<string> Choice(string name, string description, params string[] choices)
    {
        var option = new Option<string>(name) { Description = $"{description} One of: {string.Join(", ", choices)}.", DefaultValueFactory = _ => choices[0] };
        option.AcceptOnlyFromAmong(choices);
        return option;
    }

    private static void Print(ScanResult result)
    {
        foreach (var (slide, refusal) in result.Refusals)
            Console.WriteLine($"{slide}: cannot be sent: {refusal.Reason}");
        foreach (var warning in result.Warnings)
            Console.WriteLine(warning);
        foreach (var failed in result.Ledger.Instances.Where(i => !i.IsAcknowledged || i.IsCommitted == false))
            Console.WriteLine($"{Path.GetFileName(failed.Path)}: {failed.Status?.ToString() ?? "not acknowledged"} {failed.Comment}".TrimEnd());
        if (result.Ledger.CommitmentProblem is { } problem)
            Console.WriteLine($"Storage commitment: {problem}");
        var acknowledged = result.Ledger.Instances.Count(i => i.IsAcknowledged);
        var committed = result.Ledger.Instances.Count(i => i.IsCommitted == true);
        var (bytes, seconds) = (result.Ledger.AcknowledgedBytes / 1e6, Math.Max(result.Ledger.Elapsed.TotalSeconds, 1e-3));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{acknowledged} of {result.Ledger.Instances.Count} instances acknowledged, {committed} committed: {bytes:0.0} MB in {seconds:0.00} s, {bytes / seconds:0} MB/s."));
    }

    private static object Ledger(ScanResult result) => new
    {
        complete = result.IsComplete,
        seconds = result.Ledger.Elapsed.TotalSeconds,
        bytes = result.Ledger.AcknowledgedBytes,
        refusals = result.Refusals.Select(r => new { slide = r.Slide, reason = r.Refusal.Reason, attribute = r.Refusal.Attribute }),
        warnings = result.Warnings,
        commitmentProblem = result.Ledger.CommitmentProblem,
        instances = result.Ledger.Instances.Select(i => new
        {
            i.Path,
            i.SopClassUid,
            i.SopInstanceUid,
            i.Bytes,
            status = i.Status?.ToString(),
            i.Comment,
            i.Attempts,
            acknowledged = i.IsAcknowledged,
            committed = i.IsCommitted,
        }),
    };
}
