#pragma warning disable CA1309 // It is the database that compares, byte by byte as it was set up.
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.Locations;

/// <summary>What looking through an image file system has found.</summary>
/// <param name="Slides">Slides there.</param>
/// <param name="New">Those that were not in the catalogue.</param>
/// <param name="Unreadable">Those of the new and changed ones that cannot be read.</param>
/// <param name="Missing">Those in the catalogue that are not there.</param>
internal sealed record RescanReport(int Slides, int New, int Unreadable, int Missing);

/// <summary>
/// Looks through the image file systems and brings the catalogue up to date with what lies there; from the files alone, if it is empty. What has the
/// size and the age that the catalogue knows is not opened.
/// </summary>
internal sealed class Rescan(ImageLocations locations, SlideLooker looker, DsrDatabases databases, CatalogueWriter catalogue, ILogger log) : IDisposable
{
    private const int BatchSize = 200;

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Looks through one.</summary>
    /// <exception cref="IOException">It is not there, or not all of it could be listed; nothing is taken for missing then.</exception>
    internal async Task<RescanReport> RunAsync(string location, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var place = await locations.CheckAsync(location, cancellationToken);
            var (seen, report) = (new HashSet<string>(StringComparer.Ordinal), new RescanReport(0, 0, 0, 0));
            var batch = new List<FoundFile>(BatchSize);
            await foreach (var found in StoredSlides.ListAsync(place, locations.StoreOf(location), cancellationToken))
            {
                if (!seen.Add(found.Id))
                    continue;
                batch.Add(found);
                if (batch.Count == BatchSize)
                    report = await TakeAsync(batch, report, cancellationToken);
            }

            report = await TakeAsync(batch, report, cancellationToken);
            report = report with { Missing = await MissAsync(place, seen, cancellationToken) };
            await catalogue.MatchAwaitedAsync(cancellationToken);
            Log.Rescanned(log, location, report.Slides, report.New, report.Unreadable, report.Missing);
            return report;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<RescanReport> TakeAsync(List<FoundFile> batch, RescanReport report, CancellationToken cancellationToken)
    {
        var ids = batch.Select(f => f.Id).ToList();
        await using var database = databases.CreateDbContext();
        var known = await database.Slides.AsNoTracking().Where(s => ids.Contains(s.Id)).Select(s => new { s.Id, s.Bytes, s.LastWrite, s.State })
            .ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellationToken);
        var looked = new List<(FoundFile File, SlideFacts Facts)>();
        foreach (var file in batch)
        {
            if (known.TryGetValue(file.Id, out var row) && row.State is not (SlideFileState.Missing or SlideFileState.Removed) && row.Bytes == file.Bytes && row.LastWrite == file.LastWrite)
                continue;
            looked.Add(await looker.LookAsync(file, cancellationToken));
        }

        if (looked.Count > 0)
            await catalogue.TakeFilesAsync(looked, cancellationToken);
        report = report with
        {
            Slides = report.Slides + batch.Count,
            New = report.New + looked.Count(l => !known.ContainsKey(l.File.Id)),
            Unreadable = report.Unreadable + looked.Count(l => l.Facts.Problem is not null),
        };
        batch.Clear();
        return report;
    }

    private async Task<int> MissAsync(Place place, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var (after, missing) = ("", 0);
        while (true)
        {
            await using var database = databases.CreateDbContext();
            var page = await database.Slides.AsNoTracking().Where(s => s.Place == place.Location && s.State != SlideFileState.Removed && string.Compare(s.Id, after) > 0).OrderBy(s => s.Id).Take(5 * BatchSize)
                .Select(s => new { s.Id, s.Name }).ToListAsync(cancellationToken);
            if (page.Count == 0)
                return missing;
            after = page[^1].Id;
            // What was delivered while the listing was under way was not in it.
            var gone = new List<string>();
            foreach (var slide in page.Where(s => !seen.Contains(s.Id)))
            {
                if (await StoredSlides.FindAsync(place, locations.StoreOf(place.Location), slide.Name, cancellationToken) is null)
                    gone.Add(slide.Id);
            }

            // That they are gone is the answer of a store that is there, and not of an empty mount point.
            if (gone.Count > 0)
                await locations.CheckAsync(place.Location, cancellationToken);
            missing += await catalogue.MissAsync(gone, cancellationToken);
        }
    }
}
