namespace Slideport.Slides.Jpeg;

/// <summary>Changes to a JPEG's markers that make every reader see the same colours. None touches a coefficient.</summary>
[Flags]
public enum JpegPatchKinds
{
    /// <summary>The stream is used as it is.</summary>
    None = 0,

    /// <summary>Removes the JFIF APP0 segments: libjpeg would let them overrule Adobe's RGB.</summary>
    RemoveJfif = 1,

    /// <summary>Inserts an Adobe APP14 segment with transform 0 (RGB) behind SOI.</summary>
    InsertAdobeRgb = 2,

    /// <summary>Inserts a JFIF APP0 segment (which means YCbCr) behind SOI.</summary>
    InsertJfif = 4,

    /// <summary>
    /// Sets the transform of the Adobe APP14 segments to 0 (RGB) or 1 (YCbCr); 2 with three components makes OpenSlide fail.
    /// </summary>
    SetAdobeTransform = 8,

    /// <summary>Appends the missing EOI marker; libjpeg's warning about it makes OpenSlide fail.</summary>
    AppendEndOfImage = 16,
}
