namespace Slideport.Slides.Tiff;

/// <summary>Values of PhotometricInterpretation (262) that slides use.</summary>
public enum TiffPhotometric
{
    /// <summary>Gray, 0 is black.</summary>
    BlackIsZero = 1,

    /// <summary>Red, green, blue.</summary>
    Rgb = 2,

    /// <summary>Y, Cb, Cr.</summary>
    YCbCr = 6,
}
