using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;
using Slideport.Slides;

namespace Slideport.Scanner;

/// <summary>
/// Scans the slides of a rack one by one and sends each while the next is scanned, as a scanner does. The disk holds those being sent, one that
/// waits and one being scanned; a slide that was acknowledged and committed is removed.
/// </summary>
/// <remarks>Interleaved sending alone needs all slides at once, and has them scanned first.</remarks>
internal sealed class RackRun
{
    private readonly IReadOnlyList<ScanSource> _sources;
    private readonly ScanOptions _options;
    private readonly SendTarget _target;
    private readonly string _folder;
    private readonly SendMeter _meter;
    private readonly RateLimit? _rate;
    private readonly int _count;
    private readonly ConcurrentDictionary<int, SendLedger> _ledgers = new();
    private readonly List<(string, Refusal)> _refusals = [];
    private readonly List<string> _warnings = [];
    private TimeSpan _waited; // until the first slide was scanned there was nothing to send
    private volatile bool _isGivenUp;

    /// <summary>Prepares a run.</summary>
    /// <param name="sources">The slides in the rack.</param>
    /// <param name="folder">Where scans lie until they are sent; kept there when <see cref="ScanOptions.Folder"/> says so.</param>
    /// <param name="target">The receiver.</param>
    /// <param name="options">What to do.</param>
    /// <param name="progress">Told of every step.</param>
    public RackRun(IReadOnlyList<ScanSource> sources, string folder, SendTarget target, ScanOptions options, IProgress<SendProgress>? progress)
    {
        (_sources, _folder, _target, _options) = (sources, folder, target, options);
        _count = sources.Count * options.Count;
        _meter = new SendMeter(_count, progress, options.Send.TimeProvider);
        _rate = options.Send.BytesPerSecond is { } rate ? new RateLimit(rate, options.Send.TimeProvider) : null;
    }

    /// <summary>Scans and sends everything.</summary>
    public async Task<ScanResult> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isInterleaved = _options.Send.Order == SendOrder.Interleaved;
        var scanned = isInterleaved ? Channel.CreateUnbounded<Scan>() : Channel.CreateBounded<Scan>(1);
        var scanning = OrStopAsync(Task.Run(() => ScanAllAsync(scanned.Writer, stop.Token), stop.Token), stop);
        if (isInterleaved) await scanning;
        await Task.WhenAll([scanning, .. isInterleaved ? [SendTogetherAsync(scanned.Reader, stop.Token)] : Lanes(scanned.Reader, stop)]);

        var elapsed = _ledgers.IsEmpty ? TimeSpan.Zero : _meter.Elapsed - _waited;
        var ordered = _ledgers.OrderBy(ledger => ledger.Key).Select(ledger => ledger.Value).ToList();
        return new ScanResult(
            new SendLedger([.. ordered.SelectMany(ledger => ledger.Instances)], elapsed, ordered.Select(l => l.CommitmentProblem).FirstOrDefault(p => p is not null)),
            _refusals, _warnings);
    }

    private IEnumerable<Task> Lanes(ChannelReader<Scan> scanned, CancellationTokenSource stop)
    {
        var lanes = Math.Clamp(_options.Send.Parallel, 1, Math.Max(1, _count));
        // Associations that are left over, when there are fewer slides, share a slide.
        return Enumerable.Range(0, lanes).Select(lane => OrStopAsync(
            SendOneByOneAsync(scanned, _options.Send.Parallel / lanes + (lane < _options.Send.Parallel % lanes ? 1 : 0), stop.Token), stop));
    }

    private async Task ScanAllAsync(ChannelWriter<Scan> scanned, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_isGivenUp)
            {
                _warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{_count - i} more scans were not made: the receiver cannot be reached or does not want them"));
                break;
            }

            var source = _sources[i / _options.Count];
            var place = Path.Join(_folder, string.Create(CultureInfo.InvariantCulture, $"scan-{i}"));
            var began = _options.Send.TimeProvider.GetUtcNow();
            var result = VirtualStage.Scan(source, place, Numbered(_options.Slide, source, i), cancellationToken);
            ScannerSpans.Scanned(result.Files, began, _options.Send.TimeProvider.GetUtcNow());
            _options.Scanned?.Invoke(i + 1);
            if (i == 0) _waited = _meter.Elapsed;
            _warnings.AddRange(result.Warnings.Select(warning => $"{source.Name}: {warning}"));
            if (result.Refusal is { } refusal) _refusals.Add((source.Name, refusal));
            else await scanned.WriteAsync(new Scan(i, place, result.Files), cancellationToken);
        }

        scanned.Complete();
    }

    private async Task SendOneByOneAsync(ChannelReader<Scan> scanned, int parallel, CancellationToken cancellationToken)
    {
        await foreach (var scan in scanned.ReadAllAsync(cancellationToken))
        {
            // Nobody is there: what has been scanned already is offered once more, for the ledger.
            var options = _options.Send with { Parallel = parallel, Retries = _isGivenUp ? 0 : _options.Send.Retries };
            var sender = new InstanceSender([scan.Files], _target, options, _meter, _rate);
            var began = _options.Send.TimeProvider.GetUtcNow();
            var ledger = await sender.SendAsync(cancellationToken);
            ScannerSpans.Sent(scan.Files, began, _options.Send.TimeProvider.GetUtcNow(), ledger);
            _ledgers[scan.Number] = ledger;
            _options.Sent?.Invoke(ledger.Instances);
            if (sender.IsGivenUp) _isGivenUp = true;
            if (_options.Folder is null && ledger.IsComplete) Directory.Delete(scan.Folder, recursive: true);
        }
    }

    private async Task SendTogetherAsync(ChannelReader<Scan> scanned, CancellationToken cancellationToken)
    {
        var slides = await scanned.ReadAllAsync(cancellationToken).Select(scan => scan.Files).ToListAsync(cancellationToken);
        _waited = _meter.Elapsed;
        var began = _options.Send.TimeProvider.GetUtcNow();
        var ledger = _ledgers[0] = await new InstanceSender(slides, _target, _options.Send, _meter, _rate).SendAsync(cancellationToken);
        foreach (var files in slides)
        {
            ScannerSpans.Sent(files, began, _options.Send.TimeProvider.GetUtcNow(), ledger);
            _options.Sent?.Invoke([.. ledger.Instances.Where(i => files.Contains(i.Path))]);
        }
    }

    /// <summary>Who fails stops the others, who would wait for him for ever.</summary>
    private static async Task OrStopAsync(Task work, CancellationTokenSource stop)
    {
        try
        {
            await work;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>The slide in the next slot.</summary>
    private static SlideOptions Numbered(SlideOptions options, ScanSource source, int number)
    {
        if (source.Path is null && options.Barcode is null) options = options with { Barcode = "GENERATED" };
        if (number == 0) return options;
        return options with
        {
            Barcode = options.Barcode is { } barcode ? string.Create(CultureInfo.InvariantCulture, $"{barcode}-{number + 1}") : null,
            Slot = options.Slot + number,
            Seed = unchecked(options.Seed + number),
        };
    }

    private sealed record Scan(int Number, string Folder, IReadOnlyList<string> Files);
}
