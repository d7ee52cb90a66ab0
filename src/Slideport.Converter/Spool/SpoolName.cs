using System.Security.Cryptography;
using System.Text;

namespace Slideport.Converter.Spool;

/// <summary>Names of files and folders in the spool: 26 characters of base32 from the SHA-256 of what they stand for.</summary>
/// <remarks>A peer's text never becomes a path. 130 bits keep two UIDs from ever meeting; small letters and digits suit every file system.</remarks>
internal static class SpoolName
{
    internal const int Length = 26;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, small

    /// <summary>Whether a text can be such a name.</summary>
    internal static bool IsOne(string text) => text.Length == Length && text.All(Alphabet.Contains);

    /// <summary>The name of a text, e.g. a UID; several texts are told apart by a separator no UID or name holds.</summary>
    internal static string Of(params ReadOnlySpan<string> parts)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts!)), hash);
        Span<char> name = stackalloc char[Length];
        for (var i = 0; i < Length; i++)
        {
            var bit = i * 5;
            var window = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
            name[i] = Alphabet[(window >> (11 - (bit % 8))) & 31];
        }

        return new string(name);
    }
}
