namespace Slideport.Slides.Jpeg;

/// <summary>
/// Complete JPEGs of plain white, for the holes of a sparse slide: an empty tile breaks libtiff, and makes OpenSlide hundreds of times
/// slower.
/// </summary>
public static class WhiteJpeg
{
    /// <summary>Longest side; far beyond any scanner's tiles, and a bound on what a peer's sizes can make us write.</summary>
    public const int MaxSide = 8192;

    /// <summary>
    /// A white baseline JPEG of exactly this size, with the markers every reader understands alike: JFIF for YCbCr and gray, Adobe
    /// transform 0 for RGB.
    /// </summary>
    /// <param name="width">Pixels across, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="height">Pixels down, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="subsampling">Luma samples per chroma sample, each 1, 2 or 4; (1, 1) unless YCbCr.</param>
    /// <param name="color">Colour space.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size or subsampling outside these limits.</exception>
    public static byte[] Create(int width, int height, (int Horizontal, int Vertical) subsampling, ColorSpace color) =>
        PlainJpeg.Create(width, height, subsampling, color, color == ColorSpace.YCbCr ? ((byte)255, (byte)128, (byte)128) : ((byte)255, (byte)255, (byte)255));
}
