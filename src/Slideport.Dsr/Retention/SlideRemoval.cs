#pragma warning disable CA1309 // It is the database that compares, byte by byte as it was set up.
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Database;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.Dsr.Sam;
using Slideport.ImageStore;

namespace Slideport.Dsr.Retention;

/// <summary>What became of a wish to have a slide removed.</summary>
internal enum RemovalOutcome
{
    /// <summary>It is being removed.</summary>
    Asked,

    /// <summary>There is no such slide.</summary>
    Unknown,

    /// <summary>It is on hold.</summary>
    Held,

    /// <summary>Its retention is not over.</summary>
    NotDue,

    /// <summary>Its files are not there, or are not what they were.</summary>
    NotPresent,

    /// <summary>It is being removed already, or was.</summary>
    Gone,
}

/// <summary>Removes slides whose retention is over, when an administrator has asked for it; never otherwise.</summary>
/// <remarks>
/// <code>
/// asked (durable, audited) ─► as catalogued? ─► out of sight ─► hash ─► proven (durable) ─► deleted ─► removed (durable, audited)
///                                │ no: not touched                │ no: refused (durable) ─► back under its name ─► changed
/// </code>
/// Whatever ends in between, the next start goes on where the database says, with what lies under the hidden name. A hold and a removal are decided on the same
/// row, one after the other: the first keeps out the second.
/// </remarks>
internal sealed class SlideRemoval(SerialWrites<DsrDatabase> writes, DsrDatabases databases, ImageLocations locations, RetentionTimes retention, Action<string> forget, (TimeProvider Time, ILogger Log) surroundings)
{
    /// <summary>Most slides that are asked for at once.</summary>
    internal const int MaxAtOnce = 500;

    private const int PageSize = 100;
    private const int MaxProblem = 1000;

    // What is away, or held by somebody, is tried again, and the others meanwhile.
    private static readonly TimeSpan PutOff = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _putOff = new(StringComparer.Ordinal); // slides and places, when they were; of the one loop

    /// <summary>Notes that slides are to be removed; returns when that is durable.</summary>
    /// <param name="ids">At most <see cref="MaxAtOnce"/>.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Who asks, and from where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<IReadOnlyList<(string Id, RemovalOutcome Outcome)>> AskAsync(IReadOnlyList<string> ids, string reason, (string By, string Source) who, CancellationToken cancellationToken) => writes.WriteAsync<IReadOnlyList<(string Id, RemovalOutcome Outcome)>>(async (database, now) =>
    {
        var slides = await database.Slides.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellationToken);
        var outcomes = new List<(string Id, RemovalOutcome Outcome)>(ids.Count);
        foreach (var id in ids.Distinct(StringComparer.Ordinal))
        {
            var outcome = slides.TryGetValue(id, out var slide) ? Check(slide) : RemovalOutcome.Unknown;
            if (outcome == RemovalOutcome.Asked)
            {
                (slide!.State, slide.Removal, slide.Problem) = (SlideFileState.Removing, RemovalStep.Asked, "It is being removed.");
                (slide.RemovalReason, slide.RemovedBy, slide.RemovedAt) = (reason, who.By, now);
                slide.Changes++;
                database.Openings.Add(Openings.Row(slide, (who.By, who.Source, "remove"), now, reason));
            }

            outcomes.Add((id, outcome));
        }

