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
            if (level.Map() is { } refusal) throw new SlideException(refusal.Reason);
            foreach (var part in level.Parts) _ = part.Frames;
            return level;
        });
    }

    public override int Count => _geometry.TileCount;

    public override bool Contains(int tile) => _level.Value.Locate(tile).Part >= 0;

    public override int Read(int tile, ref byte[] buffer)
    {
        var (part, frame) = _level.Value.Locate(tile);
        return ReadFrame(_level.Value.Parts[part], frame, ref buffer);
    }

    /// <summary>Reads a frame as one piece, its padding included.</summary>
    /// <returns>Number of bytes.</returns>
    public static int ReadFrame(WsiInstance instance, int frame, ref byte[] buffer)
    {
        var location = instance.Frames[frame];
        var length = Reserve(location.Length, ref buffer);
        if (location.FragmentCount == 1)
        {
            Fill(instance, location.Offset, buffer.AsSpan(0, length));
            return length;
        }

        var at = 0;
        foreach (var fragment in instance.Frames.Fragments(frame))
        {
            Fill(instance, fragment.Offset, buffer.AsSpan(at, (int)fragment.Length));
            at += (int)fragment.Length;
        }

        return length;
    }

    /// <summary>Reads exactly this many bytes.</summary>
    public static void Fill(WsiInstance instance, long offset, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var read = RandomAccess.Read(instance.File.Handle, destination[done..], offset + done);
            if (read == 0)
                throw new SlideException(FormattableString.Invariant($"{instance} ends at byte {offset + done}, inside a frame"));
            done += read;
        }
    }
}
