using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.ImageStore;

namespace Slideport.Dsr.Integrity;

/// <summary>
/// Reads every slide once in a while and compares it with its hash: what a disk forgets, or somebody changes, shows before a pathologist needs it.
/// </summary>
internal sealed class Scrub(ImageLocations locations, DsrDatabases databases, CatalogueWriter catalogue, (TimeSpan Interval, TimeProvider Time, ILogger Log) pace)
{
    // Small catalogues are not read at once, and large ones in even steps.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    // What is away is tried again after a thirtieth of the time in which all is read: a day as a rule.
    private const double PutOff = 29.0 / 30;

    /// <summary>From one look for what is due to the next.</summary>
    internal TimeSpan Step => pace.Interval / 1000 < LongestStep ? pace.Interval / 1000 : LongestStep;

    /// <summary>Told of each slide that was read whether it is good.</summary>
    internal event Action<bool>? Read;

    /// <summary>Reads what is due: so much that all slides are read in the time that was set.</summary>
    internal async Task ReadDueAsync(CancellationToken cancellationToken)
    {
        var due = pace.Time.GetUtcNow() - pace.Interval;
        await using var database = databases.CreateDbContext();
        var all = await database.Slides.CountAsync(s => s.State != SlideFileState.Missing && s.State != SlideFileState.Removing && s.State != SlideFileState.Removed, cancellationToken);
        var share = (int)Math.Ceiling(all * (Step / pace.Interval));
        var slides = await database.Slides.AsNoTracking().Where(s => s.ScrubTriedAt < due && s.State != SlideFileState.Missing && s.State != SlideFileState.Removing && s.State != SlideFileState.Removed).OrderBy(s => s.ScrubTriedAt).Take(share).ToListAsync(cancellationToken);
        foreach (var slide in slides)
            await TryReadAsync(slide, cancellationToken);
    }

    /// <summary>Reads a slide now and says what was found.</summary>
    /// <returns>Its hash and bytes; null: its files are not there.</returns>
    /// <exception cref="IOException">The image file system does not give it.</exception>
    internal async Task<StoredOutput?> ReadAsync(CatalogueSlide slide, CancellationToken cancellationToken)
    {
        var read = await locations.StoreOf(slide.Place).ReadBackAsync(slide.Name, cancellationToken);
        // That it is gone is the answer of a store that is there, and not of an empty mount point.
        if (read is null)
            await locations.CheckAsync(slide.Place, cancellationToken);
        var isGood = await catalogue.TakeScrubAsync(slide, read is { } found ? (found.Sha256, found.Bytes) : null, cancellationToken);
        Read?.Invoke(isGood);
        if (!isGood)
            Log.Damaged(pace.Log, slide.Id, slide.Name, slide.Place, read is { } other ? $"Its SHA-256 is {other.Sha256}, not {slide.Sha256}." : "Its files are not there.");
        return read;
    }

    private async Task TryReadAsync(CatalogueSlide slide, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(slide, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Log.NotScrubbed(pace.Log, slide.Name, slide.Place, e.Message);
            await PutOffAsync(slide, e.Message, cancellationToken);
        }
    }

    // What cannot be read while the others can is told; what is away is read another time, and holds up nobody.
    private async Task PutOffAsync(CatalogueSlide slide, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await locations.CheckAsync(slide.Place, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await catalogue.PutOffScrubAsync(slide.Id, pace.Time.GetUtcNow() - (pace.Interval * PutOff), cancellationToken);
            return;
        }

        Read?.Invoke(false);
        await catalogue.TakeFailedScrubAsync(slide.Id, reason, cancellationToken);
    }
}
