using System.Diagnostics;
using System.Globalization;
using Slideport.ImageStore.Smb;
using Slideport.Scanner.Slides;

namespace Slideport.Bench;

/// <summary>
/// Measures the way of a slide onto an SMB share, encrypted. First the delivery of a finished one: sent, read back, compared, named; in turn with it
/// smbclient puts the same file there, and reads nothing back. Then from the last byte that was received until it has its final name, everything between
/// included (what is left to convert as well): from a scanner at its own pace, and as fast as this machine can send, which takes the processor from
/// what goes on to the share meanwhile.
/// </summary>
internal sealed class StoreBenchmark(string program, string folder, SlideSender sender, Action<string> tell)
{
    private const int Rounds = 3;
    private const string Name = "last byte to the final name on an encrypted share, per GB, from a scanner at 40 MB/s";
    private const string Delivery = "a finished slide to an encrypted share: sent, read back, compared, named";

    // A gigabyte in 25 seconds: a GT 450 makes one in half a minute.
    private const long ScannerBytesPerSecond = 40_000_000;

    // For what a receiver does with the warm-up after it has answered.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>Runs all of it.</summary>
    /// <param name="files">The slide's instances.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<IReadOnlyList<BenchRow>> RunAsync(List<string> files, CancellationToken cancellationToken)
    {
        const string RateGoal = "≥ 0.80";
        if (SambaPeer.Missing is { } missing)
            return [new BenchRow(Delivery, 0, "MB/s", missing, null, RateGoal, null)];
        using var samba = await SambaPeer.StartAsync(Path.Join(folder, "samba"), cancellationToken);
        var small = VirtualStage.Scan(ScanSource.Generated, Path.Join(folder, "small-for-share"), new SlideOptions { Size = (4000, 3000) }, cancellationToken);
        var (ours, theirs, paced, fast, bytes) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), 0L);
        for (var i = 0; i < Rounds; i++)
        {
            tell($"an encrypted share, round {i + 1} of {Rounds}");
            var delivered = await ReceiveAsync(samba, (small.Files, files), (null, fast), cancellationToken);
            bytes = new FileInfo(delivered).Length;
            ours.Add(await DeliverAsync(samba, delivered, cancellationToken));
            theirs.Add(await samba.PutAsync(delivered, "put.svs", cancellationToken));
            File.Delete(Path.Join(samba.Share, "put.svs"));
            Directory.Delete(Path.GetDirectoryName(delivered)!, recursive: true);
            delivered = await ReceiveAsync(samba, (small.Files, files), (ScannerBytesPerSecond, paced), cancellationToken);
            Directory.Delete(Path.GetDirectoryName(delivered)!, recursive: true);
        }

        var (us, them, scanner) = (Benchmark.Median(ours), Benchmark.Median(theirs), Benchmark.Median(paced) / (bytes / 1e9));
        return
        [
            new BenchRow(Delivery, bytes / 1e6 / us, "MB/s", string.Create(CultureInfo.InvariantCulture, $"smbclient put, encrypted, not read back: {bytes / 1e6 / them:0} MB/s"), them / us, RateGoal, them / us >= 0.8),
            new BenchRow(Name, scanner, "s/GB", string.Create(CultureInfo.InvariantCulture, $"from a sender as fast as this machine: {Benchmark.Median(fast) / (bytes / 1e9):0.00} s/GB"), null, "≤ 2 s/GB", scanner <= 2),
        ];
    }

    // Seconds that the delivery of a file takes, from when it is finished until it has its name.
    private async Task<double> DeliverAsync(SambaPeer samba, string file, CancellationToken cancellationToken)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"smb://127.0.0.1:{samba.Port}/slides/images");
        if (!SmbLocation.TryParse(address, out var location, out var problem))
            throw new InvalidOperationException(problem);
        using var store = new SmbImageStore(location, new SmbSurroundings(Path.Join(folder, "delivery"), Path.Join(samba.Credentials, location.Server), SmbProgram.Self));
        await store.CheckAsync(null, cancellationToken);
        var delivery = store.Begin("bench");
        Directory.CreateDirectory(Path.GetDirectoryName(delivery.PartPath)!);
        File.Copy(file, delivery.PartPath);
        var clock = Stopwatch.StartNew();
        await delivery.FlushAsync(cancellationToken);
        await delivery.ReadBackAsync(cancellationToken);
        if (!await delivery.TryPublishAsync("bench.svs", cancellationToken))
            throw new InvalidOperationException("The name was taken.");
        return clock.Elapsed.TotalSeconds;
    }

    // Its file on the share.
    private async Task<string> ReceiveAsync(SambaPeer samba, (IReadOnlyList<string> Small, IReadOnlyList<string> Large) slides, (long? BytesPerSecond, List<double> Seconds) run, CancellationToken cancellationToken)
    {
        var (data, images) = (Path.Join(folder, "shared"), Path.Join(samba.Share, "images"));
        Directory.CreateDirectory(images);
        using (var server = await Served.StartAsync(
            program, data, folder,
            [string.Create(CultureInfo.InvariantCulture, $"--ImageStore:Location=smb://127.0.0.1:{samba.Port}/slides/images"), $"--ImageStore:Credentials={samba.Credentials}"], cancellationToken))
        {
            await sender.SendAsync(server.Port, [slides.Small], 1, commit: true, cancellationToken);
            await DeliveredAsync(images, 1, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            var clock = Stopwatch.StartNew();
            var sent = new LastByte(clock);
            await sender.SendAsync(server.Port, [slides.Large], 1, commit: true, cancellationToken, progress: sent, bytesPerSecond: run.BytesPerSecond);
            await DeliveredAsync(images, 2, cancellationToken);
            run.Seconds.Add((clock.Elapsed - sent.At).TotalSeconds);
            tell(string.Create(CultureInfo.InvariantCulture, $"received in {sent.At.TotalSeconds:0.00} s, on the share {run.Seconds[^1]:0.00} s later"));
        }

        Directory.Delete(data, recursive: true);
        return new DirectoryInfo(images).GetFiles("*.svs").MaxBy(f => f.Length)!.FullName;
    }

    private static async Task DeliveredAsync(string images, int count, CancellationToken cancellationToken)
    {
        while (Directory.EnumerateFiles(images, "*.svs").Count() < count)
            await Task.Delay(5, cancellationToken);
    }
}
