using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>All destinations of a converter, each with a lane of its own.</summary>
internal sealed class DestinationLanes : IAsyncDisposable
{
    private readonly IReadOnlyList<DestinationLane> _lanes;

    internal DestinationLanes(
        (ConverterOptions Options, ConverterTls? Tls) settings, SlideSpool spool, ImageStores stores, SlideNames names, (TimeProvider Time, ILogger Log) surroundings)
    {
        var (options, tls) = settings;
        Destinations =
        [
            .. options.Destinations.Select(d => new Destination(
                d.Key, new DestinationRules(d.Value), SlideSettings.Of(d.Value, options, stores), d.Value.Deidentify ? d.Value.KeyFile : null, Pacs.Of(d.Value, options, tls))),
        ];
        PacsDelivery.RemoveLeftovers(spool.Folder);
        var reports = new PacsReports(spool, surroundings.Time, surroundings.Log);
        Reports = Destinations.Any(d => d.Pacs is not null) ? reports : null;
        IDestinationDelivery Delivery(Destination d) =>
            d.Pacs is null ? new DestinationDelivery(d, stores, names, surroundings.Log) : new PacsDelivery(d, spool, reports, surroundings);
        _lanes = [.. Destinations.Select(d => new DestinationLane(d, Delivery(d), spool, surroundings))];
        var owed = spool.Slides.SelectMany(s => s.Record!.Destinations).Where(d => !d.IsSettled).Select(d => d.Name).Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var name in owed.Where(name => !Destinations.Any(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase))))
            Log.DestinationUnknown(surroundings.Log, name);
    }

    /// <summary>The destinations as the settings have them.</summary>
    internal IReadOnlyList<Destination> Destinations { get; }

    /// <summary>Takes what a PACS says on an association that it opens; null where there is none.</summary>
    internal PacsReports? Reports { get; }

    /// <summary>Who works for each.</summary>
    internal IReadOnlyList<DestinationLane> Lanes => _lanes;

    internal void Start()
    {
        foreach (var lane in _lanes)
            lane.Start();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
    }
}
