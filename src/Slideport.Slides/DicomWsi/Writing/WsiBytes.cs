using System.Buffers;
using System.Buffers.Binary;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// A picture of a slide as the DICOM file it would be, TILED_FULL, though nothing was written: attributes and offset table are in memory, ICC
/// profile and frames are fetched from where they lie when somebody reads that far. Takes 8 to 24 bytes a frame. Safe for concurrent use if
/// what it reads from is.
/// </summary>
public sealed class WsiBytes : ByteSource
{
    private const int ItemHeaderBytes = 8;
    private static readonly byte[] SequenceDelimiter = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

    private readonly IFrameSource _frames;
    private readonly WsiIccProfile? _profile;
    private readonly byte[] _before; // up to the profile's first byte
    private readonly long _profileBytes; // padded
    private readonly byte[] _behind; // from behind the profile to the first frame's item
    private readonly long[] _frameEnds; // counted from the first frame's item
    private readonly byte[] _end;
    private readonly int _itemHeaderBytes;

    /// <summary>Makes up the file; no frame is read.</summary>
    /// <param name="series">What the slide's instances share.</param>
    /// <param name="image">The picture; what it reads from must stay open.</param>
    /// <param name="instance">SOP Instance UID (0008,0018) and Instance Number (0020,0013).</param>
    /// <param name="created">Instance Creation Date and Time (0008,0012), (0008,0013).</param>
    /// <exception cref="SlideException">A tile is missing, or there are too many uncompressed ones for one instance.</exception>
    public WsiBytes(WsiSeriesDescription series, WsiImageDescription image, (string SopInstanceUid, int Number) instance, DateTimeOffset created)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(image);
        var order = FrameOrder.Of(image, DicomLayout.Full);
        var sets = new WsiDataSets(series, image, DicomLayout.Full, new WsiPart(instance.SopInstanceUid, instance.Number, 0, order.Count, null));
        var syntax = image.Coding.TransferSyntax;
        _frames = image.Frames;
        _itemHeaderBytes = syntax.IsEncapsulated ? ItemHeaderBytes : 0;
        var lengths = new long[order.Count];
        var compressed = 0L;
        for (var i = 0; i < lengths.Length; i++) compressed += lengths[i] = _frames.LengthOf(i);
        _frameEnds = FrameEnds(lengths);

        var header = Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, instance.SopInstanceUid, syntax.Uid);
        _profile = sets.ProfileInFile;
        _profileBytes = _profile is null ? 0 : Even(_profile.Range.Length);
        _before = Written(header, output =>
        {
            sets.WriteBeforeProfile(output, compressed, created);
            if (_profile is not null) output.WriteHeader(Tags.ICCProfile, Vr.OB, _profileBytes);
            else if (sets.HasColors) output.WriteElement(Tags.ICCProfile, Vr.OB, SrgbProfile.Bytes.Span);
        });
        _behind = Written([], output =>
        {
            sets.WriteBehindProfile(output);
            StartPixelData(output, lengths);
        });
        _end = syntax.IsEncapsulated ? SequenceDelimiter : new byte[_frameEnds[^1] % 2];
    }

    /// <inheritdoc/>
    public override long Length => _before.Length + _profileBytes + _behind.Length + _frameEnds[^1] + _end.Length;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer, long offset)
    {
        var done = 0;
        for (var length = Length; done < buffer.Length && offset + done < length;) done += ReadPiece(buffer[done..], offset + done);
        return done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        // What it reads from is the caller's.
    }

    private void StartPixelData(DicomWriter output, long[] lengths)
    {
        if (_itemHeaderBytes > 0)
        {
            _ = new EncapsulatedPixelDataWriter(output, lengths);
            return;
        }

        if (_frameEnds[^1] >= uint.MaxValue - 1) throw new SlideException("The uncompressed tiles have 4 GiB or more, which is too much for one DICOM instance");
        output.WriteHeader(Tags.PixelData, Vr.OB, Even(_frameEnds[^1]));
    }

    private long[] FrameEnds(long[] lengths)
    {
        var ends = new long[lengths.Length];
        var end = 0L;
        for (var i = 0; i < lengths.Length; i++) ends[i] = end += _itemHeaderBytes > 0 ? ItemHeaderBytes + Even(lengths[i]) : lengths[i];
        return ends;
    }

    private int ReadPiece(Span<byte> buffer, long at)
    {
        if (at < _before.Length) return Copy(_before, at, buffer);
        at -= _before.Length;
        if (at < _profileBytes) return ReadProfile(buffer, at);
        at -= _profileBytes;
        if (at < _behind.Length) return Copy(_behind, at, buffer);
        at -= _behind.Length;
        return at < _frameEnds[^1] ? ReadFrame(buffer, at) : Copy(_end, at - _frameEnds[^1], buffer);
    }

    private int ReadProfile(Span<byte> buffer, long at)
    {
        var left = _profile!.Range.Length - at;
        if (left <= 0) return Copy([0], 0, buffer);
        buffer = buffer[..(int)Math.Min(buffer.Length, left)];
        return _profile.Source.Read(buffer, _profile.Range.Offset + at) == buffer.Length
            ? buffer.Length
            : throw new SlideException("The ICC profile reaches beyond the end of its file");
    }

    /// <summary>A piece of a frame: of its item's header, its bytes, or the padding.</summary>
    private int ReadFrame(Span<byte> buffer, long at)
    {
        var frame = Array.BinarySearch(_frameEnds, at + 1);
        if (frame < 0) frame = ~frame;
        at -= frame == 0 ? 0 : _frameEnds[frame - 1];
        var length = _frames.LengthOf(frame);
        if (at < _itemHeaderBytes)
        {
            Span<byte> header = [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)Even(length));
            return Copy(header, at, buffer);
        }

        at -= _itemHeaderBytes;
        if (at >= length) return Copy([0], 0, buffer);
        if (at == 0 && buffer.Length >= length)
        {
            _frames.Read(frame, buffer[..length]);
            return length;
        }

        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _frames.Read(frame, whole.AsSpan(0, length));
            return Copy(whole.AsSpan(0, length), at, buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private static int Copy(ReadOnlySpan<byte> bytes, long at, Span<byte> buffer)
    {
        var piece = bytes[(int)at..];
        piece = piece[..Math.Min(piece.Length, buffer.Length)];
        piece.CopyTo(buffer);
        return piece.Length;
    }

    private static byte[] Written(ReadOnlySpan<byte> first, Action<DicomWriter> write)
    {
        using var stream = new MemoryStream();
        stream.Write(first);
        var output = new DicomWriter(stream, TransferSyntax.ExplicitVrLittleEndian);
        write(output);
        output.Flush();
        return stream.ToArray();
    }

    private static long Even(long length) => (length + 1) & ~1L;
}
