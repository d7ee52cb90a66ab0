namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>One picture of a slide to be written: a level of the pyramid, the thumbnail, label or overview.</summary>
/// <param name="Flavor">What it shows.</param>
/// <param name="Columns">Pixels across the whole picture.</param>
/// <param name="Rows">Pixels down the whole picture.</param>
/// <param name="TileColumns">Pixels across each tile, 1 to 65535; <paramref name="Columns"/> for a picture in one frame.</param>
/// <param name="TileRows">Pixels down each tile, 1 to 65535.</param>
/// <param name="Coding">How the tiles are coded.</param>
/// <param name="Frames">The tiles, row by row.</param>
public sealed record WsiImageDescription(
    WsiImageFlavor Flavor, int Columns, int Rows, int TileColumns, int TileRows, WsiCoding Coding, IFrameSource Frames)
{
    /// <summary>Whether the pixels are what the scanner recorded, and not computed from a finer level.</summary>
    public bool IsOriginal { get; init; } = true;

    /// <summary>Distance of columns in mm.</summary>
    public double ColumnSpacing { get; init; } = 0.0005;

    /// <summary>Distance of rows in mm.</summary>
    public double RowSpacing { get; init; } = 0.0005;

    /// <summary>Compression method the pixels went through before <see cref="Coding"/>, where that one is lossless; null if none.</summary>
    public string? FormerLossyMethod { get; init; }

    /// <summary>Tiles in a row.</summary>
    public int TilesAcross => (int)(((long)Columns + TileColumns - 1) / TileColumns);

    /// <summary>Rows of tiles.</summary>
    public int TilesDown => (int)(((long)Rows + TileRows - 1) / TileRows);
}