        return outcomes;
    }, cancellationToken);

    /// <summary>Goes on with all removals that were asked for, as far as their image file systems are there.</summary>
    internal async Task GoOnAsync(CancellationToken cancellationToken)
    {
        var (after, hidden) = ("", new Dictionary<string, HashSet<string>>(StringComparer.Ordinal));
        foreach (var over in _putOff.Where(p => surroundings.Time.GetElapsedTime(p.Value) >= PutOff).Select(p => p.Key).ToList())
            _putOff.Remove(over);
        while (true)
        {
            await using var database = databases.CreateDbContext();
            var slides = await database.Slides.AsNoTracking().Where(s => s.State == SlideFileState.Removing && string.Compare(s.Id, after) > 0).OrderBy(s => s.Id).Take(PageSize).ToListAsync(cancellationToken);
            if (slides.Count == 0)
                return;
            after = slides[^1].Id;
            foreach (var slide in slides.Where(s => !_putOff.ContainsKey(s.Place) && !_putOff.ContainsKey(s.Id)))
            {
                try
                {
                    await GoOnAsync(slide, hidden, cancellationToken);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    Log.NotRemoved(surroundings.Log, slide.Id, slide.Name, slide.Place, e.Message);
                    _putOff[await IsAwayAsync(slide.Place, cancellationToken) ? slide.Place : slide.Id] = surroundings.Time.GetTimestamp();
                }
            }
        }
    }

    private async Task<bool> IsAwayAsync(string place, CancellationToken cancellationToken)
    {
        try
        {
            await locations.CheckAsync(place, cancellationToken);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private RemovalOutcome Check(CatalogueSlide slide)
    {
        if (slide.State is SlideFileState.Removing or SlideFileState.Removed)
            return RemovalOutcome.Gone;
        if (slide.HoldReason is not null)
            return RemovalOutcome.Held;
        if (!retention.IsDue(slide))
            return RemovalOutcome.NotDue;
        return slide.State == SlideFileState.Present ? RemovalOutcome.Asked : RemovalOutcome.NotPresent;
    }

    // A folder of many slides is listed once for all of them.
    private async Task GoOnAsync(CatalogueSlide slide, Dictionary<string, HashSet<string>> hidden, CancellationToken cancellationToken)
    {
        var place = await locations.CheckAsync(slide.Place, cancellationToken);
        var at = new Withdrawn(locations.StoreOf(slide.Place), $"gone{slide.Id}");
        if (!hidden.TryGetValue(slide.Place, out var there))
            hidden[slide.Place] = there = [.. await Task.Run(at.Store.Unfinished, cancellationToken)];
        var step = slide.Removal == RemovalStep.Asked ? await CompareAsync(slide, place, (at, there.Contains(at.Key)), cancellationToken) : slide.Removal;
        if (step == RemovalStep.Proven)
        {
            await at.Store.Begin(at.Key).RemoveAsync(cancellationToken);
            await DoneAsync(slide.Id, cancellationToken);
        }
        else if (step == RemovalStep.Refused)
        {
            var isBack = !await at.IsThereAsync(cancellationToken) || await at.Store.TryPutBackAsync(at.Key, slide.Name, cancellationToken);
            await KeepAsync(slide, RemovalStep.Refused, isBack ? "Its files are not those that were delivered or first seen." : $"Its files were not those that were delivered or first seen, and something else has their name now: they lie under .slideport-{at.Key}.part.", cancellationToken);
        }
    }

    // What is to be done then; null: nothing more.
    private async Task<RemovalStep?> CompareAsync(CatalogueSlide slide, Place place, (Withdrawn Files, bool AreThere) at, CancellationToken cancellationToken)
    {
        if (!at.AreThere && !await WithdrawAsync(slide, place, at.Files, cancellationToken))
            return null;
        var (store, key) = at.Files;
        var read = await store.Begin(key).ReadBackAsync(cancellationToken);
        var isIts = read.Bytes == slide.Bytes && (slide.Sha256 is null || read.Sha256 == slide.Sha256);
        return await StepAsync(slide.Id, RemovalStep.Asked, (row, _, _) =>
        {
            row.Removal = isIts ? RemovalStep.Proven : RemovalStep.Refused;
            row.Sha256 ??= isIts ? read.Sha256 : null;
        }, cancellationToken);
    }

    // What does not look as the catalogue has it is not even touched.
    private async Task<bool> WithdrawAsync(CatalogueSlide slide, Place place, Withdrawn at, CancellationToken cancellationToken)
    {
        forget(slide.Id);
        var found = await StoredSlides.FindAsync(place, at.Store, slide.Name, cancellationToken);
        if (found is not null && (found.Bytes != slide.Bytes || found.LastWrite != slide.LastWrite))
        {
            await KeepAsync(slide, RemovalStep.Asked, "Its files have another size or age than those that were catalogued.", cancellationToken);
            return false;
        }

        if (found is not null && await HoldsOthersAsync(at.Store, slide.Name, cancellationToken))
        {
            await KeepAsync(slide, RemovalStep.Asked, "Other files lie in its folder.", cancellationToken);
            return false;
        }

        if (found is not null && await at.Store.TryWithdrawAsync(slide.Name, at.Key, cancellationToken))
            return true;
        // Another DSR of this catalogue may have been faster.
        if (await at.IsThereAsync(cancellationToken))
            return true;
        await StepAsync(slide.Id, RemovalStep.Asked, (row, _, _) => row.Return(SlideFileState.Missing, CatalogueWriter.Gone), cancellationToken);
        return false;
    }

    private static async Task<bool> HoldsOthersAsync(IImageStore store, string name, CancellationToken cancellationToken)
    {
        if (StoredSlides.IsPicture(name))
            return false;
        await foreach (var entry in store.ListAsync(name, cancellationToken))
        {
            if (StoredSlides.FolderOfInstance(entry.Name) != name)
                return true;
        }

        return false;
    }

    private async Task DoneAsync(string id, CancellationToken cancellationToken)
    {
        await StepAsync(id, RemovalStep.Proven, (row, database, now) =>
        {
            (row.State, row.Removal) = (SlideFileState.Removed, RemovalStep.Done);
            row.Problem = SlideLook.Fit(string.Create(CultureInfo.InvariantCulture, $"It was removed on {now:yyyy-MM-dd}, as {row.RemovedBy} had asked: {row.RemovalReason}"), MaxProblem);
            database.Openings.Add(Openings.Row(row, (row.RemovedBy!, "", "removed"), now, string.Create(CultureInfo.InvariantCulture, $"SHA-256 {row.Sha256}, {row.Bytes} bytes; {row.RemovalReason}")));
            Log.Removed(surroundings.Log, row.Id, row.Name, row.Place, row.RemovedBy!);
        }, cancellationToken);
    }

    private async Task KeepAsync(CatalogueSlide slide, RemovalStep from, string why, CancellationToken cancellationToken)
    {
        Log.NotRemoved(surroundings.Log, slide.Id, slide.Name, slide.Place, why);
        await StepAsync(slide.Id, from, (row, database, now) =>
        {
            database.Openings.Add(Openings.Row(row, (row.RemovedBy!, "", "kept"), now, why));
            row.Return(SlideFileState.Changed, $"It was not removed: {why}");
        }, cancellationToken);
    }

    // A step is done once, whoever else is at it.
    private Task<RemovalStep?> StepAsync(string id, RemovalStep from, Action<CatalogueSlide, DsrDatabase, DateTimeOffset> change, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { State: SlideFileState.Removing } slide || slide.Removal != from)
            return null;
        change(slide, database, now);
        slide.Changes++;
        return slide.Removal;
    }, cancellationToken);

    /// <summary>Where a slide's files are while they are out of sight.</summary>
    private sealed record Withdrawn(IImageStore Store, string Key)
    {
        internal async Task<bool> IsThereAsync(CancellationToken cancellationToken) => (await Task.Run(Store.Unfinished, cancellationToken)).Contains(Key, StringComparer.Ordinal);
    }
}
