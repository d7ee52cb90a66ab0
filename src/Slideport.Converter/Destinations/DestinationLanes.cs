using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>All destinations of a converter, each with a lane of its own.</summary>
internal sealed class DestinationLanes : IAsyncDisposable
{
    private const string NoSetting = "No setting names this destination any more: name it again, or 'slideport spool waive' lets the slide go without it.";

    private readonly IReadOnlyList<DestinationLane> _lanes;
    private readonly SlideSpool _spool;

    internal DestinationLanes(
        (ConverterOptions Options, ConverterTls? Tls, Predicate<X509Certificate2> IsRevoked) settings, SlideSpool spool, ImageStores stores, SlideNames names, (TimeProvider Time, ILogger Log) surroundings)
    {
        var (options, tls, isRevoked) = settings;
        Destinations =
        [
            .. options.Destinations.Select(d => new Destination(
                d.Key, new DestinationRules(d.Value), SlideSettings.Of(d.Value, options, stores), d.Value.Deidentify ? d.Value.KeyFile : null, Pacs.Of(d.Value, options, (tls, isRevoked)))),
        ];
        PacsDelivery.RemoveLeftovers(spool.Folder);
        var reports = new PacsReports(spool, surroundings.Time, surroundings.Log);
        Reports = Destinations.Any(d => d.Pacs is not null) ? reports : null;
        IDestinationDelivery Delivery(Destination d) =>
            d.Pacs is null ? new DestinationDelivery(d, stores, names, surroundings.Log) : new PacsDelivery(d, spool, reports, surroundings);
        _lanes = [.. Destinations.Select(d => new DestinationLane(d, Delivery(d), spool, surroundings))];
        _spool = spool;
        TellUnnamed(surroundings.Log);
    }

    /// <summary>The destinations as the settings have them.</summary>
    internal IReadOnlyList<Destination> Destinations { get; }

    /// <summary>Takes what a PACS says on an association that it opens; null where there is none.</summary>
    internal PacsReports? Reports { get; }

    /// <summary>Who works for each.</summary>
    internal IReadOnlyList<DestinationLane> Lanes => _lanes;

    /// <summary>How many slides are owed to destinations that no setting names any more, by their names.</summary>
    internal IEnumerable<KeyValuePair<string, int>> Unnamed => _spool.Slides
        .SelectMany(s => s.Record?.Destinations ?? [])
        .Where(IsUnnamed).CountBy(d => d.Name, StringComparer.OrdinalIgnoreCase);

    internal void Start()
    {
        foreach (var lane in _lanes)
            lane.Start();
    }

    /// <summary>A person asked for a slide to go on: the destinations that it has not reached are tried, be they taken to be down.</summary>
    internal void TryNow(SpooledSlide slide)
    {
        foreach (var lane in _lanes.Where(l => slide.Record!.Destinations.Any(d => d.IsNamed(l.Destination.Name) && !d.IsSettled)))
            lane.TryNow();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
            await lane.DisposeAsync();
    }

    // A slide that nobody works for stays, and says so wherever it is looked at; the settings may have been left out by mistake.
    private void TellUnnamed(ILogger log)
    {
        foreach (var (name, slides) in Unnamed)
            Log.DestinationUnknown(log, name, slides);
        foreach (var slide in _spool.Slides.Where(s => s.Record?.Destinations.Any(IsUnnamed) == true))
        {
            var told = slide.Record! with { Destinations = [.. slide.Record.Destinations.Select(d => IsUnnamed(d) ? d with { Reason = NoSetting } : d)] };
            try
            {
                SlideSpool.Save(slide, told);
            }
            catch (IOException e)
            {
                slide.Record = told; // the next start tells it again
                Log.RecordNotWritten(log, slide.Key.SeriesInstanceUid, e.Message);
            }
        }
    }

    private bool IsUnnamed(SlideDestination destination) => !destination.IsSettled && !Destinations.Any(d => destination.IsNamed(d.Name));
}
