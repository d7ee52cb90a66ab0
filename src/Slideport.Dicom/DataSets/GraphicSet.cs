using System.Text;

namespace Slideport.Dicom.DataSets;

/// <summary>A set of characters that ISO 2022 switches between (PS3.3 tables C.12-3 and C.12-4): with one or two bytes for each.</summary>
internal sealed class GraphicSet
{
    /// <summary>Every set the standard defines.</summary>
    public static readonly IReadOnlyList<GraphicSet> All =
    [
        new("ISOIR6", "(B", false, 1, null),
        new("ISOIR14", "(J", false, 1, null),
        new("ISOIR13", ")I", true, 1, null),
        new("ISOIR100", "-A", true, 1, 28591),
        new("ISOIR101", "-B", true, 1, 28592),
        new("ISOIR109", "-C", true, 1, 28593),
        new("ISOIR110", "-D", true, 1, 28594),
        new("ISOIR144", "-L", true, 1, 28595),
        new("ISOIR127", "-G", true, 1, 28596),
        new("ISOIR126", "-F", true, 1, 28597),
        new("ISOIR138", "-H", true, 1, 28598),
        new("ISOIR148", "-M", true, 1, 28599),
        new("ISOIR203", "-b", true, 1, 28605),
        new("ISOIR166", "-T", true, 1, 874),
        new("ISOIR87", "$B", false, 2, 51932),
        new("ISOIR159", "$(D", false, 2, 20932),
        new("ISOIR149", "$)C", true, 2, 949),
        new("ISOIR58", "$)A", true, 2, 936),
    ];

    private readonly Encoding? _encoding;

    private GraphicSet(string name, string escape, bool isRight, int bytesPerCharacter, int? codePage)
    {
        Name = name;
        EscapeSequence = Encoding.ASCII.GetBytes("\x1B" + escape);
        IsRight = isRight;
        BytesPerCharacter = bytesPerCharacter;
        _encoding = codePage is { } page
            ? CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback)
                ?? Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback)
            : null;
    }

    /// <summary>Registration as "ISOIR100".</summary>
    public string Name { get; }

    /// <summary>What switches to the set, ESC first.</summary>
    public byte[] EscapeSequence { get; }

    /// <summary>Whether it takes the upper half of the bytes (G1); otherwise the lower (G0).</summary>
    public bool IsRight { get; }

    /// <summary>1 or 2.</summary>
    public int BytesPerCharacter { get; }

    /// <summary>Decodes one character.</summary>
    /// <param name="bytes">One or two bytes, as they are on the wire.</param>
    public string Decode(ReadOnlySpan<byte> bytes)
    {
        if (_encoding is null) return DecodeJapanese(bytes[0]).ToString();
        Span<byte> code = stackalloc byte[2];
        bytes.CopyTo(code);
        code[0] |= 0x80;
        if (BytesPerCharacter == 1) return _encoding.GetString(code[..1]);
        // Code page 20932 tells JIS X 0212 from 0208 by this bit.
        code[1] = Name == "ISOIR159" ? (byte)(code[1] & 0x7F) : (byte)(code[1] | 0x80);
        return _encoding.GetString(code);
    }

    /// <summary>Encodes one character; 0 if the set does not have it.</summary>
    /// <param name="character">The character.</param>
    /// <param name="bytes">At least two bytes.</param>
    public int Encode(char character, Span<byte> bytes)
    {
        if (_encoding is null) return EncodeJapanese(character, bytes);
        Span<byte> code = stackalloc byte[4];
        int length;
        try
        {
            length = _encoding.GetBytes([character], code);
        }
        catch (EncoderFallbackException)
        {
            return 0;
        }

        if (length != BytesPerCharacter || code[0] < 0x80) return 0;
        if (BytesPerCharacter == 2 && (code[0] < 0xA1 || (Name == "ISOIR159" ? code[1] >= 0x80 : code[1] < 0xA1))) return 0;
        for (var i = 0; i < length; i++) bytes[i] = (byte)(IsRight ? code[i] : code[i] & 0x7F);
        return Decode(bytes[..length]) is [var back] && back == character ? length : 0;
    }

    // ISO_IR 6, and the two halves of JIS X 0201: letters that differ from ASCII in the overline (the yen sign at 5C stays the
    // backslash that delimits values, as Japanese devices display it), and half-width katakana.
    private char DecodeJapanese(byte code) => IsRight
        ? code is >= 0xA1 and <= 0xDF ? (char)(code - 0xA1 + 0xFF61) : '\uFFFD'
        : code == 0x7E && Name == "ISOIR14" ? '\u203E' : (char)code;

    private int EncodeJapanese(char character, Span<byte> bytes)
    {
        if (IsRight && character is >= '\uFF61' and <= '\uFF9F') bytes[0] = (byte)(character - 0xFF61 + 0xA1);
        else if (!IsRight && Name == "ISOIR14" && character == '\u203E') bytes[0] = 0x7E;
        else if (!IsRight && character < 0x80 && (Name != "ISOIR14" || character != '~')) bytes[0] = (byte)character;
        else return 0;
        return 1;
    }
}
