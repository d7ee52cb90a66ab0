using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Conversion;

/// <summary>One plain colour in the coding of a level, for the tiles a sparse slide leaves out.</summary>
internal static class AbsentTile
{
    /// <summary>Whether a coding has the colour; JPEG 2000 has white alone, for lack of an arithmetic coder.</summary>
    public static bool CanBe(AbsentPixel pixel, TileCoding coding) => coding != TileCoding.Jpeg2000 || pixel == AbsentPixel.White;

    /// <summary>One tile; sides at most <see cref="WhiteJpeg.MaxSide"/>.</summary>
    public static byte[] Create(FrameCoding coding, WsiGeometry size, AbsentPixel pixel) => coding.Coding switch
    {
        TileCoding.Jpeg => Jpeg(size.TileWidth, size.TileHeight, coding.Subsampling, coding.Color, pixel),
        TileCoding.Jpeg2000 => WhiteJpeg2000.Create(size.TileWidth, size.TileHeight, coding.Color, coding.Subsampling),
        _ => Raw(size.TileWidth * size.TileHeight, coding.Samples, pixel),
    };

    /// <summary>A JPEG of one colour.</summary>
    public static byte[] Jpeg(int width, int height, (int Horizontal, int Vertical) subsampling, ColorSpace color, AbsentPixel pixel) =>
        PlainJpeg.Create(width, height, subsampling, color, color == ColorSpace.Rgb ? (pixel.Red, pixel.Green, pixel.Blue) : pixel.YCbCr);

    /// <summary>Samples of one colour, pixel by pixel; one sample is gray.</summary>
    public static byte[] Raw(int pixels, int samples, AbsentPixel pixel)
    {
        var tile = new byte[pixels * samples];
        ReadOnlySpan<byte> one = samples == 1 ? [pixel.YCbCr.Y] : [pixel.Red, pixel.Green, pixel.Blue];
        for (var at = 0; at < tile.Length; at++) tile[at] = one[at % one.Length];
        return tile;
    }
}
