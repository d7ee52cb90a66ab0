using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Slideport.Dicom.DataSets;

/// <summary>Tag of a data element: group and element number (PS3.5 7.1). Orders as data sets do.</summary>
/// <param name="Group">Group number; odd ones are private.</param>
/// <param name="Element">Element number within the group.</param>
public readonly record struct DicomTag(ushort Group, ushort Element) : IComparable<DicomTag>
{
    /// <summary>Creates a tag from its number, group in the upper 16 bits.</summary>
    /// <param name="value">For example 0x7FE00010 for Pixel Data.</param>
    public DicomTag(uint value)
        : this((ushort)(value >> 16), (ushort)(value & 0xFFFF))
    {
    }

    /// <summary>The tag as one number, group in the upper 16 bits.</summary>
    public uint Value => (uint)Group << 16 | Element;

    /// <summary>Whether the group is odd (PS3.5 7.8).</summary>
    public bool IsPrivate => (Group & 1) != 0;

    /// <summary>Whether the element names the owner of a block of private elements: (gggg,0010) to (gggg,00FF) (PS3.5 7.8.1).</summary>
    public bool IsPrivateCreator => IsPrivate && Element is >= 0x10 and <= 0xFF;

    /// <summary>Whether this is a group length (gggg,0000): retired everywhere but in groups 0000 and 0002, and often wrong.</summary>
    public bool IsGroupLength => Element == 0;

    /// <summary>Reads "(0028,0010)", "0028,0010" or "00280010".</summary>
    /// <param name="text">The tag in hexadecimal.</param>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static DicomTag Parse(string text) =>
        TryParse(text, out var tag) ? tag : throw new FormatException($"'{text}' is not a tag: write it as (0028,0010)");

    /// <summary>Reads "(0028,0010)", "0028,0010" or "00280010"; false if the text is none of these.</summary>
    /// <param name="text">The tag in hexadecimal.</param>
    /// <param name="tag">The tag.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out DicomTag tag)
    {
        tag = default;
        var digits = text.AsSpan();
        if (digits.Length == 11 && digits[0] == '(' && digits[^1] == ')') digits = digits[1..^1];
        if (digits.Length == 9 && digits[4] == ',')
        {
            if (!ushort.TryParse(digits[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var group) ||
                !ushort.TryParse(digits[5..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var element))
            {
                return false;
            }

            tag = new DicomTag(group, element);
            return true;
        }

        if (digits.Length != 8 || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        tag = new DicomTag(value);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(DicomTag other) => Value == other.Value;

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(DicomTag other) => Value.CompareTo(other.Value);

    /// <summary>Whether one tag comes before the other in a data set.</summary>
    public static bool operator <(DicomTag left, DicomTag right) => left.Value < right.Value;

    /// <summary>Whether one tag comes before the other in a data set, or is the same.</summary>
    public static bool operator <=(DicomTag left, DicomTag right) => left.Value <= right.Value;

    /// <summary>Whether one tag comes after the other in a data set.</summary>
    public static bool operator >(DicomTag left, DicomTag right) => left.Value > right.Value;

    /// <summary>Whether one tag comes after the other in a data set, or is the same.</summary>
    public static bool operator >=(DicomTag left, DicomTag right) => left.Value >= right.Value;

    /// <summary>The tag as the standard writes it: (0028,0010).</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Group:X4},{Element:X4})");
}
