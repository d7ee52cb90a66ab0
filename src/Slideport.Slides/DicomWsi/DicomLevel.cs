using Slideport.Dicom.Part10;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// One picture made of one or several instances (the parts of a concatenation, in the order of their frames): a level of the pyramid. Holds
/// 4 bytes a tile once <see cref="Map()"/> has been called.
/// </summary>
public sealed class DicomLevel
{
    private readonly long[] _firstFrames;
    private TileMap? _frameOfTile;
    private Refusal? _mapRefusal;

    internal DicomLevel(IReadOnlyList<WsiInstance> parts, IReadOnlyList<long> firstFrames)
    {
        (Parts, _firstFrames) = (parts, [.. firstFrames]);
        Geometry = parts[0].Geometry ?? throw new ArgumentException("A level needs a geometry.", nameof(parts));
    }

    /// <summary>The instances, by their first frames.</summary>
    public IReadOnlyList<WsiInstance> Parts { get; }

    /// <summary>Sizes.</summary>
    public WsiGeometry Geometry { get; }

    /// <summary>Frames in all parts.</summary>
    public long FrameCount
    {
        get
        {
            long sum = 0;
            foreach (var part in Parts) sum += part.FrameCount;
            return sum;
        }
    }

    /// <summary>Micrometres per pixel, mean of both directions; null where not told.</summary>
    public double? MicronsPerPixel => Parts[0].PixelSpacing is { } spacing ? (spacing.Column + spacing.Row) / 2 * 1000 : null;

    /// <summary>Frames before a part: its own plus this is the index over the whole level.</summary>
    public long FirstFrame(int part) => _firstFrames[part];

    /// <summary>
    /// Finds the frame of each tile. Frames that lie on no tile, or on a tile that another frame has, cannot be told in a format of tiles.
    /// </summary>
    /// <returns>Null, or what stands in the way.</returns>
    public Refusal? Map()
    {
        if (_frameOfTile is not null || _mapRefusal is not null) return _mapRefusal;
        var map = new TileMap(Geometry.TileCount, FrameCount);
        var index = 0;
        for (var part = 0; part < Parts.Count && _mapRefusal is null; part++)
        {
            _mapRefusal = Map(Parts[part], _firstFrames[part], index, map);
            index += Parts[part].FrameCount;
        }

        if (_mapRefusal is null) _frameOfTile = map;
        return _mapRefusal;
    }

    /// <summary>Which frame of which part is a tile; part -1 where the slide has a hole. Call <see cref="Map()"/> first.</summary>
    public (int Part, int Frame) Locate(int tile)
    {
        var frame = (_frameOfTile ?? throw new InvalidOperationException("The level is not mapped."))[tile];
        if (frame < 0) return (-1, -1);
        var part = 0;
        while (frame >= Parts[part].FrameCount) frame -= Parts[part++].FrameCount;
        return (part, frame);
    }

    /// <summary>Where a tile lies in its part's file; length 0 where the slide has a hole.</summary>
    public FrameLocation Location(int tile) => Locate(tile) is ( >= 0 and var part, var frame) ? Parts[part].Frames[frame] : default;

    /// <summary>Pixels of the whole and of a tile, for messages.</summary>
    public override string ToString() => FormattableString.Invariant($"level {Geometry.Width}x{Geometry.Height}");

    private Refusal? Map(WsiInstance part, long firstFrame, int index, TileMap map)
    {
        for (var frame = 0; frame < part.FrameCount; frame++)
        {
            var tile = part.Tiling == WsiTiling.Full ? firstFrame + frame : TileAt(part.Positions![frame]);
            if (tile < 0 || tile >= map.Count)
                return Refuse(part, frame, $"outside the matrix or off its grid of {Geometry.TileWidth}x{Geometry.TileHeight} tiles");
            if (map[(int)tile] >= 0)
                return Refuse(part, frame, $"on the same tile as frame {map[(int)tile] + 1} of the level");
            map[(int)tile] = index + frame;
        }

        return null;
    }

    private static Refusal Refuse(WsiInstance part, int frame, string where)
    {
        if (part.Tiling == WsiTiling.Full) return WsiRules.Refuse(part, $"frame {frame + 1} lies {where}", "NumberOfFrames");
        var (column, row) = part.Positions![frame];
        return WsiRules.Refuse(part, $"frame {frame + 1} at column {column}, row {row} lies {where}", "RowPositionInTotalImagePixelMatrix");
    }

    /// <summary>
    /// The tile whose upper left pixel this is, counted from 1; -1 if there is none. Positions may be anything an int can.
    /// </summary>
    private long TileAt((int Column, int Row) position)
    {
        var (x, y) = (position.Column - 1L, position.Row - 1L);
        if (x < 0 || y < 0 || x >= Geometry.Width || y >= Geometry.Height) return -1;
        return x % Geometry.TileWidth == 0 && y % Geometry.TileHeight == 0
            ? y / Geometry.TileHeight * Geometry.TilesAcross + x / Geometry.TileWidth
            : -1;
    }
}
