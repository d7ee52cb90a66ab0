namespace Slideport.Slides.DicomWsi;

/// <summary>
/// Which frame is which tile. An array where most tiles have one; a table where few have: a file of a kilobyte can say that it has 2^26
/// tiles, and costs no more than its frames.
/// </summary>
/// <param name="tiles">Tiles of the level.</param>
/// <param name="frames">Frames there are.</param>
internal sealed class TileMap(int tiles, long frames)
{
    /// <summary>An entry of the table takes as much memory as so many of the array.</summary>
    private const int TableCost = 16;

    private readonly int[]? _all = tiles <= TableCost * frames + 1024 ? Filled(tiles) : null;
    private readonly Dictionary<int, int> _few = [];

    /// <summary>Number of tiles.</summary>
    public int Count => tiles;

    /// <summary>The frame of a tile; -1 if it has none.</summary>
    public int this[int tile]
    {
        get => _all is not null ? _all[tile] : _few.GetValueOrDefault(tile, -1);
        set
        {
            if (_all is not null) _all[tile] = value;
            else _few[tile] = value;
        }
    }

    private static int[] Filled(int tiles)
    {
        var all = new int[tiles];
        Array.Fill(all, -1);
        return all;
    }
}
