using Slideport.Database;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.Catalogue;

/// <summary>Slides that nobody may remove until somebody says so: a court, a study, a complaint.</summary>
internal sealed class LegalHolds(SerialWrites<DsrDatabase> writes)
{
    /// <returns>False: there is no such slide.</returns>
    internal Task<bool> HoldAsync(string id, string reason, string by, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { } slide)
            return false;
        (slide.HoldReason, slide.HeldBy, slide.HeldAt) = (reason, by, now);
        return true;
    }, cancellationToken);

    /// <returns>False: there is no such slide.</returns>
    internal Task<bool> ReleaseAsync(string id, CancellationToken cancellationToken) => writes.WriteAsync(async (database, _) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { } slide)
            return false;
        (slide.HoldReason, slide.HeldBy, slide.HeldAt) = (null, null, null);
        return true;
    }, cancellationToken);
}
