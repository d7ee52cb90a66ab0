namespace Slideport.Slides.DicomWsi;

/// <summary>The tiles of a DICOM level as its frames hold them, fragments joined.</summary>
internal sealed class DicomTiles : TileSource
{
    private readonly DicomLevel _level;

    /// <param name="level">Mapped; its frames are located here, so that reading is safe for concurrent use afterwards.</param>
    public DicomTiles(DicomLevel level)
    {
        _level = level;
        foreach (var part in level.Parts) _ = part.Frames;
    }

    public override int Count => _level.Geometry.TileCount;

    public override bool Contains(int tile) => _level.Locate(tile).Part >= 0;

    public override int Read(int tile, ref byte[] buffer)
    {
        var (part, frame) = _level.Locate(tile);
        return ReadFrame(_level.Parts[part], frame, ref buffer);
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
            if (read == 0) throw new SlideException(FormattableString.Invariant($"{instance} ends at byte {offset + done}, inside a frame"));
            done += read;
        }
    }
}
