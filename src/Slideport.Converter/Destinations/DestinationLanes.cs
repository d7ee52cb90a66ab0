using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>All destinations of a converter, each with a lane of its own.</summary>
internal sealed class DestinationLanes : IAsyncDisposable
{
    private readonly IReadOnlyList<DestinationLane> _lanes;

    internal DestinationLanes(ConverterOptions options, SlideSpool spool, ImageStores stores, SlideNames names, (TimeProvider Time, ILogger Log) surroundings)
    {
        Destinations = [.. options.Destinations.Select(d => new Destination(d.Key, new DestinationRules(d.Value), SlideSettings.Of(d.Value, options, stores), d.Value.Deidentify ? d.Value.KeyFile : null))];
        _lanes = [.. Destinations.Select(d => new DestinationLane(d, new DestinationDelivery(d, stores, names, surroundings.Log), spool, surroundings))];
        foreach (var name in spool.Slides.SelectMany(s => s.Record!.Destinations).Where(d => !d.IsSettled && !Destinations.Any(known => d.IsNamed(known.Name))).Select(d => d.Name).Distinct())
            Log.DestinationUnknown(surroundings.Log, name);
    }

    /// <summary>The destinations as the settings have them.</summary>
    internal IReadOnlyList<Destination> Destinations { get; }

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
