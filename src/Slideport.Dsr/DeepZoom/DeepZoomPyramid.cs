using System.Numerics;
using Slideport.Dsr.Viewing;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.DeepZoom;

/// <summary>A slide as DeepZoom has it: levels of half the size each, down to one pixel, in square tiles without overlap.</summary>
/// <remarks>Tiles are as large as the slide's own, so that most of them are the stored ones.</remarks>
internal sealed class DeepZoomPyramid
{
    // Where the slide's own tiles are no squares.
    private const int OtherTileSize = 256;

    private readonly SlideView _view;

    internal DeepZoomPyramid(SlideView view)
    {
        _view = view;
        var first = view.Levels[0].Level;
        (Width, Height) = (first.Width, first.Height);
        TileSize = first.TileWidth == first.TileHeight && first.TileWidth is >= 64 and <= 2048 ? first.TileWidth : OtherTileSize;
        MaxLevel = 32 - BitOperations.LeadingZeroCount((uint)Math.Max(Width, Height) - 1);
        if (Math.Max(Width, Height) == 1)
            MaxLevel = 0;
    }

    internal int Width { get; }

    internal int Height { get; }

    /// <summary>Pixels of a tile's side, but for those at the right and lower edge.</summary>
    internal int TileSize { get; }

    /// <summary>The level of full resolution; that of one pixel is 0.</summary>
    internal int MaxLevel { get; }

    /// <summary>The description that clients ask for first.</summary>
    internal string ToXml() => FormattableString.Invariant(
        $"""<?xml version="1.0" encoding="utf-8"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0" TileSize="{TileSize}"><Size Width="{Width}" Height="{Height}"/></Image>""");

    /// <summary>Pixels of a level.</summary>
    internal (int Width, int Height) SizeOf(int level)
    {
        var scale = 1L << (MaxLevel - level);
        return ((int)((Width + scale - 1) / scale), (int)((Height + scale - 1) / scale));
    }

    /// <summary>A tile.</summary>
    /// <returns>Null when there is none.</returns>
    internal DeepZoomTile? Find(int level, int column, int row)
    {
        if (level > MaxLevel)
            return null;
        var (width, height) = SizeOf(level);
        var (left, top) = ((long)column * TileSize, (long)row * TileSize);
        if (left >= width || top >= height)
            return null;
        var (across, down) = ((int)Math.Min(TileSize, width - left), (int)Math.Min(TileSize, height - top));
        var scale = (double)(1L << (MaxLevel - level));
        var region = new Region(left * scale, top * scale, Math.Min(across * scale, Width - left * scale), Math.Min(down * scale, Height - top * scale));
        return new DeepZoomTile(region, across, down) { Stored = across == TileSize && down == TileSize ? StoredAs(level, column, row) : null };
    }

    // A level that was rounded to one pixel less still has each of its pixels where ours has it.
    private LevelView? StoredAs(int level, int column, int row)
    {
        var (width, height) = SizeOf(level);
        foreach (var view in _view.Levels)
        {
            var own = view.Level;
            if (own.TileWidth == TileSize && own.TileHeight == TileSize && width - own.Width is 0 or 1 && height - own.Height is 0 or 1
                && (column + 1) * TileSize <= own.Width && (row + 1) * TileSize <= own.Height)
                return view;
        }

        return null;
    }
}

/// <summary>A tile of a DeepZoom pyramid.</summary>
/// <param name="Region">What it shows.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
internal sealed record DeepZoomTile(Region Region, int Width, int Height)
{
    /// <summary>The level whose tile of the same column and row it is; null where it must be made.</summary>
    public LevelView? Stored { get; init; }
}
