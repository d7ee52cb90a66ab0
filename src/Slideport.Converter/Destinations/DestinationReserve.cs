using Microsoft.Extensions.Logging;
using Slideport.Converter.Monitoring;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Converter.Destinations;

/// <summary>
/// Keeps room in the spool for scanners: where a destination has been away for so long that the slides waiting for it fill the disk, it lets go of those
/// that have waited longest. Only of slides that nothing else holds: delivered, verified, their retention over.
/// </summary>
internal sealed class DestinationReserve : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly SlideSpool _spool;
    private readonly IReadOnlyList<DestinationLane> _lanes;
    private readonly ConverterOptions _options;
    private readonly Action<SpooledSlide> _wake;
    private readonly ConverterMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private BackgroundLoop? _loop;

    internal DestinationReserve(
        SlideSpool spool, IReadOnlyList<DestinationLane> lanes, ConverterOptions options, (Action<SpooledSlide> Wake, ConverterMetrics Metrics) told, (TimeProvider Time, ILogger Log) surroundings)
    {
        (_spool, _lanes, _options) = (spool, lanes, options);
        (_wake, _metrics) = told;
        (_time, _log) = surroundings;
    }

    internal void Start()
    {
        foreach (var lane in _lanes)
            _metrics.LetGo(lane.Destination.Name, 0);
        if (_options.DestinationReservePercent > 0)
            _loop = new BackgroundLoop("Room for scanners", Tick, KeepAsync, _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Bytes that must become free for the disk to have its reserve.</summary>
    internal static long Missing(DiskSpace space, ConverterOptions options) =>
        Math.Max((long)(space.TotalBytes * (options.DestinationReservePercent / 100.0)), 2 * options.SpoolReserveBytes) - space.FreeBytes;

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        var missing = Missing(DurableFile.Space(_spool.Folder.Root), _options);
        if (missing <= 0)
            return;
        // What goes already, as soon as its worker comes to it.
        missing -= OverdueSlides().Where(s => s.Record!.Destinations.All(d => d.IsSettled) && s.Record.NotBefore is null).Sum(Bytes);
        // What is on its way now comes last: else a destination that is slow would never get anything.
        var onTheirWay = _lanes.Select(l => l.Current).ToHashSet();
        foreach (var slide in OverdueSlides().Where(s => s.Record!.Destinations.Any(d => !d.IsSettled)).OrderBy(onTheirWay.Contains).ThenBy(s => s.Record!.Since))
        {
            if (missing <= 0)
                return;
            await LetGoAsync(slide, cancellationToken);
            missing -= Bytes(slide);
        }
    }

    private SpooledSlide[] OverdueSlides() =>
        [.. _spool.Slides.Where(s => s.Record is { State: SlideState.Verified } record && _time.GetUtcNow() - record.Since >= _options.Retention)];

    private static long Bytes(SpooledSlide slide) => slide.Receipts().Sum(r => r.DataSetOffset + r.DataSetBytes);

    private async Task LetGoAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            var record = slide.Record!;
            var owed = record.Destinations.Where(d => !d.IsSettled).ToArray();
            if (record.State != SlideState.Verified || owed.Length == 0)
                return;
            SlideDestination LetGo(SlideDestination d) => d.IsSettled ? d : d.Step(DestinationState.LetGo, _time.GetUtcNow(), Reason(slide, d));
            SlideSpool.Save(slide, record with { Destinations = [.. record.Destinations.Select(LetGo)] });
            foreach (var destination in owed)
            {
                Log.DestinationLetGo(_log, slide.Key.SeriesInstanceUid, slide.Key.Name, destination.Name, Reason(slide, destination));
                _metrics.LetGo(destination.Name, 1);
            }
        }
        finally
        {
            slide.Gate.Release();
        }

        _wake(slide);
    }

    private static string Reason(SpooledSlide slide, SlideDestination destination)
    {
        var manifest = slide.Record!.Manifest!;
        var wayBack = manifest.IsAsReceived
            ? $"'slideport spool resend {slide.Key.Name} {destination.Name}' makes it again from '{manifest.Path}'"
            : $"it cannot be made again here, for '{manifest.Path}' does not hold the instances as they came";
        return $"The spool needed the room for scanners; {wayBack}. Before that: {destination.Reason}";
    }
}
