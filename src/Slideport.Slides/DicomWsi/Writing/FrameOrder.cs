namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>Which tile each frame of a level is.</summary>
internal sealed class FrameOrder
{
    private readonly int[]? _tiles;

    private FrameOrder(int count, int[]? tiles) => (Count, _tiles) = (count, tiles);

    /// <summary>Frames of the level, all parts together.</summary>
    public int Count { get; }

    /// <summary>Index of the tile, row * tiles across + column.</summary>
    public int TileOf(int frame) => _tiles is null ? frame : _tiles[frame];

    /// <summary>The order of a layout. Holes have no frame where the layout can leave them out.</summary>
    /// <exception cref="SlideException">The layout needs every tile, and one is missing; or there is none at all.</exception>
    public static FrameOrder Of(WsiImageDescription image, DicomLayout layout)
    {
        var frames = image.Frames;
        if (layout == DicomLayout.Full)
        {
            for (var tile = 0; tile < frames.Count; tile++)
            {
                if (frames.LengthOf(tile) == 0)
                {
                    throw new SlideException(FormattableString.Invariant(
                        $"Tile {tile} of the {image.Columns}x{image.Rows} level is missing; TILED_FULL needs every tile, TILED_SPARSE does not"));
                }
            }

            return new FrameOrder(frames.Count, null);
        }

        var (across, down) = (image.TilesAcross, image.TilesDown);
        var tiles = new List<int>(frames.Count);
        for (var i = 0; i < frames.Count; i++)
        {
            var tile = layout == DicomLayout.ThreeD ? i % down * across + i / down : i;
            if (frames.LengthOf(tile) > 0) tiles.Add(tile);
        }

        if (tiles.Count == 0) throw new SlideException(FormattableString.Invariant($"The {image.Columns}x{image.Rows} level has no tile at all"));
        return new FrameOrder(tiles.Count, [.. tiles]);
    }
}
