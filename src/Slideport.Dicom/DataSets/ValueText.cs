using System.Globalization;
using System.Text;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.DataSets;

/// <summary>Values as text: decoding, trimming and encoding by VR (PS3.5 6.2).</summary>
internal static class ValueText
{
    private static readonly char[] Padding = [' ', '\0'];

    /// <summary>The VR to understand a value by: where a gateway that did not know the attribute wrote UN, the dictionary's.</summary>
    public static Vr EffectiveVr(DicomElement element) => element.Vr == Vr.UN ? DicomDictionary.VrOf(element.Tag) : element.Vr;

    /// <summary>The whole value as text without padding; null if it is not text or numbers.</summary>
    public static string? Read(DicomElement element, DicomCharacterSet characterSet)
    {
        var vr = EffectiveVr(element);
        if (element.Text is { } text) return Trim(text, vr);
        if (element.Bytes is not { } bytes) return null;
        if (vr.IsText)
        {
            return Trim(vr.UsesCharacterSet ? characterSet.Decode(bytes, vr == Vr.PN) : Encoding.Latin1.GetString(bytes), vr);
        }

        if (vr == Vr.AT) return string.Join('\\', Tags(bytes));
        if (vr.IsInteger) return Join(ValueNumbers.Int64s(element), i => vr == Vr.UV ? unchecked((ulong)i) : i);
        if (vr == Vr.FL) return Join(ValueNumbers.Doubles(element), n => (float)n);
        if (vr == Vr.FD) return Join(ValueNumbers.Doubles(element), n => n);
        return null;
    }

    /// <summary>Text as bytes of even length.</summary>
    /// <exception cref="DicomException">The text has characters that the character set, or a VR outside its reign, cannot
    /// carry.</exception>
    public static byte[] Encode(DicomTag tag, Vr vr, string text, DicomCharacterSet characterSet)
    {
        if (!vr.UsesCharacterSet && !Ascii.IsValid(text))
        {
            throw new DicomException($"{tag} has VR {vr}, which carries ASCII only"); // the text may be a patient's: not into a log
        }

        var bytes = vr.UsesCharacterSet ? characterSet.Encode(text, vr == Vr.PN) : Encoding.ASCII.GetBytes(text);
        if (bytes is null)
        {
            throw new DicomException($"{tag} has characters that {characterSet} cannot carry: set SpecificCharacterSet to ISO_IR 192");
        }

        if (bytes.Length % 2 == 0) return bytes;
        Array.Resize(ref bytes, bytes.Length + 1);
        bytes[^1] = vr.Padding;
        return bytes;
    }

    private static string Trim(string text, Vr vr)
    {
        // Leading spaces mean something only in the VRs for running text (PS3.5 6.2).
        text = text.TrimEnd(Padding);
        return vr.IsSingleText || vr == Vr.UC ? text : text.TrimStart(' ');
    }

    private static string? Join<T>(T[]? values, Func<T, IFormattable> asWritten) =>
        values is null ? null : string.Join('\\', values.Select(v => asWritten(v).ToString(null, CultureInfo.InvariantCulture)));

    private static IEnumerable<DicomTag> Tags(byte[] bytes)
    {
        for (var i = 0; i + 4 <= bytes.Length; i += 4)
        {
            yield return new DicomTag(BitConverter.ToUInt16(bytes, i), BitConverter.ToUInt16(bytes, i + 2));
        }
    }
}
