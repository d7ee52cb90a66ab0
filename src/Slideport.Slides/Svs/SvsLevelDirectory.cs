using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>One tiled page.</summary>
public sealed record SvsLevelDirectory
{
    /// <summary>Pixels across.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required int Height { get; init; }

    /// <summary>Pixels across each tile, exactly those of the coded tiles.</summary>
    public required int TileWidth { get; init; }

    /// <summary>Pixels down each tile, exactly those of the coded tiles.</summary>
    public required int TileHeight { get; init; }

    /// <summary>How the tiles are coded: None, Jpeg or one of the two JPEG 2000.</summary>
    public required TiffCompression Compression { get; init; }

    /// <summary>What the tiles' samples really are, see <see cref="JpegColor"/>.</summary>
    public required ColorSpace Color { get; init; }

    /// <summary>Chroma subsampling of JPEG tiles, see <see cref="JpegHeader.Subsampling"/>.</summary>
    public (int Horizontal, int Vertical) Subsampling { get; init; } = (1, 1);

    /// <summary>ImageDescription, see <see cref="SvsDescription"/>.</summary>
    public required string Description { get; init; }

    /// <summary>Where each tile lies in the file, row by row; several may share one place. Kept by reference.</summary>
    public required long[] TileOffsets { get; init; }

    /// <summary>Bytes of each tile, none 0. Kept by reference.</summary>
    public required long[] TileByteCounts { get; init; }
}
