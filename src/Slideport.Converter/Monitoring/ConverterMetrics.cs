using System.Diagnostics.Metrics;
using System.Globalization;
using Slideport.Converter.Spool;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Monitoring;

/// <summary>What the converter counts and times; docs/monitoring.md explains each.</summary>
/// <remarks>
/// Counted per association, instance and slide, never per PDU or frame. No label holds a name anybody outside could choose: there are as many
/// series as outcomes, stages and DIMSE statuses.
/// </remarks>
internal sealed class ConverterMetrics : IDisposable
{
    internal const string MeterName = "Slideport.Converter";

    // A biopsy takes a second, a resection on a slow share minutes.
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800] };

    private readonly Counter<long> _associations;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _instances;
    private readonly Counter<long> _received;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _letGo;
    private readonly Histogram<double> _conversions;
    private readonly Histogram<double> _deliveries;

    internal ConverterMetrics()
    {
        _associations = Meter.CreateCounter<long>("slideport.converter.associations", "{association}", "Associations asked for, by outcome: accepted, rejected, or refused before they could be asked for.");
        _ended = Meter.CreateCounter<long>("slideport.converter.associations.ended", "{association}", "Associations that ended, by how: released in order, or aborted, connections that broke before one among them.");
        _instances = Meter.CreateCounter<long>("slideport.converter.instances", "{instance}", "Instances acknowledged, by outcome: stored, or identical with one that was.");
        _received = Meter.CreateCounter<long>("slideport.converter.received", "By", "Bytes of the data sets acknowledged.");
        _failures = Meter.CreateCounter<long>("slideport.converter.store.failures", "{response}", "C-STORE requests not answered with success, by DIMSE status.");
        _letGo = Meter.CreateCounter<long>("slideport.converter.destination.let_go", "{slide}", "Slides that further destinations were let go of for want of room in the spool, by destination.");
        _conversions = Meter.CreateHistogram("slideport.converter.conversion.duration", "s", "How long conversions took, by outcome: converted, waiting, failed, repeated or interrupted.", advice: Seconds);
        _deliveries = Meter.CreateHistogram("slideport.converter.delivery.duration", "s", "How long deliveries took, by outcome: delivered, waiting, failed, repeated or interrupted.", advice: Seconds);
        Count("slideport.converter.associations.open", "{association}", "Associations open now.", watch => [new(watch.OpenAssociations)]);
        Count("slideport.converter.slides", "{slide}", "Slides in the spool, by stage.", watch => watch.SlidesByStage());
        Gauge("slideport.converter.slides.oldest.age", "s", "How long the slide that has been longest in its stage has been there, by stage; 0 when none is.", watch => watch.OldestByStage());
        Count("slideport.converter.queue.size", "{item}", "What waits to be told, by queue: commitment_reports for scanners that left, slide_reports for SAM.", watch => watch.QueueSizes());
        Gauge("slideport.converter.queue.oldest.age", "s", "How long the oldest of it has waited, by queue; 0 when nothing does.", watch => watch.QueueAges());
        Count("slideport.converter.destination.slides", "{slide}", "Slides that further destinations have yet to get, by destination and stage: waiting, failed.", watch => watch.OwedSlides());
        Gauge("slideport.converter.destination.oldest.age", "s", "How long the slide that has waited longest for a further destination has done so, by destination; 0 when none does.", watch => watch.OldestOwed());
        Count("slideport.converter.destination.down", "{destination}", "1 while a further destination is taken to be down, by destination; else 0.", watch => watch.DestinationsDown());
        Gauge("slideport.converter.filesystem.free", "By", "Room left, by file system: spool, image_store.", watch => watch.Room(space => space.FreeBytes));
        Gauge("slideport.converter.filesystem.size", "By", "Room in all, by file system: spool, image_store.", watch => watch.Room(space => space.TotalBytes));
        Gauge("slideport.converter.certificate.remaining", "s", "Time until a certificate of this converter ends, by holder: role:converter, authority.", watch => watch.Certificates());
    }

    internal Meter Meter { get; } = new(MeterName);

    /// <summary>What the gauges look at; null before the converter has started.</summary>
    internal ConverterWatch? Watch { get; set; }

    /// <summary>Counts what happened on the port.</summary>
    internal void Observed(AssociationEvent observed)
    {
        switch (observed.Kind)
        {
            case AssociationEventKind.Opened:
                _associations.Add(1, Outcome("accepted"));
                break;
            case AssociationEventKind.Rejected:
                _associations.Add(1, Outcome("rejected"));
                break;
            case AssociationEventKind.ConnectionRefused:
                _associations.Add(1, Outcome("refused"));
                break;
            case AssociationEventKind.Released:
                _ended.Add(1, Outcome("released"));
                break;
            case AssociationEventKind.Aborted:
                _ended.Add(1, Outcome("aborted"));
                break;
            case AssociationEventKind.MessageFailed when observed.StoreStatus is { } status:
                _failures.Add(1, new KeyValuePair<string, object?>("dicom.status", status.Code.ToString("X4", CultureInfo.InvariantCulture)));
                break;
        }
    }

    /// <summary>Counts an instance that is acknowledged; one that conflicts is a failure, and counted there.</summary>
    internal void Took(CommitOutcome outcome, long bytes)
    {
        if (outcome == CommitOutcome.Conflicting)
            return;
        _instances.Add(1, Outcome(outcome == CommitOutcome.Stored ? "stored" : "identical"));
        _received.Add(bytes);
    }

    /// <summary>Times a conversion.</summary>
    internal void Converted(string outcome, TimeSpan duration) => _conversions.Record(duration.TotalSeconds, Outcome(outcome));

    /// <summary>Times a delivery.</summary>
    internal void Delivered(string outcome, TimeSpan duration) => _deliveries.Record(duration.TotalSeconds, Outcome(outcome));

    /// <summary>Counts slides that a destination was let go of; none at first, so that the first one is seen to be more.</summary>
    internal void LetGo(string destination, int slides) => _letGo.Add(slides, new KeyValuePair<string, object?>("destination", destination));

    public void Dispose() => Meter.Dispose();

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    private void Count(string name, string unit, string description, Func<ConverterWatch, IEnumerable<Measurement<long>>> read) =>
        Meter.CreateObservableUpDownCounter(name, () => Watch is { } watch ? read(watch) : [], unit, description);

    private void Gauge(string name, string unit, string description, Func<ConverterWatch, IEnumerable<Measurement<double>>> read) =>
        Meter.CreateObservableGauge(name, () => Watch is { } watch ? read(watch) : [], unit, description);
}
