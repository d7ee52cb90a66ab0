using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Slides;

namespace Slideport.Converter.Sam;

/// <summary>
/// Tells SAM where each slide is, and how the converter is doing. The spool is the truth: what was told is remembered in memory only, and a
/// converter that starts tells everything once more.
/// </summary>
internal sealed class SamReports : IAsyncDisposable
{
    // Slides that were purged while SAM was away; beyond it SAM will know them as verified, which they were.
    private const int MaxForgotten = 10_000;
    private const int MaxReasonChars = 1000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HealthPeriod = TimeSpan.FromSeconds(3);

    private readonly string _name;
    private readonly SamLine _session;
    private readonly KnownScanners _scanners;
    private readonly SlideSpool _spool;
    private readonly ImageStores _stores;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentQueue<SpooledSlide> _forgotten = new();
    private BackgroundLoop? _loop;
    private long? _healthToldAt;

    internal SamReports((string Name, SamAddress Sam) who, KnownScanners scanners, SlideSpool spool, ImageStores stores, (TimeProvider Time, ILogger Log) surroundings)
    {
        (_time, _log) = surroundings;
        _name = who.Name;
        _session = new SamLine(who.Sam, "slides", _log);
        _scanners = scanners;
        _spool = spool;
        _stores = stores;
        spool.Forgotten += OnForgotten;
    }

    /// <summary>Where the further destinations are: SAM hears how these places are doing, too.</summary>
    internal IReadOnlyList<string> Destinations { get; init; } = [];

    internal void Start() => _loop = new BackgroundLoop("SAM's slides", Period, stop => _session.AskAsync(TellAsync, stop), _time, _log);

    public async ValueTask DisposeAsync()
    {
        _spool.Forgotten -= OnForgotten;
        if (_loop is not null)
            await _loop.DisposeAsync();
        _session.Dispose();
    }

    private void OnForgotten(SpooledSlide slide)
    {
        if (_forgotten.Count < MaxForgotten)
            _forgotten.Enqueue(slide);
    }

    /// <summary>Since when each slide is where SAM does not know it to be.</summary>
    internal IEnumerable<DateTimeOffset> WaitingSince => Untold().Select(s => s.Record.Since);

    private IEnumerable<(SpooledSlide Slide, SlideRecord Record)> Untold()
    {
        foreach (var slide in _spool.Slides.Concat(_forgotten))
        {
            if (slide.Record is { } record && !SaysTheSame(slide.Told, record))
                yield return (slide, record);
        }
    }

    private async Task TellAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        if (_healthToldAt is not { } told || _time.GetElapsedTime(told) >= HealthPeriod)
        {
            // What SAM wants to know of a file location that somebody is about to set is told at once.
            var health = await HealthAsync(cancellationToken);
            var wanted = await sam.TellAsync(_name, health, cancellationToken);
            if (wanted.Locations.Count > 0)
                await sam.TellAsync(_name, health with { Trials = await TryAsync(wanted.Locations) }, cancellationToken);
            _healthToldAt = _time.GetTimestamp();
        }

        foreach (var chunk in Untold().ToArray().Chunk(SlideReport.MaxReports))
        {
            await sam.TellAsync(_name, [.. chunk.Select(s => Report(s.Slide, s.Record))], cancellationToken);
            foreach (var (slide, record) in chunk)
                slide.Told = record;
        }

        // In their order: whoever was told of may go.
        while (_forgotten.TryPeek(out var first) && SaysTheSame(first.Told, first.Record!))
            _forgotten.TryDequeue(out _);
    }

    private static bool SaysTheSame(SlideRecord? told, SlideRecord record) => told is not null && told.Steps == record.Steps && ReasonOf(told) == ReasonOf(record);

    // SAM knows one state of a slide; what a further destination is waiting for it is told as a part of the reason.
    private static string ReasonOf(SlideRecord record)
    {
        var reason = string.Join(' ', record.Destinations.Where(d => !d.IsSettled || d.State == DestinationState.LetGo).Select(d => $"Destination {d.Name} is {d.State.ToString().ToLowerInvariant()}: {d.Reason}").Prepend(record.Reason));
        return reason.Length <= MaxReasonChars ? reason : reason[..MaxReasonChars];
    }

    private SlideReport Report(SpooledSlide slide, SlideRecord record) => new()
    {
        Slide = slide.Key.Name,
        Revision = record.Revision,
        Step = record.Steps,
        Stage = Enum.Parse<SlideStage>(record.State.ToString()),
        Since = record.Since,
        Reason = ReasonOf(record),
        SerialNumber = _scanners.SerialNumberOf(record.Scanner),
        SeriesInstanceUid = record.SeriesInstanceUid,
        Instances = slide.Count,
        ReceivedAt = record.History[0].At,
        Location = record.Manifest?.Location,
        Path = record.Manifest?.Path,
        Bytes = record.Manifest?.Bytes,
        Sha256 = record.Manifest?.Sha256,
    };

    private async Task<IReadOnlyList<FileLocationHealth>> TryAsync(IReadOnlyList<string> locations) => await Task.WhenAll(
        locations.Take(ConverterHealth.MaxLocations).Select(async l => await _stores.LookAsync(l.Length == 0 ? null : _stores.Named(l), isTrial: true) with { Location = l }));

    private async Task<ConverterHealth> HealthAsync(CancellationToken cancellationToken)
    {
        var own = _stores.LookAsync(null, isTrial: false);
        var named = Task.WhenAll(Locations().Take(ConverterHealth.MaxLocations).Select(l => _stores.LookAsync(l, isTrial: false)));
        await Task.WhenAll(own, named).WaitAsync(cancellationToken);
        var store = await own;
        var spool = DurableFile.Space(_spool.Folder.Root);
        var records = _spool.Slides.Select(s => s.Record).OfType<SlideRecord>().ToArray();
        return new ConverterHealth
        {
            ImageStore = store.Location,
            ImageStoreProblem = store.Problem,
            ImageStoreFreeBytes = store.FreeBytes,
            ImageStoreTotalBytes = store.TotalBytes,
            FileLocations = await named,
            SpoolFreeBytes = spool.FreeBytes,
            SpoolTotalBytes = spool.TotalBytes,
            Slides = records.CountBy(r => Enum.Parse<SlideStage>(r.State.ToString())).ToDictionary(),
            OldestUndelivered = records.Where(r => !r.State.IsPublished()).Select(r => (DateTimeOffset?)r.History[0].At).Min(),
        };
    }

    // Those that slides of this converter go to: what SAM names for scanners of another one need not be here.
    private IEnumerable<string> Locations()
    {
        var named = _scanners.Locations.ToHashSet(StringComparer.Ordinal);
        var used = _stores.Used.OfType<string>().Where(named.Contains);
        return used.Union(_spool.Slides.Select(s => _scanners.SettingsOf(s.Key.Scanner).Location).OfType<string>().Distinct(StringComparer.Ordinal), StringComparer.Ordinal)
            .Union(Destinations, StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }
}
