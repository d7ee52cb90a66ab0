using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Dsr.Database;
using Slideport.Protocol;
using Slideport.Protocol.Slides;

namespace Slideport.Dsr.Sam;

/// <summary>
/// Who has opened which slide, for SAM's audit trail: kept before the slide is shown, told when SAM can be reached. Whoever goes on looking at one
/// has opened it once.
/// </summary>
internal sealed class Openings(SerialWrites<DsrDatabase> writes, DsrDatabases databases, TimeProvider time)
{
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan OneLook = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<(string SlideId, string By, string Source, string Purpose), long> _lately = new();

    /// <summary>Returns when it is durable.</summary>
    /// <param name="slideId">The slide; one that there is not was opened by nobody.</param>
    /// <param name="opening">Who, from where, what for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask NoteAsync(string slideId, (string By, string Source, string Purpose) opening, CancellationToken cancellationToken)
    {
        var key = (slideId, opening.By, opening.Source, opening.Purpose);
        if (_lately.TryGetValue(key, out var at) && time.GetElapsedTime(at) < OneLook)
            return;
        if (!await AddAsync(slideId, opening, cancellationToken))
            return;
        if (_lately.Count >= MaxRemembered)
            _lately.Clear();
        _lately[key] = time.GetTimestamp();
    }

    /// <summary>The same of what is done each time anew; returns when it is durable, whether there is such a slide.</summary>
    internal Task<bool> AddAsync(string slideId, (string By, string Source, string Purpose) opening, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.AsNoTracking().SingleOrDefaultAsync(s => s.Id == slideId, cancellationToken) is not { } slide)
            return false;
        database.Openings.Add(Row(slide, opening, now));
        return true;
    }, cancellationToken);

    /// <summary>An opening, to be kept with what it belongs to.</summary>
    /// <param name="slide">The slide.</param>
    /// <param name="opening">Who, from where, what for.</param>
    /// <param name="now">When.</param>
    /// <param name="detail">What else there is to know; null: nothing.</param>
    internal static UntoldOpening Row(CatalogueSlide slide, (string By, string Source, string Purpose) opening, DateTimeOffset now, string? detail = null) => new()
    {
        OpeningId = Guid.CreateVersion7(now).ToString("n"),
        SeriesInstanceUid = slide.SeriesInstanceUid ?? Catalogue.SlideId.UidOf(slide.Id),
        OpenedBy = opening.By,
        Source = opening.Source,
        OpenedAt = now,
        Purpose = opening.Purpose,
        Detail = detail,
    };

    /// <summary>Tells SAM what it does not know yet.</summary>
    internal async Task TellAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        while (true)
        {
            List<UntoldOpening> untold;
            await using (var database = databases.CreateDbContext())
                untold = await database.Openings.AsNoTracking().OrderBy(o => o.Number).Take(SlideOpening.MaxOpenings).ToListAsync(cancellationToken);
            if (untold.Count == 0)
                return;
            await sam.TellAsync([.. untold.Select(Message)], cancellationToken);
            var told = untold.Select(o => o.Number).ToList();
            await writes.WriteAsync((database, _) => database.Openings.Where(o => told.Contains(o.Number)).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        }
    }

    private static SlideOpening Message(UntoldOpening opening) => new()
    {
        Id = opening.OpeningId,
        SeriesInstanceUid = opening.SeriesInstanceUid,
        OpenedBy = opening.OpenedBy,
        Source = opening.Source,
        OpenedAt = opening.OpenedAt,
        Purpose = opening.Purpose,
        Detail = opening.Detail,
    };
}
