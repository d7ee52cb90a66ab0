using Microsoft.Extensions.Logging;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Locations;
using Slideport.Protocol;

namespace Slideport.Dsr.Sam;

/// <summary>Follows SAM's word of where slides are: those on their way, and those that were delivered, which are looked at at once.</summary>
internal sealed class SlideFollower(ImageLocations locations, SlideLooker looker, CatalogueWriter catalogue, ILogger log)
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    /// <summary>Asks once, and takes the answer.</summary>
    internal async Task FollowAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        var after = await catalogue.FollowedAsync(cancellationToken);
        var feed = await sam.GetSlidesAsync(after, LongPoll, cancellationToken);
        if (feed.Slides.Count == 0)
            return;
        // What was delivered where nobody has been yet is told again when that place is known: all of it is, then.
        var places = new Dictionary<string, Place?>(StringComparer.Ordinal);
        foreach (var location in feed.Slides.Where(s => s.Slide.Path is not null).Select(s => s.Slide.Location).Distinct())
            places[location ?? ""] = await locations.FindAsync(location, cancellationToken);
        await LookAsync(await catalogue.TakeFeedAsync(feed, after, location => places.GetValueOrDefault(location ?? ""), cancellationToken), cancellationToken);
    }

    // What cannot be looked at now is found by the next rescan.
    private async Task LookAsync(IReadOnlyList<DeliveredFile> delivered, CancellationToken cancellationToken)
    {
        foreach (var file in delivered)
        {
            try
            {
                if (await StoredSlides.FindAsync(file.Place, locations.StoreOf(file.Place.Location), file.Name, cancellationToken) is { } found)
                {
                    await catalogue.TakeFilesAsync([await looker.LookAsync(found, cancellationToken)], cancellationToken);
                    continue;
                }

                await locations.CheckAsync(file.Place.Location, cancellationToken);
                await catalogue.MissAsync([file.Id], cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Log.NotLookedAt(log, file.Name, file.Place.Location, e.Message);
            }
        }
    }
}
