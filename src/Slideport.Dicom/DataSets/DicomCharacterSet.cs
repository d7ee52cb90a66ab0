using System.Text;

namespace Slideport.Dicom.DataSets;

/// <summary>
/// What Specific Character Set (0008,0005) says (PS3.3 C.12.1.1.2, PS3.5 6.1): one repertoire, or several between which escape sequences
/// switch (ISO 2022). Decoding never fails: unknown terms are taken for the default repertoire, bytes that mean nothing become U+FFFD.
/// </summary>
public sealed class DicomCharacterSet
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _terms;
    private readonly Encoding? _whole;
    private readonly Iso2022 _iso2022;

    private DicomCharacterSet(string[] terms)
    {
        _terms = terms;
        var first = terms.Length > 0 ? Plain(terms[0]) : "";
        _whole = first switch
        {
            "ISOIR192" or "UTF8" => Encoding.UTF8,
            "GB18030" or "GBK" => CodePagesEncodingProvider.Instance.GetEncoding(54936), // GBK is the two-byte part of GB18030
            _ => null,
        };
        _iso2022 = new Iso2022([.. terms.Select(Plain)]);
        IsRecognized = terms.All(t => Plain(t) is "ISOIR192" or "UTF8" or "GB18030" or "GBK" || Iso2022.Knows(Plain(t)));
    }

    /// <summary>The default repertoire, ISO_IR 6 (ASCII).</summary>
    public static DicomCharacterSet Default { get; } = new([]);

    /// <summary>ISO_IR 192: Unicode in UTF-8, what everything written here has.</summary>
    public static DicomCharacterSet Utf8 { get; } = new(["ISO_IR 192"]);

    /// <summary>Whether the standard defines every term (misspelt as "ISO-IR 192" is understood too).</summary>
    public bool IsRecognized { get; }

    /// <summary>The character set of these terms.</summary>
    /// <param name="terms">The values of Specific Character Set; an empty first one is the default repertoire.</param>
    public static DicomCharacterSet Parse(params IReadOnlyList<string> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return new DicomCharacterSet([.. terms.Select(t => t.Trim(' ', '\0'))]);
    }

    /// <summary>
    /// Decodes a whole value, its backslashes included: in several of the encodings the byte 5C is also part of other characters.
    /// </summary>
    /// <param name="bytes">The value.</param>
    /// <param name="isPersonName">Whether the delimiters of PN, too, return to the first repertoire (PS3.5 6.1.2.5.3).</param>
    public string Decode(ReadOnlySpan<byte> bytes, bool isPersonName = false)
    {
        if (_whole is not null) return _whole.GetString(bytes);
        if (Ascii.IsValid(bytes) && !bytes.Contains(Iso2022.Escape) && !_iso2022.HasRomaji) return Encoding.ASCII.GetString(bytes);
        if (_iso2022.IsAsciiOnly)
        {
            // A device that sends other bytes without saying what they are mostly means UTF-8, which is hard to hit by chance.
            try
            {
                return StrictUtf8.GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                return Encoding.Latin1.GetString(bytes);
            }
        }

        return _iso2022.Decode(bytes, isPersonName);
    }

    /// <summary>
    /// Encodes a whole value, with escape sequences where repertoires change; null if none of them has one of its characters.
    /// </summary>
    /// <param name="text">The value.</param>
    /// <param name="isPersonName">Whether the delimiters of PN, too, return to the first repertoire.</param>
    public byte[]? Encode(string text, bool isPersonName = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Ascii.IsValid(text) && !_iso2022.HasRomaji) return Encoding.ASCII.GetBytes(text);
        return _whole is null ? _iso2022.Encode(text, isPersonName) : _whole.GetBytes(text);
    }

    /// <summary>The terms joined by backslashes; ISO_IR 6 for the default.</summary>
    public override string ToString() => _terms.Length == 0 || _terms is [""] ? "ISO_IR 6" : string.Join('\\', _terms);

    /// <summary>A term without what devices write differently: "ISO_IR 192", "ISO-IR 192" and "ISO IR 192" are all seen.</summary>
    private static string Plain(string term) =>
        string.Concat(term.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
}
