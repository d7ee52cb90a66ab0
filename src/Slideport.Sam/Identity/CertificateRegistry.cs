using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>Who may come in, in memory: asked at every handshake and every request, told of every change.</summary>
internal sealed class CertificateRegistry(SamDatabases databases) : IDisposable
{
    // One reading after the other: an older one must not come last and bring back what was revoked meanwhile.
    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile TaskCompletionSource _changed = NewChange();
    private volatile Snapshot _snapshot = new(0, [], [], FrozenDictionary<string, Guid>.Empty, FrozenDictionary<string, string>.Empty);

    // Replaced: of each certificate that was issued in a renewal, the one before, while that is good.
    private sealed record Snapshot(
        long Version, FrozenSet<string> Revoked, FrozenSet<(string Holder, string Thumbprint)> Good, FrozenDictionary<string, Guid> Scanners, FrozenDictionary<string, string> Replaced)
    {
        // The scanners of certificates that other authorities have issued.
        internal FrozenDictionary<string, string> Foreign { get; } =
            Good.Where(c => Holders.IsForeign(c.Holder)).ToFrozenDictionary(c => c.Thumbprint, c => Holders.Plain(c.Holder));
    }

    /// <summary>Raised after the snapshot changed: connections may have to go.</summary>
    internal event Action? Changed;

    /// <summary>Reads the database again. Cheap: some hundred rows.</summary>
    internal async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Completes with the next change.</summary>
    internal Task NextChangeAsync() => _changed.Task;

    /// <summary>Grows with every change; begins anew with the process.</summary>
    internal long Version => _snapshot.Version;

    /// <summary>The thumbprints of all certificates that are good no more.</summary>
    internal IReadOnlyCollection<string> Revoked => _snapshot.Revoked;

    /// <summary>The scanners in service, each with the thumbprints of its good certificates.</summary>
    internal IEnumerable<(string SerialNumber, Guid Id, string[] Certificates)> Scanners()
    {
        var snapshot = _snapshot;
        var good = snapshot.Good.ToLookup(c => Holders.Plain(c.Holder), c => c.Thumbprint);
        return snapshot.Scanners.Select(s => (s.Key, s.Value, good[Holders.Scanner(s.Key)].ToArray()));
    }

    /// <summary>The certificate before one that was issued in a renewal, while it is good; null when there is none.</summary>
    internal string? Replaced(string thumbprint) => _snapshot.Replaced.GetValueOrDefault(thumbprint);

    /// <summary>Whether a certificate lets somebody in, asked at the handshake.</summary>
    /// <param name="certificate">One whose chain is good.</param>
    /// <param name="isOurs">Whether that chain ends at our authority. Another's word counts only for a certificate that is registered.</param>
    internal bool Admits(ShownCertificate certificate, bool isOurs) => Find(certificate) is not null && (isOurs || _snapshot.Foreign.ContainsKey(certificate.Thumbprint));

    /// <summary>Who a certificate belongs to; null when nobody who may come in.</summary>
    /// <param name="certificate">One of our authority, or a registered one; the handshake has seen to that.</param>
    internal Caller? Find(ShownCertificate certificate)
    {
        var snapshot = _snapshot;
        if (snapshot.Revoked.Contains(certificate.Thumbprint))
            return null;
        // A registered one is its scanner's, whatever it says.
        if ((snapshot.Foreign.GetValueOrDefault(certificate.Thumbprint) ?? certificate.Holder) is not { } holder)
            return null;
        if (holder.StartsWith("role:", StringComparison.Ordinal))
            return new Caller(holder, null);
        return holder.StartsWith("scanner:", StringComparison.Ordinal) && snapshot.Scanners.TryGetValue(Holders.SerialNumber(holder), out var id)
            ? new Caller(holder, id)
            : null;
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _reading.Dispose();

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var certificates = await database.Certificates.Select(c => new { c.Holder, c.Thumbprint, IsRevoked = c.RevokedAt != null }).ToListAsync(cancellationToken);
        var scanners = await database.Scanners.Where(s => s.RetiredAt == null).Select(s => new { s.SerialNumber, s.Id }).ToListAsync(cancellationToken);
        var renewals = await (from renewal in database.Enrolments
                              join certificate in database.Certificates on renewal.CodeHash equals certificate.Thumbprint
                              where certificate.RevokedAt == null && renewal.Certificate != null
                              select new { Before = certificate.Thumbprint, Next = renewal.Certificate! }).ToListAsync(cancellationToken);
        var before = _snapshot;
        var now = new Snapshot(
            before.Version + 1,
            certificates.Where(c => c.IsRevoked).Select(c => c.Thumbprint).ToFrozenSet(),
            certificates.Where(c => !c.IsRevoked).Select(c => (c.Holder, c.Thumbprint)).ToFrozenSet(),
            scanners.ToFrozenDictionary(s => s.SerialNumber, s => s.Id),
            renewals.ToFrozenDictionary(r => Holders.Thumbprint(r.Next), r => r.Before));
        if (before.Revoked.SetEquals(now.Revoked) && before.Good.SetEquals(now.Good) && before.Scanners.Keys.ToHashSet().SetEquals(now.Scanners.Keys))
            return;
        _snapshot = now;
        var changed = _changed;
        _changed = NewChange();
        changed.SetResult();
        Changed?.Invoke();
    }
}

/// <summary>Somebody with a certificate.</summary>
/// <param name="Holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>.</param>
/// <param name="ScannerId">The scanner; null for a role.</param>
internal sealed record Caller(string Holder, Guid? ScannerId);
