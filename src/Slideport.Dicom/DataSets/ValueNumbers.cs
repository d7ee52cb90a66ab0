using System.Buffers.Binary;
using System.Globalization;

namespace Slideport.Dicom.DataSets;

/// <summary>Values as numbers: binary VRs, and IS and DS, whose numbers are text.</summary>
internal static class ValueNumbers
{
    /// <summary>The longest DS value, in characters (PS3.5 6.2).</summary>
    private const int MaxDecimalString = 16;

    /// <summary>The first value as an integer; null if there is none, or it is none. UV values keep their 64 bits.</summary>
    public static long? Int64(DicomElement element)
    {
        var vr = ValueText.EffectiveVr(element);
        if (vr.IsText) return First(element) is { } text ? ParseInt64(text) : null;
        return element.Bytes is { } bytes && vr.UnitBytes > 0 && bytes.Length >= vr.UnitBytes ? ReadInt64(bytes, vr) : null;
    }

    /// <summary>All values as integers; null if there are none, or one of them is none.</summary>
    public static long[]? Int64s(DicomElement element) => All(element, ParseInt64, ReadInt64);

    /// <summary>The first value as a number; null if there is none, or it is none.</summary>
    public static double? Double(DicomElement element)
    {
        var vr = ValueText.EffectiveVr(element);
        if (vr.IsText) return First(element) is { } text ? ParseDouble(text) : null;
        return element.Bytes is { } bytes && vr.UnitBytes > 0 && bytes.Length >= vr.UnitBytes ? ReadDouble(bytes, vr) : null;
    }

    /// <summary>All values as numbers; null if there are none, or one of them is none.</summary>
    public static double[]? Doubles(DicomElement element) => All(element, ParseDouble, ReadDouble);

    /// <summary>Integers as the text of a text VR.</summary>
    public static string Format(DicomTag tag, Vr vr, ReadOnlySpan<long> values)
    {
        var texts = new string[values.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            if (vr == Vr.IS && values[i] is < int.MinValue or > int.MaxValue) throw DoesNotFit(tag, vr, values[i]);
            texts[i] = vr == Vr.DS ? FormatDecimal(tag, values[i]) : values[i].ToString(CultureInfo.InvariantCulture);
        }

        return string.Join('\\', texts);
    }

    /// <summary>Numbers as the text of a text VR: DS with at most 16 characters, IS only where they are integers.</summary>
    public static string Format(DicomTag tag, Vr vr, ReadOnlySpan<double> values)
    {
        var texts = new string[values.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            if (vr == Vr.IS && !(IsInteger(values[i]) && Math.Abs(values[i]) <= int.MaxValue))
            {
                throw DoesNotFit(tag, vr, values[i]);
            }

            texts[i] = FormatDecimal(tag, values[i]);
        }

        return string.Join('\\', texts);
    }

    /// <summary>
    /// The number as DS: the shortest text that reads back as the same number, rounded where that would exceed 16 characters.
    /// </summary>
    public static string FormatDecimal(DicomTag tag, double value)
    {
        if (!double.IsFinite(value)) throw DoesNotFit(tag, Vr.DS, value);
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        for (var digits = 15; text.Length > MaxDecimalString; digits--)
        {
            text = value.ToString($"G{digits}", CultureInfo.InvariantCulture);
        }

        return text;
    }

    /// <summary>Integers as the bytes of a binary VR.</summary>
    public static byte[] Encode(DicomTag tag, Vr vr, ReadOnlySpan<long> values)
    {
        var unit = Unit(tag, vr);
        var bytes = new byte[(values.Length * unit + 1) & ~1];
        for (var i = 0; i < values.Length; i++)
        {
            if (!TryWrite(bytes.AsSpan(i * unit), vr, values[i])) throw DoesNotFit(tag, vr, values[i]);
        }

        return bytes;
    }

    /// <summary>Numbers as the bytes of a binary VR.</summary>
    public static byte[] Encode(DicomTag tag, Vr vr, ReadOnlySpan<double> values)
    {
        var unit = Unit(tag, vr);
        var bytes = new byte[(values.Length * unit + 1) & ~1];
        for (var i = 0; i < values.Length; i++)
        {
            var target = bytes.AsSpan(i * unit);
            var value = values[i];
            if (vr == Vr.FD || vr == Vr.OD) BinaryPrimitives.WriteDoubleLittleEndian(target, value);
            else if (vr == Vr.FL || vr == Vr.OF) BinaryPrimitives.WriteSingleLittleEndian(target, (float)value);
            else if (!IsInteger(value) || !TryWrite(target, vr, (long)value)) throw DoesNotFit(tag, vr, value);
        }

        return bytes;
    }

