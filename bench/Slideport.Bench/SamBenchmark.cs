using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Identity;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Status;

namespace Slideport.Bench;

/// <summary>
/// Measures SAM under a whole fleet, played by this process on the same machine: each scanner with its own certificate and connection,
/// and a heartbeat every ten seconds that SAM answers when the next is due, or as soon as there is another configuration.
/// </summary>
internal sealed class SamBenchmark(string program, string folder, CertificateAuthority authority, Action<string> tell) : IDisposable
{
    private const int Scanners = 2000;
    private const int Messengers = 20;
    private const int Messages = 6000;
    private const int WarmUp = 40; // messages of each messenger that are not timed
    private const int Lanes = 8;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    private readonly int _port = ChildProcess.FreePort();
    private readonly List<SamClient> _clients = [];
    private ChildProcess? _server;

    /// <summary>Runs all of it.</summary>
    internal async Task<IReadOnlyList<BenchRow>> RunAsync(CancellationToken cancellationToken)
    {
        tell("SAM: adding the fleet");
        _server = ChildProcess.Start(program,
        [
            "serve", "--roles", "sam", "--data", folder, "--Sam:Address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--Sam:Port={_port}"), "--Web:Address=127.0.0.1", "--Web:Port=0", "--Monitoring:Port=0",
            "--Time:Serve=false",
        ]);
        await _server.WaitForPortAsync(_port, cancellationToken);
        using var admin = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(authority.Client("admin")), UseProxy = false }) { BaseAddress = Address };
        for (var i = 0; i < Scanners; i++)
        {
            using var added = await admin.PostAsJsonAsync("api/scanners", new { serialNumber = Serial(i) }, cancellationToken);
            if (added.StatusCode != System.Net.HttpStatusCode.Conflict)
                added.EnsureSuccessStatusCode();
            _clients.Add(new SamClient(Address, Tls(Certificate(Serial(i)))));
        }

        var messages = await MessagesAsync(admin, cancellationToken);
        return [messages, .. await FleetAsync(admin, cancellationToken), await RevocationAsync(admin, cancellationToken)];
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
        _server?.Dispose();
    }

    private Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{_port}"));

    private static string Serial(int scanner) => string.Create(CultureInfo.InvariantCulture, $"BENCH{scanner:0000}");

    private SslClientAuthenticationOptions Tls(X509Certificate2 certificate) => TlsPolicy.ForClient("127.0.0.1", authority.Roots, certificate);

    private X509Certificate2 Certificate(string serial)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = authority.Issue($"scanner:{serial}", new PublicKey(key));
        return issued.CopyWithPrivateKey(key);
    }

    // Metadata into SQLite, each message durable before it is answered; afterwards every one must be there.
    private async Task<BenchRow> MessagesAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        tell("SAM: image metadata");
        var run = Guid.NewGuid().ToString("n")[..8];
        Task TellAsync(int from, int to) => Task.WhenAll(Enumerable.Range(0, Messengers).SelectMany(m => Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var i = from + lane; i < to; i += Lanes)
                    await _clients[m].PutImageAsync(Image(run, m, i), cancellationToken);
            },
            cancellationToken))));
        await TellAsync(0, WarmUp); // connected, and compiled
        var clock = Stopwatch.StartNew();
        await TellAsync(WarmUp, WarmUp + (Messages / Messengers));
        var rate = Messages / clock.Elapsed.TotalSeconds;
        var counted = (JsonArray)(await admin.GetFromJsonAsync<JsonNode>("api/statistics?by=day", cancellationToken))!;
        var kept = counted.Where(row => ((string)row!["serialNumber"]!).StartsWith("BENCH", StringComparison.Ordinal)).Sum(row => (long)row!["images"]!);
        var lost = Math.Max(0, Messages + (Messengers * WarmUp) - kept);
        return new BenchRow("image metadata into SQLite, durable", rate, "messages/s", string.Create(CultureInfo.InvariantCulture, $"{lost} lost"), null, "≥ 1000 messages/s, 0 lost", rate >= 1000 && lost == 0);
    }

    // The steady state: what connecting costs is over before anything is timed, on both sides.
    private async Task<BenchRow[]> FleetAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        tell($"SAM: {Scanners} scanners connect");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (seconds, heard, fleet) = (new List<double>(Scanners * 8), new Hearing(Scanners), new Task[Scanners]);
        await Parallel.ForAsync(0, Scanners, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (i, token) =>
        {
            var version = (await _clients[i].GetConfigurationAsync(null, TimeSpan.Zero, token))!.Version;
            fleet[i] = BeatAsync(_clients[i], (i, version), seconds, heard, over.Token);
        });
        await Task.Delay(Heartbeat * 2, cancellationToken); // the compiler has its second thoughts
        tell($"SAM: {Scanners} scanners for {Measured.TotalSeconds:0} s");
        lock (seconds)
            seconds.Clear();
        var (ours, theirs) = (ProcessorTime(_server!.Id), ProcessorTime(Environment.ProcessId));
        await Task.Delay(Measured, cancellationToken);
        double p99;
        lock (seconds)
            p99 = seconds.Order().ElementAt(seconds.Count * 99 / 100) * 1000;
        (ours, theirs) = (ProcessorTime(_server!.Id) - ours, ProcessorTime(Environment.ProcessId) - theirs);
        tell($"SAM: a change for {Scanners} scanners");
        var clock = Stopwatch.StartNew();
        using var changed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=bench", new { images = new { imageQuality = Random.Shared.Next(60, 100) } }, cancellationToken);
        changed.EnsureSuccessStatusCode();
        // A scanner that was let down ends the benchmark: it would make the others look better.
        if (await Task.WhenAny([heard.All, Task.Delay(TimeSpan.FromSeconds(60), cancellationToken), .. fleet]) is var first && first != heard.All)
            throw new InvalidOperationException("Not every scanner heard of the change.", first.Exception);
        var reached = clock.Elapsed.TotalSeconds;
        var memory = Machine.PeakResidentBytes(_server.Id) / 1e6;
        await over.CancelAsync();
        await Task.WhenAll(fleet);
        var shares = string.Create(CultureInfo.InvariantCulture, $"processor time: SAM {ours / Measured:0.0 %}, the scanners {theirs / Measured:0.0 %} of a core");
        return
        [
            new BenchRow($"{Scanners} scanners, heartbeat every 10 s: p99", p99, "ms", shares, null, "≤ 50 ms", p99 <= 50),
            new BenchRow($"{Scanners} scanners: peak memory of SAM", memory, "MB", $"{Scanners} connections", null, "≤ 400 MB", memory <= 400),
            new BenchRow($"a change reaches {Scanners} scanners", reached, "s", null, null, "≤ 2 s", reached <= 2),
        ];
    }

    // A scanner is retired while SAM holds its heartbeat's answer back: until its connection is gone.
    private async Task<BenchRow> RevocationAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        tell("SAM: a scanner is retired");
        var serial = $"BENCH{Guid.NewGuid():n}";
        using (var added = await admin.PostAsJsonAsync("api/scanners", new { serialNumber = serial }, cancellationToken))
            added.EnsureSuccessStatusCode();
        using var scanner = new SamClient(Address, Tls(Certificate(serial)));
        var version = (await scanner.GetConfigurationAsync(null, TimeSpan.Zero, cancellationToken))!.Version;
        var waiting = scanner.ReportAsync(Idle() with { ConfigurationVersion = version }, SamClient.LongestWait, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        var clock = Stopwatch.StartNew();
        using (var retired = await admin.PostAsJsonAsync($"api/scanners/{serial}/retire", new { reason = "bench" }, cancellationToken))
            retired.EnsureSuccessStatusCode();
        var isCut = false;
        try
        {
            await waiting;
        }
        catch (HttpRequestException)
        {
            isCut = true;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return new BenchRow("a revocation ends a live connection", seconds, "s", null, null, "≤ 5 s", isCut && seconds <= 5);
    }

    // Each at its own moment of the ten seconds, as scanners that were not switched on together. What is timed is all that comes on top of
    // the ten seconds: the way there, the way back, and whatever either waits for.
    private static async Task BeatAsync(SamClient client, (int Number, long Version) scanner, List<double> seconds, Hearing heard, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Heartbeat * ((double)scanner.Number / Scanners), cancellationToken);
            for (var version = scanner.Version; ;)
            {
                var started = Stopwatch.GetTimestamp();
                if ((await client.ReportAsync(Idle() with { ConfigurationVersion = version }, Heartbeat, cancellationToken)).ConfigurationVersion == version)
                {
                    lock (seconds)
                        seconds.Add((Stopwatch.GetElapsedTime(started) - Heartbeat).TotalSeconds);
                    continue;
                }

                version = (await client.GetConfigurationAsync(null, TimeSpan.Zero, cancellationToken))!.Version;
                heard.Hear();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private static TimeSpan ProcessorTime(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime;
    }

    // Counts who has heard of the change.
    private sealed class Hearing(int expected)
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = expected;

        public Task All => _all.Task;

        public void Hear()
        {
            if (Interlocked.Decrement(ref _missing) == 0)
                _all.SetResult();
        }
    }

    private static ScannerStatus Idle() => new() { State = ScannerState.Idle, SoftwareVersion = "bench", ClockOffsetSeconds = 0.001, DiskFreeBytes = 1, DiskTotalBytes = 2 };

    private static ImageMetadata Image(string run, int scanner, int number) => new()
    {
        ImageId = string.Create(CultureInfo.InvariantCulture, $"{run}-{scanner}-{number}"),
        SeriesInstanceUid = string.Create(CultureInfo.InvariantCulture, $"1.2.3.{scanner}.{number}"),
        Barcode = string.Create(CultureInfo.InvariantCulture, $"S26-{number}"),
        ScanTime = TimeProvider.System.GetUtcNow(),
        ScanSeconds = 32,
        Instances = [.. Enumerable.Range(0, 7).Select(i => new ImageInstance(string.Create(CultureInfo.InvariantCulture, $"1.2.3.{scanner}.{number}.{i}"), new string('a', 64), 100_000_000))],
    };
}
