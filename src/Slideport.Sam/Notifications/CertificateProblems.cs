using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Notifications;

/// <summary>Certificates that end soon and that nobody has renewed.</summary>
internal static class CertificateProblems
{
    // The nearest of them that a certificate has passed is part of its subject: it is told again at each.
    private static readonly int[] DaysBeforeExpiry = [1, 7, 30, 60];

    // Machines renew their own at the first of these marks; only one that has not needs somebody.
    private static readonly TimeSpan RenewalTime = TimeSpan.FromDays(1);

    /// <summary>All of them.</summary>
    /// <param name="database">The database.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<IEnumerable<Problem>> FindAsync(SamDatabase database, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var good = await database.Certificates.AsNoTracking().Where(c => c.RevokedAt == null).ToListAsync(cancellationToken);
        var renewed = await database.Enrolments.Where(e => e.Certificate != null && database.Certificates.Any(c => c.Thumbprint == e.CodeHash && c.RevokedAt == null))
            .Select(e => e.CodeHash).ToListAsync(cancellationToken);
        var needed = good.Where(c => !renewed.Contains(c.Thumbprint))
            // A scanner has one certificate; of a role there may be several machines, each with its own.
            .GroupBy(c => IsScanners(c) ? c.Holder : c.Thumbprint, StringComparer.Ordinal).Select(held => held.MaxBy(c => c.NotAfter)!);
        return [.. needed.Select(c => Of(c, now)).OfType<Problem>()];
    }

    /// <summary>Of the certificate that the site has installed on a machine of SAM's.</summary>
    /// <param name="until">When it ends; null: there is none.</param>
    /// <param name="now">The time.</param>
    internal static IEnumerable<Problem> OfInstalled(DateTimeOffset? until, DateTimeOffset now)
    {
        if (until is { } end && Passed(end - now) is { } passed)
            yield return new Problem(ProblemKinds.CertificateExpiring, $"{Environment.MachineName}/installed@{passed}", $"The certificate in Certificates:Server on {Environment.MachineName} ends on {end.ToUniversalTime():u}; have it renewed and put the new one into the same files, which is noticed at once.");
    }

    private static bool IsScanners(HeldCertificate certificate) => !certificate.Holder.StartsWith("role:", StringComparison.Ordinal);

    private static Problem? Of(HeldCertificate certificate, DateTimeOffset now)
    {
        var isForeign = Holders.IsForeign(certificate.Holder);
        var left = certificate.NotAfter - now;
        if (Passed(isForeign ? left : left + RenewalTime) is not { } passed)
            return null;
        var (holder, subject) = (Holders.Plain(certificate.Holder), $"{(IsScanners(certificate) ? certificate.Holder : $"{certificate.Holder} {certificate.Thumbprint[..8]}")}@{passed}");
        var remedy = isForeign ? "have its authority renew it, and register the new one with 'slideport certificate register'"
            : "it should have renewed it by itself: check whether it is switched on and reaches SAM, or let it enrol again";
        return new Problem(ProblemKinds.CertificateExpiring, subject, left > TimeSpan.Zero
            ? $"The certificate of {holder} ends on {certificate.NotAfter:u}, in less than {passed} days; {remedy}."
            : $"The certificate of {holder} ended on {certificate.NotAfter:u}, and it is let in no more; {remedy}.");
    }

    private static int? Passed(TimeSpan left)
    {
        foreach (var days in DaysBeforeExpiry)
        {
            if (left < TimeSpan.FromDays(days))
                return days;
        }

        return null;
    }
}
