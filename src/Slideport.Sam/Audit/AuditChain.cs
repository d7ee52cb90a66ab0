using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>
/// The hash chain of the audit trail: each entry's hash covers its fields and the hash before, so that a changed, removed or inserted line
/// shows. Fields are written with their lengths: no two entries have the same bytes.
/// </summary>
internal static class AuditChain
{
    /// <summary>What the first entry follows.</summary>
    internal static readonly string Genesis = new('0', 64);

    /// <summary>The hash an entry must have, 64 hexadecimal digits.</summary>
    internal static string HashOf(AuditEntry entry)
    {
        string?[] fields =
        [
            entry.Sequence.ToString(CultureInfo.InvariantCulture),
            ((entry.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture),
            entry.Actor, entry.Source, entry.Action, entry.Object, entry.Outcome, entry.Before, entry.After, entry.PreviousHash,
        ];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var field in fields)
        {
            var bytes = field is null ? [] : Encoding.UTF8.GetBytes(field);
            hash.AppendData(Encoding.ASCII.GetBytes(field is null ? "-:" : string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}:")));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The first entry that does not follow from the one before, and why; null when the chain holds.</summary>
    /// <param name="entries">All of them, in order.</param>
    internal static async Task<(long Sequence, string Problem)?> FirstBreakAsync(IAsyncEnumerable<AuditEntry> entries)
    {
        var (expected, previous) = (1L, Genesis);
        await foreach (var entry in entries)
        {
            if (entry.Sequence != expected)
                return (expected, $"Entry {expected} is missing.");
            if (entry.PreviousHash != previous)
                return (entry.Sequence, "It does not follow the entry before.");
            if (HashOf(entry) != entry.Hash)
                return (entry.Sequence, "It is not what was written.");
            (expected, previous) = (expected + 1, entry.Hash);
        }

        return null;
    }
}
