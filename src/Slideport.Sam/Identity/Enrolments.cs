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

    // Roles that others connect to: their certificates are for that, too.
    private static readonly string[] Listening = [Holders.Role("converter"), Holders.Role("events"), Holders.Role("dsr")];

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
        if (EnrolmentCode.TryParse(request.Code) is not { } code || SigningRequest.KeyOf(request.CertificateSigningRequest) is not { } key)
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
                Issue(writing, enrolment, (key, keyHash, request.Hosts ?? []), source);
            return new EnrolmentAnswer(enrolment.Certificate!, authority.Certificate.ExportCertificatePem(), enrolment.Holder);
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return answer;
    }

    /// <summary>
    /// Makes a certificate worthless, here at once and elsewhere as soon as the roles ask; with it those that were issued on its word: a thief may
    /// have renewed it.
    /// </summary>
    /// <returns>False when there is none of that thumbprint, or it was revoked before.</returns>
    internal async Task<bool> RevokeAsync(string thumbprint, string reason, Actor actor, CancellationToken cancellationToken)
    {
        var revoked = await writer.WriteAsync(async writing =>
        {
            var any = false;
            for (var next = thumbprint; next is not null; next = await NextAsync(writing.Database, next, cancellationToken))
            {
                if (await writing.Database.Certificates.SingleOrDefaultAsync(c => c.Thumbprint == next, cancellationToken) is not { RevokedAt: null } certificate)
                    break;
                (certificate.RevokedAt, certificate.RevocationReason) = (writing.Now, reason);
                writing.Audit(actor, "certificate.revoke", $"{certificate.Holder} {next}", after: reason);
                any = true;
            }

            return any;
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return revoked;
    }

    // The certificate it was renewed for.
    private static async Task<string?> NextAsync(SamDatabase database, string thumbprint, CancellationToken cancellationToken) =>
        await database.Enrolments.Where(e => e.CodeHash == thumbprint).Select(e => e.Certificate).SingleOrDefaultAsync(cancellationToken) is { } pem ? Holders.Thumbprint(pem) : null;

    private void Issue(Writing writing, Enrolment enrolment, (PublicKey Key, string Hash, IReadOnlyList<string> Hosts) machine, string source)
    {
        using var certificate = Listening.Contains(enrolment.Holder) ? authority.Issue(enrolment.Holder, machine.Key, machine.Hosts) : authority.Issue(enrolment.Holder, machine.Key);
        (enrolment.UsedAt, enrolment.KeyHash, enrolment.Certificate) = (writing.Now, machine.Hash, certificate.ExportCertificatePem());
        writing.Database.Certificates.Add(new HeldCertificate
        {
            Thumbprint = Holders.Thumbprint(certificate),
            Holder = enrolment.Holder,
            IssuedAt = writing.Now,
            NotAfter = certificate.NotAfter.ToUniversalTime(),
        });
        writing.Audit(new Actor(enrolment.Holder, source), "enrolment.enrol", enrolment.Holder, after: string.Join(' ', [Holders.Thumbprint(certificate), .. machine.Hosts]));
    }
}
