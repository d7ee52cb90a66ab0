using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slideport.Slides.DicomWsi.Rewriting;

namespace Slideport.Slides.Deidentification;

/// <summary>
/// The secret behind pseudonyms: whoever has it can make the pseudonym of a patient they know, and nobody without it can tell one from the other
/// (HMAC-SHA-256). The same key gives the same pseudonyms for ever, so that the slides of one patient stay together.
/// </summary>
public sealed class DeidentificationKey
{
    /// <summary>The shortest key that is taken, in bytes.</summary>
    public const int MinBytes = 32;

    /// <summary>The longest, in bytes.</summary>
    public const int MaxBytes = 4096;

    private const int PseudonymBytes = 10; // 16 characters of base32: fit for SH, and enough for more patients than there are
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648
    private const int MaxShiftDays = 3650;

    private readonly byte[] _key;

    private DeidentificationKey(byte[] key) => _key = key;

    /// <summary>Takes a key.</summary>
    /// <exception cref="ArgumentException">It is too short or too long.</exception>
    public static DeidentificationKey Of(ReadOnlySpan<byte> key) => key.Length is >= MinBytes and <= MaxBytes
        ? new DeidentificationKey(key.ToArray())
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"A key for pseudonyms has {MinBytes} to {MaxBytes} bytes, not {key.Length}; 'openssl rand -base64 48' makes one."), nameof(key));

    /// <summary>Reads a key from its file; white space around it does not count.</summary>
    /// <exception cref="ArgumentException">It is too short or too long.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static DeidentificationKey Read(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[MaxBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Of(bytes.AsSpan(0, length).Trim(" \t\r\n"u8));
    }

    /// <summary>The pseudonym of an identifier, 16 capital letters and digits. What kind it is of counts: two kinds never have one pseudonym.</summary>
    public string Pseudonym(string kind, string identifier)
    {
        var hash = Hash(kind, identifier);
        Span<char> name = stackalloc char[PseudonymBytes * 8 / 5];
        for (var i = 0; i < name.Length; i++)
        {
            var bit = i * 5;
            var window = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
            name[i] = Base32[(window >> (11 - (bit % 8))) & 31];
        }

        return new string(name);
    }

    /// <summary>The UID that takes the place of another: 2.25 and a UUID.</summary>
    public string Uid(string uid) => DerivedUid.FromHash(Hash("uid", uid));

    /// <summary>By how many days the dates of a patient are moved into the past: 1 to 3650, the same for all of a patient's.</summary>
    public int ShiftDays(string patient) => 1 + (int)(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Hash("dates", patient)) % MaxShiftDays);

    private byte[] Hash(string kind, string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"slideport {kind}\n{text}"));
}
