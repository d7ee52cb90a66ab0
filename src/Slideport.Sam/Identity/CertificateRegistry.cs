using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Identity;

/// <summary>Who may come in, in memory: asked at every handshake and every request, told of every change.</summary>
internal sealed class CertificateRegistry(SamDatabases databases)
{
    private volatile Snapshot _snapshot = new([], FrozenDictionary<string, Guid>.Empty);

    private sealed record Snapshot(FrozenSet<string> Revoked, FrozenDictionary<string, Guid> Scanners);

    /// <summary>Raised after the snapshot changed: connections may have to go.</summary>
    internal event Action? Changed;

    /// <summary>Reads the database again. Cheap: some hundred rows.</summary>
    internal async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var revoked = await database.Certificates.Where(c => c.RevokedAt != null).Select(c => c.Thumbprint).ToListAsync(cancellationToken);
        var scanners = await database.Scanners.Where(s => s.RetiredAt == null).Select(s => new { s.SerialNumber, s.Id }).ToListAsync(cancellationToken);
        var before = _snapshot;
        _snapshot = new Snapshot(revoked.ToFrozenSet(), scanners.ToFrozenDictionary(s => s.SerialNumber, s => s.Id));
        if (!before.Revoked.SetEquals(_snapshot.Revoked) || before.Scanners.Count != _snapshot.Scanners.Count)
            Changed?.Invoke();
    }

    /// <summary>The thumbprints of all certificates that are good no more.</summary>
    internal IReadOnlyCollection<string> Revoked => _snapshot.Revoked;

    /// <summary>Who a certificate belongs to; null when nobody who may come in.</summary>
    /// <param name="certificate">One whose chain ends at our authority; TLS has seen to that.</param>
    internal Caller? Find(X509Certificate2 certificate)
    {
        var snapshot = _snapshot;
        if (snapshot.Revoked.Contains(Holders.Thumbprint(certificate)) || Holders.Of(certificate) is not { } holder)
            return null;
        if (holder.StartsWith("role:", StringComparison.Ordinal))
            return new Caller(holder, null);
        return holder.StartsWith("scanner:", StringComparison.Ordinal) && snapshot.Scanners.TryGetValue(holder["scanner:".Length..], out var id)
            ? new Caller(holder, id)
            : null;
    }
}

/// <summary>Somebody with a certificate.</summary>
/// <param name="Holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>.</param>
/// <param name="ScannerId">The scanner; null for a role.</param>
internal sealed record Caller(string Holder, Guid? ScannerId);
