namespace Slideport.Slides.Tiff;

/// <summary>Field types of TIFF 6.0 (section 2) and BigTIFF.</summary>
public enum TiffType
{
    /// <summary>8-bit unsigned.</summary>
    Byte = 1,

    /// <summary>7-bit text, ended by NUL.</summary>
    Ascii = 2,

    /// <summary>16-bit unsigned.</summary>
    Short = 3,

    /// <summary>32-bit unsigned.</summary>
    Long = 4,

    /// <summary>Two LONGs: numerator, denominator.</summary>
    Rational = 5,

    /// <summary>8-bit signed.</summary>
    SByte = 6,

    /// <summary>8-bit, meaning depends on the tag.</summary>
    Undefined = 7,

    /// <summary>16-bit signed.</summary>
    SShort = 8,

    /// <summary>32-bit signed.</summary>
    SLong = 9,

    /// <summary>Two SLONGs.</summary>
    SRational = 10,

    /// <summary>IEEE 32-bit.</summary>
    Float = 11,

    /// <summary>IEEE 64-bit.</summary>
    Double = 12,

    /// <summary>32-bit offset of a directory.</summary>
    Ifd = 13,

    /// <summary>64-bit unsigned (BigTIFF).</summary>
    Long8 = 16,

    /// <summary>64-bit signed (BigTIFF).</summary>
    SLong8 = 17,

    /// <summary>64-bit offset of a directory (BigTIFF).</summary>
    Ifd8 = 18,
}
