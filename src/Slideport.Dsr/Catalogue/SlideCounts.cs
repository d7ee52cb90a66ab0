using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.Catalogue;

/// <summary>How many slides there are of one kind.</summary>
internal readonly record struct SlideCount(SlideFileState State, bool IsDelivered, int Count);

/// <summary>
/// Counts the slides. A million take a quarter of a second of the database, whoever asks and however often: where there are so many, a count holds for a
/// while, and one counts for all who wait for it. Few are counted each time.
/// </summary>
/// <param name="databases">The catalogue.</param>
/// <param name="time">Clock.</param>
/// <param name="many">From how many on a count holds.</param>
internal sealed class SlideCounts(DsrDatabases databases, TimeProvider time, int many = 100_000) : IDisposable
{
    private readonly SemaphoreSlim _counting = new(1);
    private volatile Counted? _last;

    private sealed record Counted(IReadOnlyList<SlideCount> Kinds, long At);

    /// <summary>All kinds of which there is a slide.</summary>
    /// <param name="holds">How long ago many may have been counted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<IReadOnlyList<SlideCount>> CountAsync(TimeSpan holds, CancellationToken cancellationToken)
    {
        if (Known(holds) is { } known)
            return known;
        await _counting.WaitAsync(cancellationToken);
        try
        {
            if (Known(holds) is { } meanwhile)
                return meanwhile;
            var at = time.GetTimestamp();
            await using var database = databases.CreateDbContext();
            // All of them once, in one index and no second time.
            var kinds = await database.Slides.GroupBy(s => new { s.State, s.IsDelivered }).Select(g => new { g.Key.State, g.Key.IsDelivered, Count = g.Count() }).ToListAsync(cancellationToken);
            IReadOnlyList<SlideCount> counts = [.. kinds.Select(k => new SlideCount(k.State, k.IsDelivered, k.Count))];
            _last = counts.Sum(k => k.Count) >= many ? new Counted(counts, at) : null;
            return counts;
        }
        finally
        {
            _counting.Release();
        }
    }

    public void Dispose() => _counting.Dispose();

    private IReadOnlyList<SlideCount>? Known(TimeSpan holds) => _last is { } last && time.GetElapsedTime(last.At) < holds ? last.Kinds : null;
}
