using System.Globalization;

namespace Slideport.Sam.Audit;

/// <summary>How far the audit trail had got at a moment, signed: what is later cut off or rewritten up to there shows.</summary>
/// <param name="Sequence">Its last entry.</param>
/// <param name="Hash">That entry's hash, which covers all before it.</param>
/// <param name="At">When.</param>
/// <param name="Signature">Over the other three.</param>
internal sealed record SignedHead(long Sequence, string Hash, DateTimeOffset At, byte[] Signature)
{
    internal static SignedHead Make(HeadKey key, long sequence, string hash, DateTimeOffset at) => new(sequence, hash, at, key.Sign(Text(sequence, hash, at)));

    /// <summary>One line: number, hash, time, signature.</summary>
    internal static SignedHead? TryParse(string line)
    {
        var signature = new byte[80];
        return line.Split(' ') is [var sequence, { Length: 64 } hash, var at, { Length: < 100 } base64]
            && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && DateTimeOffset.TryParseExact(at, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
            && Convert.TryFromBase64String(base64, signature, out var length)
            ? new SignedHead(number, hash, instant, signature[..length])
            : null;
    }

    internal bool IsSignedBy(HeadKey key) => key.Signed(Text(Sequence, Hash, At), Signature);

    internal string ToLine() => $"{Statement(Sequence, Hash, At)} {Convert.ToBase64String(Signature)}";

    private static string Text(long sequence, string hash, DateTimeOffset at) => $"slideport audit head {Statement(sequence, hash, at)}";

    private static string Statement(long sequence, string hash, DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{sequence} {hash} {at.ToUniversalTime():O}");
}
