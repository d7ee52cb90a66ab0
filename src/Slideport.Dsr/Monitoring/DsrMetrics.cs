using System.Diagnostics.Metrics;

namespace Slideport.Dsr.Monitoring;

/// <summary>What the DSR counts and shows; docs/monitoring.md explains each.</summary>
/// <remarks>Requests, those for tiles above all, are counted by ASP.NET Core itself (<c>http.server.request.duration</c>). No label says anything of a slide.</remarks>
internal sealed class DsrMetrics : IDisposable
{
    internal const string MeterName = "Slideport.Dsr";

    private readonly Counter<long> _images;
    private readonly Counter<long> _scrubbed;

    internal DsrMetrics()
    {
        _images = Meter.CreateCounter<long>("slideport.dsr.images", "{image}", "Images SAM told of, those that were known before left out.");
        _scrubbed = Meter.CreateCounter<long>("slideport.dsr.slides.read", "{slide}", "Slides that were read as a whole to compare them with their hash, by outcome: good, or bad where their bytes are others or missing.");
        Meter.CreateObservableUpDownCounter("slideport.dsr.slides", () => Watch?.Slides() ?? [], "{slide}", "Slides in the catalogue, by state: present, missing, changed, unreadable, removing, removed; counted once a minute.");
        Meter.CreateObservableUpDownCounter("slideport.dsr.queue.size", () => Watch?.Queues() ?? [], "{item}", "What waits, by queue: arriving slides, awaited ones that scanners have told of, openings SAM has not taken.");
        Meter.CreateObservableGauge("slideport.dsr.image_store.time_to_full", () => Watch?.TimeToFull() ?? [], "s", "Time until an image file system is full at the pace of the last week; nothing when nobody can know.");
        Meter.CreateObservableGauge("slideport.dsr.image_store.free", () => Watch?.Room(l => l.FreeBytes) ?? [], "By", "Room left on an image file system.");
        Meter.CreateObservableGauge("slideport.dsr.image_store.size", () => Watch?.Room(l => l.TotalBytes) ?? [], "By", "Room in all on an image file system.");
    }

    internal Meter Meter { get; } = new(MeterName);

    /// <summary>What the gauges look at; null before the DSR has started.</summary>
    internal DsrWatch? Watch { get; set; }

    internal void Took(int images) => _images.Add(images);

    internal void Scrubbed(bool isGood) => _scrubbed.Add(1, new KeyValuePair<string, object?>("outcome", isGood ? "good" : "bad"));

    public void Dispose() => Meter.Dispose();
}
