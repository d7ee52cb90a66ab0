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

    /// <summary>From one look for what is due to the next.</summary>
    internal TimeSpan Step => pace.Interval / 1000 < LongestStep ? pace.Interval / 1000 : LongestStep;

    /// <summary>Told of each slide that was read whether it is good.</summary>
    internal event Action<bool>? Read;

    /// <summary>Reads what is due: so much that all slides are read in the time that was set.</summary>
    internal async Task ReadDueAsync(CancellationToken cancellationToken)
    {
        var due = pace.Time.GetUtcNow() - pace.Interval;
        await using var database = databases.CreateDbContext();
        var all = await database.Slides.CountAsync(s => s.State != SlideFileState.Missing, cancellationToken);
        var share = (int)Math.Ceiling(all * (Step / pace.Interval));
        var slides = await database.Slides.AsNoTracking().Where(s => s.ScrubbedAt < due && s.State != SlideFileState.Missing).OrderBy(s => s.ScrubbedAt).Take(share).ToListAsync(cancellationToken);
        foreach (var slide in slides)
            await TryReadAsync(slide, cancellationToken);
    }

    /// <summary>Reads a slide now and says what was found.</summary>
    /// <returns>Its hash and bytes; null: its files are not there.</returns>
    /// <exception cref="IOException">The image file system does not give it.</exception>
    internal async Task<StoredOutput?> ReadAsync(CatalogueSlide slide, CancellationToken cancellationToken)
    {
        var read = await locations.StoreOf(slide.Place).ReadBackAsync(slide.Name, cancellationToken);
        var isGood = await catalogue.TakeScrubAsync(slide.Id, read is { } found ? (found.Sha256, found.Bytes) : null, cancellationToken);
        Read?.Invoke(isGood);
        if (!isGood)
            Log.Damaged(pace.Log, slide.Id, slide.Name, slide.Place, read is { } other ? $"Its SHA-256 is {other.Sha256}, not {slide.Sha256}, or its files were missed before." : "Its files are not there.");
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
        }
    }
}
