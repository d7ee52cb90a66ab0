using Slideport.Database;
using Slideport.Dsr.Database;
using Slideport.Dsr.Sam;

namespace Slideport.Dsr.Catalogue;

/// <summary>What became of a hold.</summary>
internal enum HoldOutcome
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>There is no such slide.</summary>
    Unknown,

    /// <summary>It is held already, for another reason.</summary>
    Held,

    /// <summary>It is being removed, or was.</summary>
    Gone,
}

/// <summary>Slides that nobody may remove until somebody says so: a court, a study, a complaint. Holding and releasing are in SAM's audit trail.</summary>
internal sealed class LegalHolds(SerialWrites<DsrDatabase> writes)
{
    internal Task<HoldOutcome> HoldAsync(string id, string reason, (string By, string Source) who, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { } slide)
            return HoldOutcome.Unknown;
        if (slide.State is SlideFileState.Removing or SlideFileState.Removed)
            return HoldOutcome.Gone;
        if (slide.HoldReason is not null)
            return HoldOutcome.Held;
        (slide.HoldReason, slide.HeldBy, slide.HeldAt) = (reason, who.By, now);
        slide.Changes++;
        database.Openings.Add(Openings.Row(slide, (who.By, who.Source, "hold"), now));
        return HoldOutcome.Done;
    }, cancellationToken);

    internal Task<HoldOutcome> ReleaseAsync(string id, (string By, string Source) who, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { } slide)
            return HoldOutcome.Unknown;
        if (slide.HoldReason is null)
            return HoldOutcome.Done;
        (slide.HoldReason, slide.HeldBy, slide.HeldAt) = (null, null, null);
        slide.Changes++;
        database.Openings.Add(Openings.Row(slide, (who.By, who.Source, "release"), now));
        return HoldOutcome.Done;
    }, cancellationToken);
}
