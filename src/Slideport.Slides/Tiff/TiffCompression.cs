namespace Slideport.Slides.Tiff;

/// <summary>Values of Compression (259) that slides use.</summary>
public enum TiffCompression
{
    /// <summary>Raw samples.</summary>
    None = 1,

    /// <summary>LZW (TIFF 6.0, section 13).</summary>
    Lzw = 5,

    /// <summary>JPEG (TIFF Technical Note 2).</summary>
    Jpeg = 7,

    /// <summary>Aperio: JPEG 2000 whose components are Y, Cb, Cr.</summary>
    Jpeg2000YCbCr = 33003,

    /// <summary>Aperio: JPEG 2000 that decodes to R, G, B.</summary>
    Jpeg2000Rgb = 33005,
}
