using System.Buffers;
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
        // Whole trails pass through here: one buffer, one call of the hash.
        var bytes = new ArrayBufferWriter<byte>(1024);
        AppendNumber(bytes, entry.Sequence);
        AppendNumber(bytes, (entry.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        Append(bytes, entry.Actor);
        Append(bytes, entry.Source);
        Append(bytes, entry.Action);
        Append(bytes, entry.Object);
        Append(bytes, entry.Outcome);
        Append(bytes, entry.Before);
        Append(bytes, entry.After);
        Append(bytes, entry.PreviousHash);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.WrittenSpan, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>The first entry that does not follow from the one before, and why; null when the chain holds.</summary>
    /// <param name="entries">All of them, in order.</param>
    internal static async Task<(long Sequence, string Problem)?> FirstBreakAsync(IAsyncEnumerable<AuditEntry> entries)
    {
        var link = new ChainLink();
        await foreach (var entry in entries)
        {
            if (link.Follow(entry) is { } problem)
                return problem;
        }

        return null;
    }

    private static void AppendNumber(ArrayBufferWriter<byte> bytes, long number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        AppendLength(bytes, length);
        bytes.Write(digits[..length]);
    }

    private static void Append(ArrayBufferWriter<byte> bytes, string? field)
    {
        if (field is null)
        {
            bytes.Write("-:"u8);
            return;
        }

        AppendLength(bytes, Encoding.UTF8.GetByteCount(field));
        Encoding.UTF8.GetBytes(field, bytes);
    }

    private static void AppendLength(ArrayBufferWriter<byte> bytes, int length)
    {
        var span = bytes.GetSpan(11);
        length.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        span[written] = (byte)':';
        bytes.Advance(written + 1);
    }
}

/// <summary>Where a walk along the chain has got to.</summary>
internal struct ChainLink()
{
    private string _hash = AuditChain.Genesis;

    /// <summary>The last entry that followed; 0 before the first.</summary>
    internal long Sequence { get; private set; }

    /// <summary>Takes the next entry; tells what is wrong with it, if something is.</summary>
    internal (long Sequence, string Problem)? Follow(AuditEntry entry)
    {
        if (entry.Sequence != Sequence + 1)
            return (Sequence + 1, "it is missing.");
        if (entry.PreviousHash != _hash)
            return (entry.Sequence, "it does not follow the entry before.");
        if (AuditChain.HashOf(entry) != entry.Hash)
            return (entry.Sequence, "it is not what was written.");
        (Sequence, _hash) = (entry.Sequence, entry.Hash);
        return null;
    }
}
