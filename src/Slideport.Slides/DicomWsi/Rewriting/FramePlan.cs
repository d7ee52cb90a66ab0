using Slideport.Slides.Conversion;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>Which frame goes where in an instance that is written anew: frames of one or several instances, or one plain tile for all that are missing.</summary>
internal sealed class FramePlan
{
    private readonly IReadOnlyList<WsiInstance> _parts;
    private readonly Func<int, (int Part, int Frame)> _locate;

    private FramePlan(IReadOnlyList<WsiInstance> parts, int count, Func<int, (int Part, int Frame)> locate, byte[] absent) =>
        (_parts, Count, _locate, Absent) = (parts, count, locate, absent);

    /// <summary>Frames to be written.</summary>
    public int Count { get; }

    /// <summary>Those among them that no instance has.</summary>
    public int AbsentCount { get; private init; }

    /// <summary>The tile for these; empty where there are none.</summary>
    public byte[] Absent { get; }

    /// <summary>All frames of an instance as they are.</summary>
    public static FramePlan AsReceived(WsiInstance instance) => new([instance], instance.FrameCount, frame => (0, frame), []);

    /// <summary>A frame for every tile of a level, row by row.</summary>
    /// <returns>The plan, or what stands in the way.</returns>
    public static (FramePlan? Plan, Refusal? Refusal) Full(DicomLevel level, List<string> warnings)
    {
        if (level.Map() is { } unmapped) return (null, unmapped);
        var tiles = level.Geometry.TileCount;
        var absent = 0;
        for (var tile = 0; tile < tiles; tile++)
            if (level.Locate(tile).Part < 0) absent++;
        if (absent == 0) return (new FramePlan(level.Parts, tiles, level.Locate, []), null);
        var (filling, refusal) = Fill(level, warnings);
        return filling is null ? (null, refusal) : (new FramePlan(level.Parts, tiles, level.Locate, filling) { AbsentCount = absent }, null);
    }

    /// <summary>Whether nobody has the frame, so that <see cref="Absent"/> is written.</summary>
    public bool IsAbsent(int frame) => _locate(frame).Part < 0;

    /// <summary>The instance that has a frame, and the frame's number there, from 0.</summary>
    public (WsiInstance Instance, int Frame) Source(int frame)
    {
        var (part, number) = _locate(frame);
        return (_parts[part], number);
    }

    /// <summary>Bytes of a frame, padding of its fragments included.</summary>
    public long LengthOf(int frame)
    {
        var (part, number) = _locate(frame);
        return part < 0 ? Absent.Length : _parts[part].Frames[number].Length;
    }

    private static (byte[]? Tile, Refusal? Refusal) Fill(DicomLevel level, List<string> warnings)
    {
        var (size, first) = (level.Geometry, level.Parts[0]);
        if (Math.Max(size.TileWidth, size.TileHeight) > Jpeg.WhiteJpeg.MaxSide)
            return (null, WsiRules.Refuse(first, $"tiles are missing, and none of {size.TileWidth}x{size.TileHeight} can be put in their place", "Columns"));
        var (coding, refusal) = FrameCoding.Of(first, []);
        if (coding is null)
            return (null, new Refusal($"{first}: tiles are missing, and none can be made to put in their place: {refusal!.Reason}", refusal.Attribute));
        var color = first.AbsentPixel;
        if (coding.IsPlanar && (color.Red != color.Green || color.Green != color.Blue))
            return (null, WsiRules.Refuse(first, "tiles are missing, and none of their colour can be made in planes", "PlanarConfiguration"));
        if (!AbsentTile.CanBe(color, coding.Coding))
            warnings.Add($"{level}: tiles are missing; white is put in their place, for JPEG 2000 not in the colour the slide recommends");
        var tile = AbsentTile.Create(coding, size, color);
        return (tile.Length % 2 == 0 || coding.Coding == TileCoding.Raw ? tile : [.. tile, 0], null);
    }
}
