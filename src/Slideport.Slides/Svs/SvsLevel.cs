using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>One resolution of a slide: a tiled page.</summary>
public sealed class SvsLevel
{
    private readonly SvsFile _file;
    private readonly TiffDirectory _directory;
    private SvsTiles? _tiles;

    internal SvsLevel(SvsFile file, TiffDirectory directory, SvsPage page)
    {
        (_file, _directory, Page) = (file, directory, page);
        TileWidth = page.Integer(directory, TiffTags.TileWidth, 1, ushort.MaxValue);
        TileHeight = page.Integer(directory, TiffTags.TileLength, 1, ushort.MaxValue);
        TilesAcross = (int)(((long)page.Width + TileWidth - 1) / TileWidth);
        TilesDown = (int)(((long)page.Height + TileHeight - 1) / TileHeight);
        if ((long)TilesAcross * TilesDown > Array.MaxLength) throw new SvsFormatException(directory.Index, "has too many tiles");
    }

    /// <summary>What the level has in common with other pages: size, coding, description.</summary>
    public SvsPage Page { get; }

    /// <summary>Pixels across.</summary>
    public int Width => Page.Width;

    /// <summary>Pixels down.</summary>
    public int Height => Page.Height;

    /// <summary>Pixels across a tile, 1 to 65535.</summary>
    public int TileWidth { get; }

    /// <summary>Pixels down a tile, 1 to 65535.</summary>
    public int TileHeight { get; }

    /// <summary>Tiles in a row, the last of which may hang over the edge.</summary>
    public int TilesAcross { get; }

    /// <summary>Rows of tiles.</summary>
    public int TilesDown { get; }

    /// <summary>TilesAcross * TilesDown.</summary>
    public int TileCount => TilesAcross * TilesDown;

    /// <summary>Where the tiles lie; read from the file at first use.</summary>
    /// <exception cref="TiffFormatException">The tile arrays cannot be read.</exception>
    /// <exception cref="SvsFormatException">They are too short, or a tile lies outside the file.</exception>
    public SvsTiles Tiles => _tiles ??= new SvsTiles(
        _file.ReadRanges(_directory, TiffTags.TileOffsets, TiffTags.TileByteCounts, TileCount, out var byteCounts), byteCounts);
}
