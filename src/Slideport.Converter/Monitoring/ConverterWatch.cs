using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter.Completion;
using Slideport.Converter.Delivery;
using Slideport.Converter.Destinations;
using Slideport.Converter.Receiving;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Readiness;

namespace Slideport.Converter.Monitoring;

/// <summary>How the converter is doing now: what its gauges show, and whether it is ready.</summary>
/// <remarks>A share that hangs must not hang whoever looks at a gauge: the image store is asked by its readiness check alone, and remembered.</remarks>
internal sealed class ConverterWatch(SlideSpool spool, ImageStores stores, StoreReceiver receiver, TimeProvider time)
{
    private static readonly (SlideState State, KeyValuePair<string, object?> Label)[] Stages =
        [.. Enum.GetValues<SlideState>().Where(s => s != SlideState.Purged).Select(s => (s, new KeyValuePair<string, object?>("stage", s.ToString().ToLowerInvariant())))];

    private volatile StoreRoom? _storeRoom;

    private sealed record StoreRoom(DiskSpace Space);

    /// <summary>Reports for scanners that have left.</summary>
    internal required CommitmentReports Reports { get; init; }

    /// <summary>Reports for SAM; null without one.</summary>
    internal SamReports? SamReports { get; init; }

    /// <summary>The further destinations.</summary>
    internal IReadOnlyList<DestinationLane> Destinations { get; init; } = [];

    /// <summary>How many slides are owed to destinations that no setting names any more, by their names.</summary>
    internal Func<IEnumerable<KeyValuePair<string, int>>> Unnamed { get; init; } = () => [];

    /// <summary>The certificates of the port; null without TLS.</summary>
    internal ConverterTls? Tls { get; init; }

    internal long OpenAssociations => receiver.OpenAssociations;

    /// <summary>What the converter needs.</summary>
    internal IReadOnlyList<ReadinessCheck> Checks => [new("spool", SpoolProblemAsync), new("image store", StoreProblemAsync)];

    internal IEnumerable<Measurement<long>> SlidesByStage()
    {
        var counts = Records().CountBy(r => r.State).ToDictionary();
        return Stages.Select(s => new Measurement<long>(counts.GetValueOrDefault(s.State), s.Label));
    }

    internal IEnumerable<Measurement<double>> OldestByStage()
    {
        var oldest = Records().GroupBy(r => r.State).ToDictionary(g => g.Key, g => g.Min(r => r.Since));
        return Stages.Select(s => new Measurement<double>(oldest.TryGetValue(s.State, out var since) ? Age(since) : 0, s.Label));
    }

    internal IEnumerable<Measurement<long>> QueueSizes() => Queues().Select(q => new Measurement<long>(q.Waiting.Count, Queue(q.Name)));

    internal IEnumerable<Measurement<double>> QueueAges() => Queues().Select(q => new Measurement<double>(q.Waiting.Count == 0 ? 0 : Age(q.Waiting.Min()), Queue(q.Name)));

    internal IEnumerable<Measurement<long>> OwedSlides()
    {
        foreach (var lane in Destinations)
        {
            var stuck = lane.Owed.CountBy(o => o.State.IsStuck).ToDictionary();
            yield return new Measurement<long>(stuck.GetValueOrDefault(false), Destination(lane), new KeyValuePair<string, object?>("stage", "waiting"));
            yield return new Measurement<long>(stuck.GetValueOrDefault(true), Destination(lane), new KeyValuePair<string, object?>("stage", "failed"));
        }

        foreach (var (name, slides) in Unnamed())
            yield return new Measurement<long>(slides, new KeyValuePair<string, object?>("destination", name), new KeyValuePair<string, object?>("stage", "failed"));
    }

    internal IEnumerable<Measurement<double>> OldestOwed() => Destinations.Select(
        lane => new Measurement<double>(lane.Owed.Select(o => Age(o.Slide.Record!.Since)).DefaultIfEmpty().Max(), Destination(lane)));

    internal IEnumerable<Measurement<long>> DestinationsDown() => Destinations.Select(lane => new Measurement<long>(lane.Problem is null ? 0 : 1, Destination(lane)));

    internal IEnumerable<Measurement<double>> Room(Func<DiskSpace, double> of)
    {
        yield return new Measurement<double>(of(DurableFile.Space(spool.Folder.Root)), FileSystem("spool"));
        if (_storeRoom is { } room)
            yield return new Measurement<double>(of(room.Space), FileSystem("image_store"));
    }

    internal IEnumerable<Measurement<double>> Certificates()
    {
        if (Tls is null)
            yield break;
        var (own, shown) = (Tls.Certificate(MachineNames.Converter).TargetCertificate, Tls.Certificate("").TargetCertificate);
        yield return new Measurement<double>(SecondsLeft(own), Holder("role:converter"));
        if (!own.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span))
            yield return new Measurement<double>(SecondsLeft(shown), Holder("installed"));
        foreach (var authority in Tls.ClientAuthorities)
            yield return new Measurement<double>(SecondsLeft(authority), Holder("authority"));
    }

    private Task<string?> SpoolProblemAsync(CancellationToken cancellationToken) => Task.Run(() =>
    {
        try
        {
            if ((receiver.Disk.Refusal() ?? receiver.Disk.AssociationRefusal()) is { } refusal)
                return refusal;
            spool.Folder.ProveWritable();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The spool cannot be written: {e.Message}";
        }
    }, cancellationToken);

    private async Task<string?> StoreProblemAsync(CancellationToken cancellationToken)
    {
        var look = await stores.LookAsync(null, isTrial: false).WaitAsync(cancellationToken);
        _storeRoom = look is { FreeBytes: { } free, TotalBytes: { } total } ? new StoreRoom(new DiskSpace(free, total)) : null;
        return look.Problem;
    }

    private IEnumerable<SlideRecord> Records() => spool.Slides.Select(s => s.Record).OfType<SlideRecord>();

    private IEnumerable<(string Name, IReadOnlyCollection<DateTimeOffset> Waiting)> Queues()
    {
        yield return ("commitment_reports", [.. Reports.WaitingSince]);
        if (SamReports is not null)
            yield return ("slide_reports", [.. SamReports.WaitingSince]);
    }

    private double Age(DateTimeOffset since) => Math.Max(0, (time.GetUtcNow() - since).TotalSeconds);

    private double SecondsLeft(X509Certificate2 certificate) => (new DateTimeOffset(certificate.NotAfter) - time.GetUtcNow()).TotalSeconds;

    // Named by whoever writes the settings, sixteen at most.
    private static KeyValuePair<string, object?> Destination(DestinationLane lane) => new("destination", lane.Destination.Name);

    private static KeyValuePair<string, object?> Queue(string name) => new("queue", name);

    private static KeyValuePair<string, object?> FileSystem(string name) => new("filesystem", name);

    private static KeyValuePair<string, object?> Holder(string name) => new("holder", name);
}
