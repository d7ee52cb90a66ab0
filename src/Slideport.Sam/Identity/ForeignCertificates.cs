using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>What became of a registration: fields that cannot be used, that there is no such scanner, or the certificate's thumbprint.</summary>
internal sealed record Registration(IReadOnlyList<FieldError> Errors, bool IsUnknownScanner = false, string? Thumbprint = null)
{
    internal static Registration Refused(string why) => new([new FieldError("certificate", why)]);
}

/// <summary>
/// Certificates of other authorities, for scanners that cannot hold one of ours: each an exception that a Lab Admin makes for one scanner, listed
/// and revoked like all others. That such an authority has issued it lets nobody in.
/// </summary>
internal sealed class ForeignCertificates(SamWriter writer, CertificateRegistry registry, Func<X509Certificate2Collection> authorities, TimeProvider time)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Registers a certificate for a scanner.</summary>
    /// <param name="serialNumber">The scanner.</param>
    /// <param name="pem">The certificate; what else is in it may help to find its authority.</param>
    /// <param name="actor">Who makes the exception.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<Registration> RegisterAsync(string serialNumber, string pem, Actor actor, CancellationToken cancellationToken)
    {
        var shown = new X509Certificate2Collection();
        try
        {
            shown.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            return Registration.Refused($"It cannot be read: {e.Message}");
        }

        if (shown.Count == 0)
            return Registration.Refused("There is no certificate in it; give it as PEM, from -----BEGIN CERTIFICATE----- on.");
        if (Obstacle(shown) is { } obstacle)
            return Registration.Refused(obstacle);
        var registered = await writer.WriteAsync(writing => AddAsync(writing, serialNumber, shown[0], actor, cancellationToken), cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return registered;
    }

    private static async Task<Registration> AddAsync(Writing writing, string serialNumber, X509Certificate2 certificate, Actor actor, CancellationToken cancellationToken)
    {
        if (!await writing.Database.Scanners.AnyAsync(s => s.SerialNumber == serialNumber && s.RetiredAt == null, cancellationToken))
            return new Registration([], IsUnknownScanner: true);
        var thumbprint = Holders.Thumbprint(certificate);
        if (await writing.Database.Certificates.SingleOrDefaultAsync(c => c.Thumbprint == thumbprint, cancellationToken) is { } known)
            return Registration.Refused(known.RevokedAt is null ? $"It is registered for {known.Holder} already." : $"It was revoked ({known.RevocationReason}), and stays so; let the scanner have another.");
        var holder = Holders.Foreign(serialNumber);
        writing.Database.Certificates.Add(new HeldCertificate { Thumbprint = thumbprint, Holder = holder, IssuedAt = writing.Now, NotAfter = certificate.NotAfter.ToUniversalTime() });
        writing.Audit(actor, "certificate.register", $"{holder} {thumbprint}", after: $"{certificate.Subject}; issued by {certificate.Issuer}; until {certificate.NotAfter.ToUniversalTime():O}");
        return new Registration([], Thumbprint: thumbprint);
    }

    // Why its authority's word is not enough even for an exception. The same is asked again at every handshake.
    private string? Obstacle(X509Certificate2Collection shown)
    {
        var further = authorities();
        if (further.Count == 0)
            return "Certificates:ClientAuthorities names no further authority, so that none of its certificates could come in; set it first.";
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationTime = time.GetUtcNow().UtcDateTime,
            },
        };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(further);
        chain.ChainPolicy.ExtraStore.AddRange(further);
        chain.ChainPolicy.ExtraStore.AddRange(shown);
        if (chain.Build(shown[0]))
            return null;
        var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        if (problems.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return $"It is good from {shown[0].NotBefore.ToUniversalTime():u} to {shown[0].NotAfter.ToUniversalTime():u}, not now.";
        if (problems.HasFlag(X509ChainStatusFlags.NotValidForUsage))
            return "It is not for connecting (extended key usage clientAuth); have it issued anew.";
        return $"None of the authorities in Certificates:ClientAuthorities has issued it ({shown[0].Issuer} has).";
    }
}
