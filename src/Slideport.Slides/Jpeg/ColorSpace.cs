namespace Slideport.Slides.Jpeg;

/// <summary>What the samples of a compressed picture mean once its entropy coding is undone.</summary>
public enum ColorSpace
{
    /// <summary>One component, bright is large.</summary>
    Gray,

    /// <summary>Three components red, green, blue.</summary>
    Rgb,

    /// <summary>Three components Y, Cb, Cr as JFIF and ITU-R BT.601 define them, full range.</summary>
    YCbCr,
}
