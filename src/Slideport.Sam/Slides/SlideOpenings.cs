using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Slides;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Slides;

/// <summary>Takes into the audit trail who has opened which slide, as the DSR tells it: each opening once, however often it is told.</summary>
internal sealed class SlideOpenings(SamWriter writer)
{
    // Nobody tells again of what was answered so long ago.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(31);

    /// <summary>Returns when all of them are durable.</summary>
    /// <param name="teller">The holder of a certificate.</param>
    /// <param name="openings">Good ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task TakeAsync(string teller, IReadOnlyList<SlideOpening> openings, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var told = writing.Database.ToldOpenings;
        await told.Where(o => o.At < writing.Now - Remembered).ExecuteDeleteAsync(cancellationToken);
        var ids = openings.Select(o => o.Id).ToList();
        var known = await told.Where(o => o.Teller == teller && ids.Contains(o.OpeningId)).Select(o => o.OpeningId).ToHashSetAsync(StringComparer.Ordinal, cancellationToken);
        foreach (var opening in openings.Where(o => known.Add(o.Id)))
        {
            told.Add(new ToldOpening { Teller = teller, OpeningId = opening.Id, At = writing.Now });
            writing.Audit(new Actor(opening.OpenedBy, opening.Source), "slide.open", opening.SeriesInstanceUid, after: $"{opening.Purpose} at {opening.OpenedAt.ToUniversalTime():u}, told by {teller}{(opening.Detail is { } detail ? $": {detail}" : "")}");
        }

        return true;
    }, cancellationToken);
}
