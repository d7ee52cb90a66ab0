using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// UIDs that follow from others: whoever makes the same instance again, after a crash perhaps, gives it the same name. 2.25 and a UUID
/// (PS3.5 B.2) of version 8 (RFC 9562 5.8), which is what a hash of one's own is to call itself.
/// </summary>
internal static class DerivedUid
{
    /// <summary>From a purpose and the UIDs it was made from, in their order.</summary>
    public static string Of(string purpose, IEnumerable<string> uids) =>
        FromHash(SHA256.HashData(Encoding.ASCII.GetBytes($"{purpose}\n{string.Join('\n', uids)}")));

    /// <summary>From the first 16 bytes of a hash.</summary>
    public static string FromHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> uuid = stackalloc byte[16];
        hash[..uuid.Length].CopyTo(uuid);
        uuid[6] = (byte)(uuid[6] & 0x0F | 0x80); // version 8
        uuid[8] = (byte)(uuid[8] & 0x3F | 0x80); // variant of RFC 9562
        return string.Create(CultureInfo.InvariantCulture, $"2.25.{BinaryPrimitives.ReadUInt128BigEndian(uuid)}");
    }
}
