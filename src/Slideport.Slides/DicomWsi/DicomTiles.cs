namespace Slideport.Slides.DicomWsi;

/// <summary>The tiles of a DICOM level as its frames hold them, fragments joined.</summary>
internal sealed class DicomTiles : TileSource
{
    private readonly Lazy<DicomLevel> _level;
    private readonly WsiGeometry _geometry;

    /// <param name="level">Frames are placed and located at first use.</param>
    public DicomTiles(DicomLevel level)
    {
        _geometry = level.Geometry;
        _level = new Lazy<DicomLevel>(() =>
        {
            // Frames first: how many there are is only said until then, and the map is made for them.
            foreach (var part in level.Parts) _ = part.Frames;
            return level.Map() is { } refusal ? throw new SlideException(refusal.Reason) : level;
        });
    }

    public override int Count => _geometry.TileCount;

    public override bool Contains(int tile) => _level.Value.Locate(tile).Part >= 0;

    public override long Length(int tile) => _level.Value.Location(tile).Length;

    public override void Read(int tile, Span<byte> destination)
    {
        var (part, frame) = _level.Value.Locate(tile);
        ReadFrame(_level.Value.Parts[part], frame, destination);
    }

    /// <summary>Reads a frame as one piece, its padding included.</summary>
    /// <returns>Number of bytes.</returns>
    public static int ReadFrame(WsiInstance instance, int frame, ref byte[] buffer)
    {
        var length = Reserve(instance.Frames[frame].Length, ref buffer);
        ReadFrame(instance, frame, buffer.AsSpan(0, length));
        return length;
    }

    private static void ReadFrame(WsiInstance instance, int frame, Span<byte> destination)
    {
        var location = instance.Frames[frame];
        if (location.FragmentCount == 1)
        {
            Fill(instance, location.Offset, destination);
            return;
        }

        var at = 0;
        foreach (var fragment in instance.Frames.Fragments(frame))
        {
            Fill(instance, fragment.Offset, destination.Slice(at, (int)fragment.Length));
            at += (int)fragment.Length;
        }
    }

    /// <summary>Reads exactly this many bytes.</summary>
    public static void Fill(WsiInstance instance, long offset, Span<byte> destination)
    {
        var read = instance.File.Source.Read(destination, offset);
        if (read < destination.Length) throw new SlideException(FormattableString.Invariant($"{instance} ends at byte {offset + read}, inside a frame"));
    }
}
