using System.Diagnostics;
using System.Globalization;
using Slideport.Protocol.Identity;
using Slideport.Scanner.Slides;

namespace Slideport.Bench;

/// <summary>
/// Measures the main job against the physical limit and against its peers, in one run on one machine, each pair in turn so that a
/// machine whose speed drifts is fair to both. Medians of <see cref="Rounds"/> rounds. Receivers have taken one small level or slide before
/// they are timed, ours and others: a lab's server is not started for each slide, and what a start costs has a row of its own.
/// </summary>
public sealed class Benchmark : IDisposable
{
    private const int Rounds = 3;
    private const int ReceivingRounds = 6;

    // For what a receiver does with the warm-up after it has answered, the compiler's second thoughts included.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly string _program;
    private readonly string _folder;
    private readonly (int Width, int Height) _size;
    private readonly Action<string> _tell;
    private readonly CertificateAuthority _authority;
    private readonly SlideSender _sender;
    private readonly List<BenchRow> _rows = [];

    /// <summary>Prepares a run.</summary>
    /// <param name="program">The slideport executable, started for every server measured.</param>
    /// <param name="folder">Scratch folder; five times the slide must fit.</param>
    /// <param name="size">Pixels of the slide made; 92000 x 70000 is about 1 GB.</param>
    /// <param name="tell">Told what is going on.</param>
    public Benchmark(string program, string folder, (int Width, int Height) size, Action<string> tell)
    {
        (_program, _folder, _size, _tell) = (program, folder, size, tell);
        Directory.CreateDirectory(folder);
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(folder, "identity"));
        _sender = new SlideSender(_authority);
    }

    /// <summary>Runs all of it.</summary>
    public async Task<BenchReport> RunAsync(CancellationToken cancellationToken)
    {
        await SlidesAsync(cancellationToken);
        await SamAsync(cancellationToken);
        await StoreAsync(cancellationToken);
        await DsrAsync(cancellationToken);
        return new BenchReport(Machine.Describe(), _rows);
    }

    /// <summary>Runs what is about SAM alone.</summary>
    public async Task<BenchReport> RunSamAsync(CancellationToken cancellationToken)
    {
        await SamAsync(cancellationToken);
        return new BenchReport(Machine.Describe(), _rows);
    }

    /// <summary>Runs what is about shares alone.</summary>
    public async Task<BenchReport> RunStoreAsync(CancellationToken cancellationToken)
    {
        await StoreAsync(cancellationToken);
        return new BenchReport(Machine.Describe(), _rows);
    }

    /// <summary>Runs what is about the DSR alone.</summary>
    public async Task<BenchReport> RunDsrAsync(CancellationToken cancellationToken)
    {
        await DsrAsync(cancellationToken);
        return new BenchReport(Machine.Describe(), _rows);
    }

    /// <summary>Forgets the keys.</summary>
    public void Dispose() => _authority.Dispose();

    private async Task SamAsync(CancellationToken cancellationToken)
    {
        using (var sam = new SamBenchmark(_program, _folder, _authority, _tell))
            Add(await sam.RunAsync(cancellationToken));
        Add(await new TimeBenchmark(_program, _folder, _tell).RunAsync(cancellationToken));
    }

    private async Task StoreAsync(CancellationToken cancellationToken) =>
        Add(await new StoreBenchmark(_program, _folder, _sender, _tell).RunAsync(Files(MadeSlide(cancellationToken)), cancellationToken));

    private async Task DsrAsync(CancellationToken cancellationToken)
    {
        var images = Path.Join(_folder, "images-of-dsr");
        Directory.CreateDirectory(images);
        var svs = Path.Join(images, "slide.svs");
        await ChildProcess.RunAsync(_program, ["convert", MadeSlide(cancellationToken), "--out", svs], cancellationToken);
        await ChildProcess.RunAsync(_program, ["store", "found", images], cancellationToken);
        Add(await new TileBenchmark(_program, _folder, _authority, _tell).RunAsync(svs, cancellationToken));
        Add(await new SearchBenchmark(_program, _folder, _authority, _tell).RunAsync(cancellationToken));
    }

    // Told at once: what comes later may fail.
    private void Add(params IReadOnlyList<BenchRow> rows)
    {
        _rows.AddRange(rows);
        foreach (var row in rows)
            _tell(row.ToLine());
    }

    // Made once, whatever is measured with it.
    private string MadeSlide(CancellationToken cancellationToken)
    {
        var slide = Path.Join(_folder, "slide");
        if (Directory.Exists(slide))
            return slide;
        _tell("making the slide");
        VirtualStage.Scan(ScanSource.Generated, slide, new SlideOptions { Size = _size, IncludeLabel = false, IncludeOverview = false }, cancellationToken);
        return slide;
    }

    // The largest first.
    private static List<string> Files(string slide) => Directory.GetFiles(slide, "*.dcm").OrderByDescending(f => new FileInfo(f).Length).ToList();

    private async Task SlidesAsync(CancellationToken cancellationToken)
    {
        var slide = MadeSlide(cancellationToken);
        var files = Files(slide);
        await ColdStartAsync(cancellationToken);
        await ReceiveAsync([files[1], files[0]], cancellationToken);
        await ConvertAsync(slide, files, cancellationToken);
        await WholeWayAsync(files, cancellationToken);
        await EightScannersAsync(files, cancellationToken);
    }

    private async Task ColdStartAsync(CancellationToken cancellationToken)
    {
        _tell("cold start");
        var seconds = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            var clock = Stopwatch.StartNew();
            using var server = await ServeAsync(cancellationToken);
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        Absolute("cold start to accepting", Median(seconds), "s", 1.5);
    }

    // C-STORE of the largest level into the durable spool; the same bytes through a bare SslStream; the same to storescp.
    private async Task ReceiveAsync(string[] files, CancellationToken cancellationToken)
    {
        var bytes = new FileInfo(files[^1]).Length;
        var (ours, bare, storescp) = (new List<double>(), new List<double>(), new List<double>());
        var runs = new List<(List<double> Seconds, Func<Task<double>> Run)>
        {
            (ours, () => SendToUsAsync(files, cancellationToken)),
            (bare, () => SendBareAsync(files, cancellationToken)),
        };
        if (ChildProcess.Exists("storescp"))
            runs.Add((storescp, () => SendToStorescpAsync(files, cancellationToken)));
        for (var i = 0; i < ReceivingRounds; i++)
        {
            _tell($"receiving, round {i + 1} of {ReceivingRounds}");
            // Each goes first in turn: whoever does meets a disk and a page cache that had time to settle.
            for (var j = 0; j < runs.Count; j++)
            {
                var (seconds, run) = runs[(i + j) % runs.Count];
                seconds.Add(await run());
            }
        }

        Rate("C-STORE over TLS into the durable spool", bytes, ours, "bare SslStream into a file, fsync", bare, 0.85);
        Rate("C-STORE over TLS into the durable spool", bytes, ours, "DCMTK storescp +B over TLS, no fsync", storescp, 1.0);
    }

    private async Task ConvertAsync(string slide, List<string> files, CancellationToken cancellationToken)
    {
        var bytes = files.Sum(f => new FileInfo(f).Length);
        var (ours, copy) = (new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            _tell($"converting, round {i + 1} of {Rounds}");
            var (svs, copied) = (Path.Join(_folder, $"convert-{i}.svs"), Path.Join(_folder, $"copy-{i}"));
            ours.Add(await ChildProcess.RunAsync(_program, ["convert", slide, "--out", svs], cancellationToken));
            copy.Add(await ChildProcess.RunAsync("sh", ["-c", "mkdir \"$1\" && cp \"$0\"/*.dcm \"$1\" && sync \"$1\"/*", slide, copied], cancellationToken));
            File.Delete(svs);
            Directory.Delete(copied, recursive: true);
        }

        Rate("DICOM → SVS (convert)", bytes, ours, "cp of the same bytes, fsync", copy, 0.8);
    }

    // From the scanner's first byte to the SVS under its final name; and from its last byte. The same with Orthanc and its converter.
    private async Task WholeWayAsync(List<string> files, CancellationToken cancellationToken)
    {
        var bytes = files.Sum(f => new FileInfo(f).Length);
        var small = VirtualStage.Scan(ScanSource.Generated, Path.Join(_folder, "small"), new SlideOptions { Size = (4000, 3000) }, cancellationToken);
        var (after, whole, orthanc, memory) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            _tell($"receive, convert, deliver, round {i + 1} of {Rounds}");
            var data = Fresh("whole");
            using (var server = await ServeAsync(cancellationToken, data))
            {
                await _sender.SendAsync(server.Port, [small.Files], 1, commit: true, cancellationToken);
                await DeliveredAsync(data, 1, cancellationToken);
                await Task.Delay(Settling, cancellationToken);
                var clock = Stopwatch.StartNew();
                var sent = new LastByte(clock);
                await _sender.SendAsync(server.Port, [files], 1, commit: true, cancellationToken, progress: sent);
                await DeliveredAsync(data, 2, cancellationToken);
                whole.Add(clock.Elapsed.TotalSeconds);
                after.Add((whole[^1] - sent.At.TotalSeconds) / (bytes / 1e9));
                memory.Add(Machine.PeakResidentBytes(server.Process.Id) / 1e6);
            }

            Directory.Delete(data, recursive: true);
            if (ChildProcess.Exists("Orthanc") && ChildProcess.Exists("OrthancWSIDicomToTiff"))
            {
                _authority.Server("orthanc").Dispose();
                var (certificate, key) = _authority.FilesOf("orthanc");
                orthanc.Add(await OrthancPeer.ReceiveAndConvertAsync(
                    Fresh("orthanc"), (certificate, key, _authority.CertificatePath),
                    (port, token) => _sender.SendAsync(port, [files], 1, commit: false, token, called: "ORTHANC"), cancellationToken));
            }
        }

        Absolute("last byte to the finished SVS, per GB", Median(after), "s/GB", 1.5);
        Absolute("peak memory of the server, one scanner", memory.Max(), "MB", 150);
        const string Name = "receive (TLS) + convert + deliver";
        if (orthanc.Count == 0)
        {
            Add(new BenchRow(Name, Median(whole), "s", "Orthanc is not installed here", null, "≥ 10 × Orthanc", null));
            return;
        }

        var ratio = Median(orthanc) / Median(whole);
        Add(new BenchRow(
            Name, Median(whole), "s", string.Create(CultureInfo.InvariantCulture, $"Orthanc + OrthancWSIDicomToTiff: {Median(orthanc):0.0} s"), ratio, "≥ 10", ratio >= 10));
    }

    private async Task EightScannersAsync(List<string> files, CancellationToken cancellationToken)
    {
        _tell("eight scanners at once");
        var data = Fresh("eight");
        var slides = new List<IReadOnlyList<string>>();
        for (var i = 0; i < 8; i++)
        {
            var folder = Path.Join(_folder, $"scanner-{i}");
            var again = VirtualStage.Scan(ScanSource.FromPath(Path.GetDirectoryName(files[0])!), folder, new SlideOptions { Barcode = $"EIGHT-{i}" }, cancellationToken);
            slides.Add(again.Files);
        }

        using (var server = await ServeAsync(cancellationToken, data))
        {
            await _sender.SendAsync(server.Port, slides, 8, commit: true, cancellationToken);
            await DeliveredAsync(data, 8, cancellationToken);
            Absolute("peak memory of the server, eight scanners", Machine.PeakResidentBytes(server.Process.Id) / 1e6, "MB", 250);
        }

        foreach (var slide in slides)
            Directory.Delete(Path.GetDirectoryName(slide[0])!, recursive: true);
        Directory.Delete(data, recursive: true);
    }

    private async Task<double> SendToUsAsync(string[] files, CancellationToken cancellationToken)
    {
        var data = Fresh("receive");
        using var server = await ServeAsync(cancellationToken, data, "--Converter:QuietTime=01:00:00");
        return await LastAsync(files, file => _sender.SendAsync(server.Port, [[file]], 1, commit: false, cancellationToken));
    }

    private async Task<double> SendBareAsync(string[] files, CancellationToken cancellationToken)
    {
        var port = ChildProcess.FreePort();
        using var bare = ChildProcess.Start(_program, ["bench", "--bare-receiver", port.ToString(CultureInfo.InvariantCulture), "--data", _folder]);
        await bare.WaitForPortAsync(port, cancellationToken);
        return await LastAsync(files, file => BareTlsCopy.SendAsync(port, file, _authority.Certificate, cancellationToken));
    }

    private async Task<double> SendToStorescpAsync(string[] files, CancellationToken cancellationToken)
    {
        var (port, taken) = (ChildProcess.FreePort(), Fresh("storescp"));
        Directory.CreateDirectory(taken);
        _authority.Server("storescp").Dispose();
        var (certificate, key) = _authority.FilesOf("storescp");
        using var storescp = ChildProcess.Start("storescp",
            ["+tls", key, certificate, "+cf", _authority.CertificatePath, "+B", "+xa", "--max-pdu", "131072", "-od", taken, port.ToString(CultureInfo.InvariantCulture)]);
        await storescp.WaitForPortAsync(port, cancellationToken);
        var seconds = await LastAsync(files, file => _sender.SendAsync(port, [[file]], 1, commit: false, cancellationToken));
        Directory.Delete(taken, recursive: true);
        return seconds;
    }

    // Seconds the last one takes.
    private static async Task<double> LastAsync(string[] files, Func<string, Task> send)
    {
        foreach (var file in files[..^1])
            await send(file);
        await Task.Delay(Settling);
        var clock = Stopwatch.StartNew();
        await send(files[^1]);
        return clock.Elapsed.TotalSeconds;
    }

    private Task<Served> ServeAsync(CancellationToken cancellationToken, string? data = null, params string[] settings) =>
        Served.StartAsync(_program, data ?? Fresh("start"), _folder, settings, cancellationToken);

    private static async Task DeliveredAsync(string data, int count, CancellationToken cancellationToken)
    {
        var images = Path.Join(data, "images");
        while (!Directory.Exists(images) || Directory.EnumerateFiles(images, "*.svs").Count(f => !Path.GetFileName(f).StartsWith('.')) < count)
            await Task.Delay(5, cancellationToken);
    }

    private string Fresh(string name)
    {
        var folder = Path.Join(_folder, name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        return folder;
    }

    private void Rate(string name, long bytes, List<double> ours, string peer, List<double> theirs, double goal)
    {
        var rate = bytes / 1e6 / Median(ours);
        if (theirs.Count == 0)
        {
            Add(new BenchRow(name, rate, "MB/s", $"{peer}: not installed here", null, Goal(goal), null));
            return;
        }

        var ratio = Median(theirs) / Median(ours);
        Add(new BenchRow(
            name, rate, "MB/s", string.Create(CultureInfo.InvariantCulture, $"{peer}: {bytes / 1e6 / Median(theirs):0} MB/s"), ratio, Goal(goal), ratio >= goal));
    }

    private void Absolute(string name, double value, string unit, double limit) =>
        Add(new BenchRow(name, value, unit, null, null, string.Create(CultureInfo.InvariantCulture, $"≤ {limit} {unit}"), value <= limit));

    private static string Goal(double ratio) => string.Create(CultureInfo.InvariantCulture, $"≥ {ratio:0.00}");

    internal static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