    /// <summary>Numbers written as text, as the bytes of a binary VR.</summary>
    public static byte[] Encode(DicomTag tag, Vr vr, string[] values)
    {
        if (values is [""]) return [];
        if (vr == Vr.FL || vr == Vr.FD || vr == Vr.OF || vr == Vr.OD)
        {
            return Encode(tag, vr, Array.ConvertAll(values, v => ParseDouble(v.Trim()) ?? throw DoesNotFit(tag, vr, v)).AsSpan());
        }

        return Encode(tag, vr, Array.ConvertAll(values, v => ParseInt64(v.Trim()) ?? throw DoesNotFit(tag, vr, v)).AsSpan());
    }

    private static T[]? All<T>(DicomElement element, Func<string, T?> parse, Func<ReadOnlySpan<byte>, Vr, T?> read)
        where T : struct
    {
        var vr = ValueText.EffectiveVr(element);
        var texts = vr.IsText ? ValueText.Read(element, DicomCharacterSet.Default)?.Split('\\', StringSplitOptions.TrimEntries) : null;
        if (!vr.IsText && (element.Bytes is null || vr.UnitBytes == 0)) return null;
        var count = vr.IsText ? texts?.Length ?? 0 : element.Bytes!.Length / vr.UnitBytes;
        if (count == 0) return null;
        var values = new T[count];
        for (var i = 0; i < count; i++)
        {
            var value = vr.IsText ? parse(texts![i]) : read(element.Bytes.AsSpan(i * vr.UnitBytes), vr);
            if (value is not { } known) return null;
            values[i] = known;
        }

        return values;
    }

    private static string? First(DicomElement element) => ValueText.Read(element, DicomCharacterSet.Default)?.Split('\\', 2)[0].Trim();

    private static long? ParseInt64(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return value;
        return ParseDouble(text) is { } number && IsInteger(number) ? (long)number : null;
    }

    /// <summary>Whether a double is an integer, in the range where it can be sure of that.</summary>
    private static bool IsInteger(double number) => Math.Floor(number) == number && Math.Abs(number) <= 1L << 53;

    private static double? ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) &&
        double.IsFinite(value) ? value : null;

    private static long? ReadInt64(ReadOnlySpan<byte> bytes, Vr vr) => vr.ToString() switch
    {
        "US" or "OW" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "SS" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "UL" or "OL" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "SL" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "UV" or "SV" or "OV" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "OB" => bytes[0],
        "FL" or "OF" or "FD" or "OD" => ReadDouble(bytes, vr) is { } number && IsInteger(number) ? (long)number : null,
        _ => null,
    };

    private static double? ReadDouble(ReadOnlySpan<byte> bytes, Vr vr) => vr.ToString() switch
    {
        "FL" or "OF" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "FD" or "OD" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "UV" or "OV" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => ReadInt64(bytes, vr),
    };

    private static bool TryWrite(Span<byte> target, Vr vr, long value)
    {
        var (min, max) = vr.ToString() switch
        {
            "OB" => (0, byte.MaxValue),
            "US" or "OW" => (0, ushort.MaxValue),
            "SS" => (short.MinValue, short.MaxValue),
            "UL" or "OL" => (0, uint.MaxValue),
            "SL" => (int.MinValue, int.MaxValue),
            "UV" or "OV" => (0, long.MaxValue),
            "SV" or "FL" or "OF" or "FD" or "OD" => (long.MinValue, long.MaxValue),
            _ => (1, 0),
        };
        if (value < min || value > max) return false;
        if (vr == Vr.FL || vr == Vr.OF) BinaryPrimitives.WriteSingleLittleEndian(target, value);
        else if (vr == Vr.FD || vr == Vr.OD) BinaryPrimitives.WriteDoubleLittleEndian(target, value);
        else if (vr.UnitBytes == 1) target[0] = (byte)value;
        else if (vr.UnitBytes == 2) BinaryPrimitives.WriteInt16LittleEndian(target, unchecked((short)value)); // the range has been checked
        else if (vr.UnitBytes == 4) BinaryPrimitives.WriteInt32LittleEndian(target, unchecked((int)value));
        else BinaryPrimitives.WriteInt64LittleEndian(target, value);
        return true;
    }

    private static int Unit(DicomTag tag, Vr vr) =>
        vr.UnitBytes is > 0 and var unit && vr != Vr.SQ ? unit : throw new ArgumentException($"{tag} has VR {vr}, which has no numbers");

    private static ArgumentException DoesNotFit(DicomTag tag, Vr vr, object value) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{value} does not fit {tag}, which has VR {vr}"));
}
