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
/// Measures SAM under a whole fleet, played by this process on the same machine: each scanner with its own certificate and connections, a
/// heartbeat every ten seconds, and a question for its configuration that waits for the next change.
/// </summary>
internal sealed class SamBenchmark(string program, string folder, CertificateAuthority authority, Action<string> tell) : IDisposable
{
    private const int Scanners = 2000;
    private const int Messengers = 20;
    private const int Messages = 6000;
    private const int HearersOfAChange = 500;

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
            "serve", "--roles", "sam", "--data", folder, "--Sam:Address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--Sam:Port={_port}"), "--Web:Address=127.0.0.1", "--Web:Port=0",
        ]);
        await _server.WaitForPortAsync(_port, cancellationToken);
        using var admin = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(authority.Client("admin")), UseProxy = false }) { BaseAddress = Address };
        for (var i = 0; i < Scanners; i++)
        {
            using var added = await admin.PostAsJsonAsync("api/scanners", new { serialNumber = Serial(i) }, cancellationToken);
            if (added.StatusCode != System.Net.HttpStatusCode.Conflict)
                added.EnsureSuccessStatusCode();
            _clients.Add(new SamClient(Address, Tls(Certificate(i))));
        }

        var messages = await MessagesAsync(admin, cancellationToken);
        var (p99, memory, change) = await FleetAsync(admin, cancellationToken);
        return [messages, p99, memory, change];
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

    private X509Certificate2 Certificate(int scanner)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = authority.Issue($"scanner:{Serial(scanner)}", new PublicKey(key));
        return issued.CopyWithPrivateKey(key);
    }

    // Metadata into SQLite, each message durable before it is answered; afterwards every one must be there.
    private async Task<BenchRow> MessagesAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        tell("SAM: image metadata");
        var run = Guid.NewGuid().ToString("n")[..8];
        await Parallel.ForEachAsync(_clients.Take(Messengers), cancellationToken, async (client, token) => await client.ReportAsync(Idle(), token)); // connected
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Messengers).SelectMany(m => Enumerable.Range(0, 8).Select(lane => Task.Run(
            async () =>
            {
                for (var i = lane; i < Messages / Messengers; i += 8)
                    await _clients[m].PutImageAsync(Image(run, m, i), cancellationToken);
            },
            cancellationToken))));
        var rate = Messages / clock.Elapsed.TotalSeconds;
        var counted = (JsonArray)(await admin.GetFromJsonAsync<JsonNode>("api/statistics?by=day", cancellationToken))!;
        var kept = counted.Where(row => ((string)row!["serialNumber"]!).StartsWith("BENCH", StringComparison.Ordinal)).Sum(row => (long)row!["images"]!);
        var lost = Math.Max(0, Messages - kept);
        return new BenchRow("image metadata into SQLite, durable", rate, "messages/s", string.Create(CultureInfo.InvariantCulture, $"{lost} lost"), null, "≥ 1000 messages/s, 0 lost", rate >= 1000 && lost == 0);
    }

    private async Task<(BenchRow P99, BenchRow Memory, BenchRow Change)> FleetAsync(HttpClient admin, CancellationToken cancellationToken)
    {
        tell($"SAM: {Scanners} scanners connect");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var seconds = new List<double>(Scanners * 4);
        var heard = 0;
        var changeHeard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var follow = new List<Task>();
        var gate = new SemaphoreSlim(64);
        var beat = _clients.Select((client, i) => Task.Run(() => BeatAsync(client, i, seconds, gate, over.Token), CancellationToken.None)).ToArray();
        await Task.Delay(Heartbeat * 2, cancellationToken); // all are connected, and the compiler has had its second thoughts
        foreach (var client in _clients.Take(HearersOfAChange))
        {
            follow.Add(Task.Run(
                async () =>
                {
                    var tag = (await client.GetConfigurationAsync(null, TimeSpan.Zero, over.Token))!.Tag;
                    Interlocked.Increment(ref heard);
                    await client.GetConfigurationAsync(tag, TimeSpan.FromSeconds(60), over.Token);
                    if (Interlocked.Decrement(ref heard) == 0)
                        changeHeard.SetResult();
                },
                CancellationToken.None));
        }

        while (Volatile.Read(ref heard) < HearersOfAChange)
            await Task.Delay(10, cancellationToken);
        lock (seconds)
            seconds.Clear();
        tell($"SAM: {Scanners} scanners for {Measured.TotalSeconds:0} s");
        await Task.Delay(Measured, cancellationToken);
        double p99;
        lock (seconds)
            p99 = seconds.Order().ElementAt(seconds.Count * 99 / 100) * 1000;
        var memory = Process.GetProcessById(_server!.Id).PeakWorkingSet64 / 1e6;
        var clock = Stopwatch.StartNew();
        using var changed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=bench", new { images = new { imageQuality = Random.Shared.Next(60, 100) } }, cancellationToken);
        changed.EnsureSuccessStatusCode();
        await changeHeard.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        var reached = clock.Elapsed.TotalSeconds;
        await over.CancelAsync();
        await Task.WhenAll(beat);
        return (
            new BenchRow($"{Scanners} scanners, heartbeat every 10 s: p99", p99, "ms", null, null, "≤ 50 ms", p99 <= 50),
            new BenchRow($"{Scanners} scanners: peak memory of SAM", memory, "MB", null, null, "≤ 400 MB", memory <= 400),
            new BenchRow($"a change reaches {HearersOfAChange} scanners", reached, "s", null, null, "≤ 2 s", reached <= 2));
    }

    // Each at its own moment of the ten seconds, as scanners that were not switched on together.
    private static async Task BeatAsync(SamClient client, int scanner, List<double> seconds, SemaphoreSlim connecting, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Heartbeat * ((double)scanner / Scanners), cancellationToken);
            await connecting.WaitAsync(cancellationToken);
            try
            {
                await client.ReportAsync(Idle(), cancellationToken);
            }
            finally
            {
                connecting.Release();
            }

            using var timer = new PeriodicTimer(Heartbeat);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var started = Stopwatch.GetTimestamp();
                await client.ReportAsync(Idle(), cancellationToken);
                lock (seconds)
                    seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
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
