using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>What became of a question for the next certificate.</summary>
internal enum RenewalOutcome
{
    /// <summary>It was issued, now or before to the same key.</summary>
    Done,

    /// <summary>What was sent is no signing request for an ECDSA P-256 key.</summary>
    Malformed,

    /// <summary>The certificate has long to go.</summary>
    TooEarly,

    /// <summary>The certificate is none that was issued for a code or in a renewal.</summary>
    NotIssued,

    /// <summary>Another key was given the next certificate before.</summary>
    OtherKey,
}

/// <summary>What became of it, with the certificate, or with the first day it can be asked for.</summary>
internal sealed record RenewalAnswer(RenewalOutcome Outcome, EnrolmentAnswer? Next = null, DateTimeOffset? From = null);

/// <summary>
/// The certificate after a certificate, for who shows the one before. That one stands in for a one-time code: it is good for one next key, and
/// the same key asking again gets the same answer. It stays good until the next one has been used here, or it ends.
/// </summary>
internal sealed class Renewals(SamWriter writer, CertificateAuthority authority, CertificateRegistry registry, TimeProvider time)
{
    /// <summary>How long before its end a certificate can be renewed: a month before machines begin to ask, so that nobody makes himself a stock of them.</summary>
    internal static readonly TimeSpan Earliest = CertificateAuthority.RenewBefore + TimeSpan.FromDays(30);

    /// <summary>How long the one before stays good once the next one is used: what was asked with it gets its answer.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    // Next certificates that were shown here, and since when. A node that forgets them sees them again.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _used = new();

    /// <summary>The next certificate of a holder.</summary>
    /// <param name="shown">The certificate shown.</param>
    /// <param name="request">For the next key.</param>
    /// <param name="actor">Its holder.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<RenewalAnswer> RenewAsync(X509Certificate2 shown, RenewalRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (SigningRequest.KeyOf(request.CertificateSigningRequest) is not { } key)
            return new RenewalAnswer(RenewalOutcome.Malformed);
        var from = new DateTimeOffset(shown.NotAfter) - Earliest;
        if (time.GetUtcNow() < from)
            return new RenewalAnswer(RenewalOutcome.TooEarly, From: from);
        var answer = await writer.WriteAsync(writing => IssueAsync(writing, shown, key, actor, cancellationToken), cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return answer;
    }

    /// <summary>A next certificate was shown: the one before will be retired.</summary>
    internal void Used(string thumbprint) => _used.TryAdd(thumbprint, time.GetUtcNow());

    /// <summary>Retires every certificate whose next one has been in use for a while.</summary>
    internal async Task RetireAsync(CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() - Grace;
        foreach (var (next, _) in _used.Where(used => used.Value <= until))
        {
            if (registry.Replaced(next) is { } before)
                await RetireAsync(before, next, cancellationToken);
            _used.TryRemove(next, out _);
        }
    }

    private async Task RetireAsync(string before, string next, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.Certificates.SingleOrDefaultAsync(c => c.Thumbprint == before && c.RevokedAt == null, cancellationToken) is not { } certificate)
                return false;
            (certificate.RevokedAt, certificate.RevocationReason) = (writing.Now, $"renewed: {next} is used in its place");
            writing.Audit(Actor.System, "certificate.retire", $"{certificate.Holder} {before}", after: $"renewed: {next}");
            return true;
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
    }

    private async Task<RenewalAnswer> IssueAsync(Writing writing, X509Certificate2 shown, PublicKey key, Actor actor, CancellationToken cancellationToken)
    {
        var thumbprint = Holders.Thumbprint(shown);
        // What lies on SAM's own machine is renewed there, what another authority issued by that authority.
        var held = await writing.Database.Certificates.SingleOrDefaultAsync(c => c.Thumbprint == thumbprint && c.RevokedAt == null, cancellationToken);
        if (held is null || Holders.IsForeign(held.Holder))
            return new RenewalAnswer(RenewalOutcome.NotIssued);
        var keyHash = Holders.HashOfKey(key.ExportSubjectPublicKeyInfo());
        var before = await writing.Database.Enrolments.SingleOrDefaultAsync(e => e.CodeHash == thumbprint, cancellationToken);
        if (before is not null && before.KeyHash != keyHash)
        {
            writing.Audit(actor, "certificate.renew", $"{held.Holder} {thumbprint}", after: "another key was given the next certificate before: one of the two may be a thief's", succeeded: false);
            return new RenewalAnswer(RenewalOutcome.OtherKey);
        }

        if (before is not null)
            return Answer(before);
        using var next = authority.Reissue(shown, key);
        var renewal = new Enrolment
        {
            Id = Guid.CreateVersion7(writing.Now),
            CodeHash = thumbprint,
            Holder = held.Holder,
            ExpiresAt = held.NotAfter,
            UsedAt = writing.Now,
            KeyHash = keyHash,
            Certificate = next.ExportCertificatePem(),
        };
        writing.Database.Enrolments.Add(renewal);
        writing.Database.Certificates.Add(new HeldCertificate { Thumbprint = Holders.Thumbprint(next), Holder = held.Holder, IssuedAt = writing.Now, NotAfter = next.NotAfter.ToUniversalTime() });
        writing.Audit(actor, "certificate.renew", $"{held.Holder} {thumbprint}", after: Holders.Thumbprint(next));
        return Answer(renewal);
    }

    private RenewalAnswer Answer(Enrolment renewal) =>
        new(RenewalOutcome.Done, new EnrolmentAnswer(renewal.Certificate!, authority.Certificate.ExportCertificatePem(), renewal.Holder));
}
