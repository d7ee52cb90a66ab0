using System.Diagnostics.Metrics;
using Slideport.Sam.Images;

namespace Slideport.Sam.Monitoring;

/// <summary>What SAM counts and times; docs/monitoring.md explains each.</summary>
/// <remarks>
/// Requests to its API are counted by ASP.NET Core itself (<c>http.server.request.duration</c>). Labels hold outcomes, and the names of what
/// administrators have added: scanners, roles, converters; never what a message says.
/// </remarks>
internal sealed class SamMetrics : IDisposable
{
    internal const string MeterName = "Slideport.Sam";

    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly Counter<long> _heartbeats;
    private readonly Counter<long> _images;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _notifications;
    private readonly Histogram<double> _writes;

    internal SamMetrics()
    {
        _heartbeats = Meter.CreateCounter<long>("slideport.sam.heartbeats", "{heartbeat}", "Heartbeats of scanners.");
        _images = Meter.CreateCounter<long>("slideport.sam.images", "{image}", "Images scanners told of, by outcome: stored, known, or conflict with what was told before.");
        _forwarded = Meter.CreateCounter<long>("slideport.sam.dsr.messages", "{message}", "Attempts to bring image metadata to the DSR, by outcome: taken, refused for good, or failed and tried again.");
        _notifications = Meter.CreateCounter<long>("slideport.sam.notifications", "{notification}", "Attempts to send a notification, by channel and outcome: sent, failed and tried again, or dropped after a day.");
        _writes = Meter.CreateHistogram("slideport.sam.database.write.duration", "s", "How long a transaction took from being asked for until it was durable, by outcome: written or failed.", advice: Seconds);
        Gauge("slideport.sam.scanner.up", null, "Whether a scanner's heartbeats come (1), or three are missing or none ever came (0).", watch => watch.ScannersUp());
        Gauge("slideport.sam.scanner.last_heard.timestamp", "s", "When a scanner was last heard of, in seconds since 1970; nothing before its first heartbeat.", watch => watch.ScannersHeard());
        Gauge("slideport.sam.scanner.clock.offset", "s", "How far a scanner's clock is ahead of SAM's; nothing before it has told.", watch => watch.ClockOffsets());
        Gauge("slideport.sam.converter.up", null, "Whether a converter has reported within the last minute.", watch => watch.ConvertersUp());
        Gauge("slideport.sam.image_store.time_to_full", "s", "Time until a place that a converter delivers to is full at the pace of the last week; nothing when nobody can know.", watch => watch.TimeToFull());
        Gauge("slideport.sam.filesystem.free", "By", "Room left on the disks of SAM's own machine, by what lies there: database (where it is embedded), identity.", watch => watch.Room(space => space.FreeBytes));
        Gauge("slideport.sam.filesystem.size", "By", "Room in all on these disks, by what lies there.", watch => watch.Room(space => space.TotalBytes));
        Gauge("slideport.sam.housekeeping.up", null, "Whether work SAM does by itself was done when it was last tried (1) or failed (0), by work.", watch => watch.Housekeeping());
        Count("slideport.sam.queue.size", "{item}", "What waits, by queue: dsr and audit_repository where the settings of SAM or of a scanner name one, dsr_dead (refused for good), notifications.", watch => watch.QueueSizes());
        Gauge("slideport.sam.queue.oldest.age", "s", "How old the oldest of it is, by queue; 0 when nothing waits.", watch => watch.QueueAges());
        Gauge("slideport.sam.certificate.remaining", "s", "Time until the last certificate of a holder ends: role:NAME, scanner:SERIAL, authority.", watch => watch.Certificates());
    }

    internal Meter Meter { get; } = new(MeterName);

    /// <summary>What the gauges look at; null before SAM has started.</summary>
    internal SamWatch? Watch { get; set; }

    internal void Heard() => _heartbeats.Add(1);

    internal void Took(IntakeOutcome outcome) => _images.Add(1, Outcome(outcome switch
    {
        IntakeOutcome.Stored => "stored",
        IntakeOutcome.Known => "known",
        _ => "conflict",
    }));

    internal void Forwarded(string outcome) => _forwarded.Add(1, Outcome(outcome));

    internal void Notified(string channel, string outcome) => _notifications.Add(1, new KeyValuePair<string, object?>("channel", channel), Outcome(outcome));

    internal void Wrote(TimeSpan duration, bool succeeded) => _writes.Record(duration.TotalSeconds, Outcome(succeeded ? "written" : "failed"));

    public void Dispose() => Meter.Dispose();

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    private void Count(string name, string unit, string description, Func<SamWatch, IEnumerable<Measurement<long>>> read) =>
        Meter.CreateObservableUpDownCounter(name, () => Watch is { } watch ? read(watch) : [], unit, description);

    private void Gauge(string name, string? unit, string description, Func<SamWatch, IEnumerable<Measurement<double>>> read) =>
        Meter.CreateObservableGauge(name, () => Watch is { } watch ? read(watch) : [], unit, description);
}
