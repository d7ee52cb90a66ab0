namespace Slideport.Slides.Tiff;

/// <summary>One field of a directory; its value stays in the file until asked for.</summary>
/// <param name="Tag">Tag number, see <see cref="TiffTags"/>.</param>
/// <param name="Type">Type of each value.</param>
/// <param name="Count">Number of values, as the file says; not yet compared with the file's length.</param>
/// <param name="ValueOffset">Absolute position of the first value, inside the entry itself when it fits there.</param>
public readonly record struct TiffEntry(ushort Tag, TiffType Type, ulong Count, ulong ValueOffset)
{
    /// <summary>Size of one value of a type in bytes; 0 for a type this reader does not know.</summary>
    public static int SizeOf(TiffType type) => type switch
    {
        TiffType.Byte or TiffType.Ascii or TiffType.SByte or TiffType.Undefined => 1,
        TiffType.Short or TiffType.SShort => 2,
        TiffType.Long or TiffType.SLong or TiffType.Float or TiffType.Ifd => 4,
        TiffType.Rational or TiffType.SRational or TiffType.Double or TiffType.Long8 or TiffType.SLong8 or TiffType.Ifd8 => 8,
        _ => 0,
    };
}
