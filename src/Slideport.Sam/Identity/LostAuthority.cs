using System.Data.Common;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>
/// An authority whose key is lost, while the database still holds certificates it issued: another one, founded unnoticed in its place, would let none
/// of their holders in. SAM does not start with it until somebody has put the right one back, or given the lost one up.
/// </summary>
public static class LostAuthority
{
    /// <summary>Gives up an authority whose key is lost: another one is founded, unless that was done, and what the lost one issued and is still good is revoked.</summary>
    /// <param name="options">The database. SAM must not run.</param>
    /// <param name="identityFolder">Where the lost one was.</param>
    /// <param name="reason">Why, for the audit trail.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns>Whose certificates were revoked.</returns>
    /// <exception cref="IOException">SAM runs, or the database cannot be used.</exception>
    public static async Task<IReadOnlyList<string>> AbandonAsync(DatabaseOptions options, string identityFolder, string reason, TimeProvider time, CancellationToken cancellationToken)
    {
        using var held = options.Provider != DatabaseProvider.Sqlite ? null
            : DatabaseSetup.TryHold(SqliteFiles.Of(options)) ?? throw new IOException("SAM runs on this database; stop it first.");
        using var authority = CertificateAuthority.FoundAnew(identityFolder, time);
        var databases = new SamDatabases(options);
        await DatabaseSetup.PrepareAsync(databases, cancellationToken);
        using var writer = new SamWriter(databases, time);
        try
        {
            return await writer.WriteAsync(async writing =>
            {
                var others = await OfAnotherAsync(writing.Database, authority, writing.Now, cancellationToken);
                foreach (var certificate in others)
                {
                    (certificate.RevokedAt, certificate.RevocationReason) = (writing.Now, reason);
                    writing.Audit(Actor.System, "certificate.revoke", $"{certificate.Holder} {certificate.Thumbprint}", after: reason);
                }

                return others.Select(c => c.Holder).Order(StringComparer.Ordinal).ToList();
            }, cancellationToken);
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            throw new IOException($"The database cannot be used: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>Sees to it that the certificates in the database are this authority's.</summary>
    /// <exception cref="IOException">They are another's; one sentence says what to do.</exception>
    internal static async Task RequireNoneAsync(SamDatabases databases, CertificateAuthority authority, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        if (await OfAnotherAsync(database, authority, now, cancellationToken) is [var other, ..] others)
            throw new IOException($"The database holds {others.Count} certificates, such as that of {other.Holder}, that another authority has issued than the one in '{authority.Folder}', whose key is lost or which is another installation's folder. Put the right identity folder back from its copy. If there is none, stop every SAM and run 'slideport certificate abandon': they are revoked, and every scanner and every machine has to enrol anew.");
    }

    // What was issued to machines is kept with the code or the certificate it was asked for with; what SAM issues for its own machine is in no database,
    // and what is registered of the hospital's authority was issued by nobody here.
    private static async Task<List<HeldCertificate>> OfAnotherAsync(SamDatabase database, CertificateAuthority authority, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var issued = await database.Enrolments.AsNoTracking().Where(e => e.Certificate != null).Select(e => e.Certificate!).ToListAsync(cancellationToken);
        var others = issued.Select(ThumbprintOfAnother).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var good = await database.Certificates.Where(c => c.RevokedAt == null && c.NotAfter > now).OrderBy(c => c.IssuedAt).ToListAsync(cancellationToken);
        return [.. good.Where(c => others.Contains(c.Thumbprint))];

        string? ThumbprintOfAnother(string pem)
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return authority.HasIssued(certificate) ? null : Holders.Thumbprint(certificate);
        }
    }
}
