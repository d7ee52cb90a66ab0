using System.Text;

namespace Slideport.Dicom.DataSets;

/// <summary>Text in repertoires that escape sequences switch between (PS3.5 6.1.2.5, ISO/IEC 2022).</summary>
internal sealed class Iso2022
{
    /// <summary>The byte that begins an escape sequence.</summary>
    public const byte Escape = 0x1B;

    private static readonly GraphicSet AsciiSet = GraphicSet.All.First(s => s.Name == "ISOIR6");
    private static readonly GraphicSet RomajiSet = GraphicSet.All.First(s => s.Name == "ISOIR14");

    private readonly GraphicSet _left;
    private readonly GraphicSet? _right;
    private readonly GraphicSet[] _sets;

    /// <summary>Takes terms such as "ISOIR100" or "ISO2022IR87"; unknown ones are passed over.</summary>
    public Iso2022(string[] terms)
    {
        var sets = terms.Select(Find).Where(s => s is not null).Select(s => s!).ToList();
        var first = terms.Length > 0 ? Find(terms[0]) : null;
        _left = first?.Name == "ISOIR13" ? RomajiSet : AsciiSet;
        _right = first is { IsRight: true } ? first : null;
        if (sets.Any(s => s.Name == "ISOIR13")) sets.Add(RomajiSet);
        _sets = [AsciiSet, .. sets.Where(s => s != AsciiSet)];
    }

    /// <summary>Whether there is nothing but the default repertoire.</summary>
    public bool IsAsciiOnly => _sets.Length == 1;

    /// <summary>Whether the lower half is JIS X 0201, in which two characters are not ASCII's.</summary>
    public bool HasRomaji => _left == RomajiSet;

    /// <summary>Whether a term is one of the standard's.</summary>
    public static bool Knows(string term) => term.Length == 0 || Find(term) is not null;

    /// <summary>Decodes a value.</summary>
    public string Decode(ReadOnlySpan<byte> bytes, bool isPersonName)
    {
        var text = new StringBuilder(bytes.Length);
        var (left, right) = (_left, _right);
        for (var i = 0; i < bytes.Length;)
        {
            var code = bytes[i];
            if (code == Escape)
            {
                if (Switch(bytes[i..]) is { } set)
                {
                    if (set.IsRight) right = set;
                    else left = set;
                    i += set.EscapeSequence.Length;
                }
                else
                {
                    i++; // not one of DICOM's: what follows shows as it is
                }

                continue;
            }

            var half = code < 0x80 ? left : right;
            var length = code <= 0x20 || half is null ? 1 : Math.Min(half.BytesPerCharacter, bytes.Length - i);
            if (code <= 0x20) text.Append((char)code);
            else if (half is null || length < half.BytesPerCharacter) text.Append('\uFFFD');
            else text.Append(half.Decode(bytes.Slice(i, length)));
            if (length == 1 && Resets((char)code, isPersonName)) (left, right) = (_left, _right);
            i += length;
        }

        return text.ToString();
    }

    /// <summary>Encodes a value; null if no repertoire has one of its characters.</summary>
    public byte[]? Encode(string text, bool isPersonName)
    {
        var output = new List<byte>(text.Length + 16);
        var (left, right) = (_left, _right);
        Span<byte> code = stackalloc byte[4];
        foreach (var character in text)
        {
            int length;
            if (character <= 0x20 || Resets(character, isPersonName))
            {
                // Delimiters and controls stand in the first repertoire, and return to it.
                if (left != _left && left.BytesPerCharacter > 1) output.AddRange(_left.EscapeSequence);
                if (left.BytesPerCharacter > 1 || Resets(character, isPersonName)) left = _left;
                if (Resets(character, isPersonName)) right = _right;
                output.Add((byte)character);
                continue;
            }

            if ((length = left.Encode(character, code)) == 0 && (length = right?.Encode(character, code) ?? 0) == 0)
            {
                var set = Array.Find(_sets, s => s.Encode(character, stackalloc byte[4]) > 0);
                if (set is null) return null;
                output.AddRange(set.EscapeSequence);
                if (set.IsRight) right = set;
                else left = set;
                length = set.Encode(character, code);
            }

            output.AddRange(code[..length]);
        }

        if (left != _left) output.AddRange(_left.EscapeSequence);
        return [.. output];
    }

    private static bool Resets(char character, bool isPersonName) =>
        character is '\\' or '\t' or '\n' or '\f' or '\r' || (isPersonName && character is '^' or '=');

    private static GraphicSet? Switch(ReadOnlySpan<byte> bytes)
    {
        foreach (var set in GraphicSet.All)
        {
            if (bytes.StartsWith(set.EscapeSequence)) return set;
        }

        return null;
    }

    private static GraphicSet? Find(string term)
    {
        var name = term.StartsWith("ISO2022", StringComparison.Ordinal) ? "ISO" + term["ISO2022".Length..] : term;
        return GraphicSet.All.FirstOrDefault(s => s.Name == name && s != RomajiSet);
    }
}
