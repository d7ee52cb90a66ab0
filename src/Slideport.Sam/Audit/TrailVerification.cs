using System.Globalization;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>What a check of the whole audit trail found.</summary>
/// <param name="Entries">How many entries hold, from the first.</param>
/// <param name="Heads">How many signed heads they were compared with.</param>
/// <param name="Problem">The first thing wrong, a sentence; null when there is none.</param>
public sealed record TrailVerdict(long Entries, int Heads, string? Problem);

/// <summary>Checks the whole trail: every hash, every number, every signed head.</summary>
internal static class TrailVerification
{
    /// <summary>The entry that says what a check found.</summary>
    internal const string Action = "audit.verify";

    internal static async Task<TrailVerdict> RunAsync(SamDatabases databases, string folder, CancellationToken cancellationToken)
    {
        // The heads first: of what is signed meanwhile nothing is asked.
        var heads = new Dictionary<long, SignedHead>();
        if (ReadHeads(folder, heads) is { } unsound)
            return new TrailVerdict(0, heads.Count, unsound);
        var link = new ChainLink();
        await foreach (var entry in AuditTrail.ReadAsync(databases, AuditFilter.Everything, 0, cancellationToken))
        {
            if (link.Follow(entry) is { } broken)
                return new TrailVerdict(link.Sequence, heads.Count, string.Create(CultureInfo.InvariantCulture, $"The audit trail is broken at entry {broken.Sequence}: {broken.Problem}"));
            if (heads.TryGetValue(entry.Sequence, out var head) && head.Hash != entry.Hash)
                return new TrailVerdict(link.Sequence, heads.Count, Rewritten(head));
        }

        var beyond = heads.Values.Where(h => h.Sequence > link.Sequence).MinBy(h => h.Sequence);
        return new TrailVerdict(link.Sequence, heads.Count, beyond is null ? null : Cut(beyond));
    }

    internal static string Cut(SignedHead head) =>
        string.Create(CultureInfo.InvariantCulture, $"The audit trail was cut: entry {head.Sequence} was there and signed at {head.At:u}, and is gone.");

    internal static string Rewritten(SignedHead head) =>
        string.Create(CultureInfo.InvariantCulture, $"The audit trail was rewritten: entry {head.Sequence} is not the one that was signed at {head.At:u}.");

    // What is wrong with the heads themselves.
    private static string? ReadHeads(string folder, Dictionary<long, SignedHead> heads)
    {
        using var key = HeadKey.TryOpen(folder);
        foreach (var (line, head) in new HeadFile(folder).Read())
        {
            if (key is null)
                return $"There is no key in {folder} to check the signed heads with.";
            if (head is null || !head.IsSignedBy(key) || (heads.TryGetValue(head.Sequence, out var other) && other.Hash != head.Hash))
                return string.Create(CultureInfo.InvariantCulture, $"Line {line} of {Path.Join(folder, "audit-heads")} is not what was signed.");
            heads[head.Sequence] = head;
        }

        return null;
    }
}
