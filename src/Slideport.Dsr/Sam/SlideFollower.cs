using Microsoft.Extensions.Logging;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Locations;
using Slideport.Protocol;

namespace Slideport.Dsr.Sam;

/// <summary>Follows SAM's word of where slides are: those on their way, and those that were delivered, which are looked at at once.</summary>
internal sealed class SlideFollower(ImageLocations locations, SlideLooker looker, CatalogueWriter catalogue, ILogger log)
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    private long? _next;

    /// <summary>Asks once, and takes the answer.</summary>
    internal async Task FollowAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        _next ??= await catalogue.FollowedAsync(cancellationToken);
        var feed = await sam.GetSlidesAsync(_next.Value, LongPoll, cancellationToken);
        if (feed.Slides.Count == 0)
            return;
        // A place that is not there is no reason not to know what was delivered there; but only its id says what the slides are called.
        foreach (var location in feed.Slides.Select(s => s.Slide).Where(s => s.Path is not null).Select(s => s.Location).Distinct())
            await RequireAsync(location, cancellationToken);
        var delivered = await catalogue.TakeFeedAsync(feed, locations.Known, cancellationToken);
        _next = feed.Next;
        await LookAsync(delivered, cancellationToken);
    }

    private async Task RequireAsync(string? location, CancellationToken cancellationToken)
    {
        if (locations.Known(location) is null && locations.NameOf(location) is { } name)
            await locations.CheckAsync(name, cancellationToken);
    }

    // What cannot be looked at now is found by the next rescan.
    private async Task LookAsync(IReadOnlyList<DeliveredFile> delivered, CancellationToken cancellationToken)
    {
        foreach (var file in delivered)
        {
            try
            {
                var found = await StoredSlides.FindAsync(file.Place, locations.StoreOf(file.Place.Location), file.Name, cancellationToken);
                if (found is null)
                    await catalogue.MissAsync([file.Id], cancellationToken);
                else
                    await catalogue.TakeFilesAsync([(found, await looker.LookAsync(found, cancellationToken))], cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Log.NotLookedAt(log, file.Name, file.Place.Location, e.Message);
            }
        }
    }
}
