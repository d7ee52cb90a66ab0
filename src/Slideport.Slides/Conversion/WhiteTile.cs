using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Conversion;

/// <summary>White in the coding of a level, for the tiles a sparse slide leaves out.</summary>
internal static class WhiteTile
{
    /// <summary>One tile; sides at most <see cref="WhiteJpeg.MaxSide"/>.</summary>
    public static byte[] Create(FrameCoding coding, WsiGeometry size)
    {
        switch (coding.Coding)
        {
            case TileCoding.Jpeg:
                return WhiteJpeg.Create(size.TileWidth, size.TileHeight, coding.Subsampling, coding.Color);
            case TileCoding.Jpeg2000:
                return WhiteJpeg2000.Create(size.TileWidth, size.TileHeight, coding.Color, coding.Subsampling);
            default:
                var white = new byte[size.TileWidth * size.TileHeight * coding.Samples];
                white.AsSpan().Fill(255);
                return white;
        }
    }
}
