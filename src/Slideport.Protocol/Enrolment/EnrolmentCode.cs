using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Slideport.Protocol.Enrolment;

/// <summary>
/// A one-time code that lets one machine in: 160 random bits, and 120 bits of the hash of the authority's certificate, so that the
/// machine knows SAM as surely as SAM knows it. 56 characters of base 32 (RFC 4648 6) in groups of four.
/// </summary>
public sealed class EnrolmentCode
{
    private const int SecretBytes = 20;
    private const int PinBytes = 15;
    private const int GroupChars = 4;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly byte[] _secret;
    private readonly byte[] _pin;

    private EnrolmentCode(byte[] secret, byte[] pin) => (_secret, _pin) = (secret, pin);

    /// <summary>SHA-256 of the secret, 64 hexadecimal digits: what SAM keeps and looks a code up by.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(_secret));

    /// <summary>Makes a new code for machines of an authority.</summary>
    public static EnrolmentCode Create(X509Certificate2 authority) => new(RandomNumberGenerator.GetBytes(SecretBytes), PinOf(authority));

    /// <summary>Reads a code as people type it: case, spaces and hyphens do not matter.</summary>
    /// <returns>Null when it is none.</returns>
    public static EnrolmentCode? TryParse(string text)
    {
        var bytes = new byte[SecretBytes + PinBytes];
        var (bits, held, count) = (0, 0, 0);
        foreach (var letter in text.Where(c => c is not (' ' or '-')))
        {
            var value = Alphabet.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal);
            if (value < 0 || count == bytes.Length)
                return null;
            bits = ((bits << 5) | value) & 0xFFF;
            held += 5;
            if (held < 8)
                continue;
            held -= 8;
            bytes[count++] = (byte)((bits >> held) & 0xFF);
        }

        return count == bytes.Length && held == 0 ? new EnrolmentCode(bytes[..SecretBytes], bytes[SecretBytes..]) : null;
    }

    /// <summary>Whether an authority is the one the code was made for.</summary>
    public bool IsFor(X509Certificate2 authority) => CryptographicOperations.FixedTimeEquals(_pin, PinOf(authority));

    /// <summary>The code in groups: <c>ABCD-EFGH-…</c>. A secret: shown once, never logged.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var (bits, held) = (0, 0);
        foreach (var part in (byte[])[.. _secret, .. _pin])
        {
            bits = ((bits << 8) | part) & 0xFFF;
            for (held += 8; held >= 5; held -= 5)
            {
                if (text.Length % (GroupChars + 1) == GroupChars)
                    text.Append('-');
                text.Append(Alphabet[(bits >> (held - 5)) & 0x1F]);
            }
        }

        return text.ToString();
    }

    private static byte[] PinOf(X509Certificate2 authority) => SHA256.HashData(authority.RawData)[..PinBytes];
}
