using System.Buffers;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Looks at the head and the end of every frame before anything is copied: whether each is like the first, and where its coded bytes end.
/// One read of the first frame's header length for each frame (1 µs from the page cache): the end of a frame and the head of the next are
/// neighbours, with only an item header of 8 bytes and a padding byte between them.
/// </summary>
internal sealed class FrameSurvey
{
    /// <summary>End marker and one byte of padding; some writers pad to 4.</summary>
    private const int TailBytes = 4;

    /// <summary>A head farther than this behind the last tail is read apart from it.</summary>
    private const int MaxGap = 64;

    private readonly WsiInstance _instance;
    private readonly FrameCoding _coding;
    private readonly byte[] _window;
    private byte[] _whole = [];

    /// <summary>A survey of all frames of an instance.</summary>
    public FrameSurvey(WsiInstance instance, FrameCoding coding)
    {
        (_instance, _coding) = (instance, coding);
        _window = new byte[TailBytes + MaxGap + coding.Header.Length];
        Offsets = new long[instance.FrameCount];
        Lengths = new int[instance.FrameCount];
    }

    /// <summary>Position of each frame's first coded byte in the instance's file; means nothing for frames in fragments.</summary>
    public long[] Offsets { get; }

    /// <summary>Coded bytes of each frame, up to its end marker.</summary>
    public int[] Lengths { get; }

    /// <summary>JPEG frames without an end marker, which must get one.</summary>
    public List<int> Unended { get; } = [];

    /// <summary>Whether frames can be used as they lie in the file, but for those in <see cref="Unended"/>.</summary>
    public bool CanCopyInBulk => !_instance.Frames.HasFragmentedFrames && _coding.IsUsableAsItLies;

    /// <summary>Runs it.</summary>
    /// <returns>Null, or the first frame that cannot stand beside the others.</returns>
    /// <exception cref="SlideException">The file ends inside a frame.</exception>
    public Refusal? Run(CancellationToken cancellationToken)
    {
        if (_coding.Coding == TileCoding.Raw) return RunRaw();
        return _instance.Frames.HasFragmentedFrames || _coding.IsWrapped ? RunWhole(cancellationToken) : RunNeighbours(cancellationToken);
    }

    private Refusal? RunRaw()
    {
        var size = _instance.Geometry!.Value;
        var expected = (long)size.TileWidth * size.TileHeight * _coding.Samples;
        for (var frame = 0; frame < Lengths.Length; frame++)
        {
            var location = _instance.Frames[frame];
            if (location.Length < expected || expected > Array.MaxLength)
                return Misfit(frame, FormattableString.Invariant($"has {location.Length} bytes, not {expected}"));
            (Offsets[frame], Lengths[frame]) = (location.Offset, (int)expected);
        }

        return null;
    }

    /// <summary>The fast way: frames in one piece each.</summary>
    private Refusal? RunNeighbours(CancellationToken cancellationToken)
    {
        var frames = _instance.Frames;
        for (var frame = 0; frame <= Lengths.Length; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var previous = frame > 0 ? frames[frame - 1] : default;
            var tail = (int)Math.Min(TailBytes, previous.Length);
            var from = previous.Offset + previous.Length - tail;
            if (frame == Lengths.Length) return ReadTail(frame - 1, from, tail);

            var location = frames[frame];
            if (location.Length is 0 or > int.MaxValue) return Misfit(frame, FormattableString.Invariant($"has {location.Length} bytes"));
            (Offsets[frame], Lengths[frame]) = (location.Offset, (int)location.Length);
            var head = (int)Math.Min(_coding.Header.Length, location.Length);
            var gap = location.Offset - from - tail;
            if (frame == 0 || gap is < 0 or > MaxGap)
            {
                if (frame > 0 && ReadTail(frame - 1, from, tail) is { } unended) return unended;
                DicomTiles.Fill(_instance, location.Offset, _window.AsSpan(0, head));
                if (CheckHead(frame, _window.AsSpan(0, head)) is { } misfit) return misfit;
                continue;
            }

            var window = _window.AsSpan(0, tail + (int)gap + head);
            DicomTiles.Fill(_instance, from, window);
            if ((CheckTail(frame - 1, window[..tail]) ?? CheckHead(frame, window[(tail + (int)gap)..])) is { } refusal) return refusal;
        }

        return null;
    }

    /// <summary>The slow way: frames in fragments or in JP2 boxes are read whole.</summary>
    private Refusal? RunWhole(CancellationToken cancellationToken)
    {
        for (var frame = 0; frame < Lengths.Length; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = ReadWhole(frame);
            var (start, length) = (0, bytes.Length);
            if (_coding.Coding == TileCoding.Jpeg2000 && Jp2.Unwrap(bytes, out start, out length) != OperationStatus.Done)
                return Misfit(frame, "is not a readable JPEG 2000 codestream");
            bytes = bytes.Slice(start, length);
            (Offsets[frame], Lengths[frame]) = (_instance.Frames[frame].Offset + start, length);
            if (_coding.Compare(bytes) is { } why) return Misfit(frame, why);
            if (TrimWhole(frame, bytes) is { } unended) return unended;
        }

        return null;
    }

    private Refusal? ReadTail(int frame, long from, int length)
    {
        DicomTiles.Fill(_instance, from, _window.AsSpan(0, length));
        return CheckTail(frame, _window.AsSpan(0, length));
    }

    /// <summary>Equal bytes are the same header. Others may be sound too: tables optimised for each tile, comments.</summary>
    private Refusal? CheckHead(int frame, ReadOnlySpan<byte> head)
    {
        if (head.SequenceEqual(_coding.Header)) return null;
        return _coding.Compare(ReadWhole(frame)) is { } why ? Misfit(frame, why) : null;
    }

    private Refusal? CheckTail(int frame, ReadOnlySpan<byte> tail)
    {
        var trimmed = JpegEnd.TrimmedLength(tail);
        if (trimmed < 0) return TrimWhole(frame, ReadWhole(frame));
        Lengths[frame] += trimmed - tail.Length;
        return null;
    }

    /// <summary>Cuts what lies behind the last end marker; without one, JPEG 2000 is cut short, and JPEG too but can be ended.</summary>
    private Refusal? TrimWhole(int frame, ReadOnlySpan<byte> bytes)
    {
        var endOfHeader = _coding.Coding == TileCoding.Jpeg ? JpegHeader.Parse(bytes)?.EndOfHeader ?? bytes.Length : 0;
        var trimmed = JpegEnd.TrimmedLength(bytes, endOfHeader);
        if (trimmed >= 0)
        {
            Lengths[frame] = trimmed;
            return null;
        }

        if (_coding.Coding != TileCoding.Jpeg || bytes.Length <= endOfHeader) return Misfit(frame, "is cut short: it has no end marker");
        Unended.Add(frame);
        return null;
    }

    private ReadOnlySpan<byte> ReadWhole(int frame)
    {
        var length = DicomTiles.ReadFrame(_instance, frame, ref _whole);
        return _whole.AsSpan(0, length);
    }

    private Refusal Misfit(int frame, string why) => WsiRules.Refuse(_instance, $"frame {frame + 1} {why}", "PixelData");
}
