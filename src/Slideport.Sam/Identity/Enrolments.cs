using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>Lets machines in: issues one-time codes, and certificates for them.</summary>
internal sealed class Enrolments(SamWriter writer, CertificateAuthority authority, CertificateRegistry registry)
{
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromHours(24);

    /// <summary>A new code for a holder. Its text is returned once and kept nowhere.</summary>
    internal Task<(EnrolmentCode Code, DateTimeOffset ExpiresAt)> InviteAsync(string holder, Actor actor, CancellationToken cancellationToken) =>
        writer.WriteAsync(writing =>
        {
            var code = EnrolmentCode.Create(authority.Certificate);
            var expires = writing.Now + CodeLifetime;
            writing.Database.Enrolments.Add(new Enrolment { Id = Guid.CreateVersion7(writing.Now), CodeHash = code.Hash, Holder = holder, ExpiresAt = expires });
            writing.Audit(actor, "enrolment.invite", holder);
            return Task.FromResult((code, expires));
        }, cancellationToken);

    /// <summary>A certificate for who has the code. The same machine asking again within the code's life gets the same answer.</summary>
    /// <returns>Null when the code is none, was used by another machine or has expired, or the request is malformed: the asker is not told which.</returns>
    internal async Task<EnrolmentAnswer?> EnrolAsync(EnrolmentRequest request, string source, CancellationToken cancellationToken)
    {
        if (EnrolmentCode.TryParse(request.Code) is not { } code || ReadKey(request.CertificateSigningRequest) is not { } key)
            return null;
        var answer = await writer.WriteAsync(async writing =>
        {
            var enrolment = await writing.Database.Enrolments.SingleOrDefaultAsync(e => e.CodeHash == code.Hash, cancellationToken);
            var keyHash = Holders.HashOfKey(key.ExportSubjectPublicKeyInfo());
            if (enrolment is null || enrolment.ExpiresAt < writing.Now || (enrolment.KeyHash is not null && enrolment.KeyHash != keyHash))
            {
                writing.Audit(new Actor("anonymous", source), "enrolment.enrol", enrolment?.Holder ?? "", succeeded: false);
                return null;
            }

            if (enrolment.Certificate is null)
                Issue(writing, enrolment, key, keyHash, source);
            return new EnrolmentAnswer(enrolment.Certificate!, authority.Certificate.ExportCertificatePem(), enrolment.Holder);
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return answer;
    }

    /// <summary>Makes a certificate worthless, here at once and elsewhere as soon as the roles ask.</summary>
    /// <returns>False when there is none of that thumbprint, or it was revoked before.</returns>
    internal async Task<bool> RevokeAsync(string thumbprint, string reason, Actor actor, CancellationToken cancellationToken)
    {
        var revoked = await writer.WriteAsync(async writing =>
        {
            var certificate = await writing.Database.Certificates.SingleOrDefaultAsync(c => c.Thumbprint == thumbprint, cancellationToken);
            if (certificate is not { RevokedAt: null })
                return false;
            (certificate.RevokedAt, certificate.RevocationReason) = (writing.Now, reason);
            writing.Audit(actor, "certificate.revoke", $"{certificate.Holder} {thumbprint}", after: reason);
            return true;
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return revoked;
    }

    private void Issue(Writing writing, Enrolment enrolment, PublicKey key, string keyHash, string source)
    {
        using var certificate = authority.Issue(enrolment.Holder, key);
        (enrolment.UsedAt, enrolment.KeyHash, enrolment.Certificate) = (writing.Now, keyHash, certificate.ExportCertificatePem());
        writing.Database.Certificates.Add(new HeldCertificate
        {
            Thumbprint = Holders.Thumbprint(certificate),
            Holder = enrolment.Holder,
            IssuedAt = writing.Now,
            NotAfter = certificate.NotAfter.ToUniversalTime(),
        });
        writing.Audit(new Actor(enrolment.Holder, source), "enrolment.enrol", enrolment.Holder, after: Holders.Thumbprint(certificate));
    }

    // The request's signature proves that the asker has the key; its names and extensions are not looked at.
    private static PublicKey? ReadKey(string pem)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            using var curve = request.PublicKey.GetECDsaPublicKey();
            return curve?.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value ? request.PublicKey : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
