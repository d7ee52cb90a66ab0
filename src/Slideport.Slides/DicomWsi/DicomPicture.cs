using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;

namespace Slideport.Slides.DicomWsi;

/// <summary>Brings a label, overview or thumbnail out of its frames: as one JPEG with the same coefficients, or as pixels.</summary>
internal sealed class DicomPicture
{
    private readonly WsiInstance _instance;
    private byte[] _frame = [];

    private DicomPicture(WsiInstance instance, FrameCoding coding) => (_instance, Coding) = (instance, coding);

    /// <summary>How the frames are coded.</summary>
    public FrameCoding Coding { get; }

    /// <summary>Looks at an instance.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="warnings">Where attributes and frames disagree.</param>
    /// <param name="asLevel">Whether single frames of a level are wanted, so that the instance may be a part of it.</param>
    /// <returns>The picture; or why it cannot be read.</returns>
    /// <exception cref="SlideException">The file ends inside a frame.</exception>
    public static (DicomPicture? Picture, Refusal? Refusal) Open(WsiInstance instance, List<string> warnings, bool asLevel = false)
    {
        if (instance.Defect is { } defect) return (null, defect);
        if (asLevel) return Open(instance, FrameCoding.Of(instance, warnings));
        if (instance.Concatenation is not null || instance.Tiling == WsiTiling.Sparse && instance.FrameCount > 1)
            return (null, WsiRules.Refuse(instance, "a label, overview or thumbnail in parts is not supported", "ConcatenationUID"));
        try
        {
            _ = instance.Frames;
        }
        catch (DicomFormatException e)
        {
            return (null, WsiRules.Refuse(instance, e.Message, "PixelData"));
        }

        return Open(instance, FrameCoding.Of(instance, warnings));
    }

    /// <summary>
    /// The picture as one JPEG whose markers tell its colours; null if it is not one frame of JPEG that shows the picture and no more.
    /// </summary>
    /// <exception cref="SlideException">The file ends inside the frame.</exception>
    public byte[]? ReadJpeg()
    {
        var size = _instance.Geometry!.Value;
        return Coding.Coding == TileCoding.Jpeg && size.TileCount == 1 && (size.Width, size.Height) == (size.TileWidth, size.TileHeight)
            ? ReadJpeg(0)
            : null;
    }

    /// <summary>The picture's pixels.</summary>
    /// <exception cref="SlideException">The picture is too large, or damaged.</exception>
    public RgbPicture ReadRgb()
    {
        var size = _instance.Geometry!.Value;
        if ((long)size.Width * size.Height > PixelCodec.MaxPixels)
            throw new PixelException($"{_instance} is too large to be decoded here.");
        var pixels = new byte[3 * size.Width * size.Height];
        for (var frame = 0; frame < size.TileCount; frame++)
        {
            var tile = ReadRgb(frame, 1);
            var (left, top) = (frame % size.TilesAcross * size.TileWidth, frame / size.TilesAcross * size.TileHeight);
            var columns = Math.Min(tile.Width, size.Width - left);
            for (var row = 0; row < Math.Min(tile.Height, size.Height - top); row++)
                tile.Pixels.AsSpan(3 * row * tile.Width, 3 * columns).CopyTo(pixels.AsSpan(3 * ((top + row) * size.Width + left)));
        }

        return new RgbPicture(size.Width, size.Height, pixels);
    }

    /// <summary>The pixels of one frame, JPEGs decoded at 1/shrink of their size.</summary>
    /// <exception cref="SlideException">The frame is too large, or damaged.</exception>
    public RgbPicture ReadRgb(int frame, int shrink)
    {
        if (Coding.Coding == TileCoding.Jpeg) return PixelCodec.DecodeJpeg(ReadJpeg(frame), shrink);
        var length = DicomTiles.ReadFrame(_instance, frame, ref _frame);
        if (Coding.Coding == TileCoding.Raw) return Raw(_frame.AsSpan(0, length));
        if (Jp2.Unwrap(_frame.AsSpan(0, length), out var start, out var unwrapped) != System.Buffers.OperationStatus.Done)
            throw Damaged(frame);
        return PixelCodec.DecodeJpeg2000(_frame.AsSpan(start, unwrapped), Coding.Color);
    }

    private static (DicomPicture?, Refusal?) Open(WsiInstance instance, (FrameCoding? Coding, Refusal? Refusal) found) =>
        found.Coding is { } coding ? (new DicomPicture(instance, coding), null) : (null, found.Refusal);

    private byte[] ReadJpeg(int frame)
    {
        var length = DicomTiles.ReadFrame(_instance, frame, ref _frame);
        var bytes = _frame.AsSpan(0, length);
        if (JpegHeader.Parse(bytes) is not { } header) throw Damaged(frame);
        var end = JpegEnd.TrimmedLength(bytes, header.EndOfHeader);
        var isEnded = end >= 0;
        if (isEnded) bytes = bytes[..end];
        var patch = JpegPatch.For(header, Coding.Color, isEnded);
        if (patch.Kinds == JpegPatchKinds.None) return bytes.ToArray();
        var patched = new byte[bytes.Length + JpegPatch.MaxGrowth];
        return patch.Apply(bytes, patched, out var written) == System.Buffers.OperationStatus.Done
            ? patched[..written]
            : throw Damaged(frame);
    }

    private RgbPicture Raw(ReadOnlySpan<byte> bytes)
    {
        var size = _instance.Geometry!.Value;
        var count = (long)size.TileWidth * size.TileHeight;
        if (count > PixelCodec.MaxPixels || bytes.Length < count * Coding.Samples)
            throw new PixelException($"{_instance}: a frame has {bytes.Length} bytes.");
        bytes = bytes[..((int)count * Coding.Samples)];
        var pixels = new byte[3 * count];
        if (Coding.IsPlanar) RawFrame.Interleave(bytes, pixels);
        else if (Coding.Samples == 3) bytes.CopyTo(pixels);
        else for (var i = 0; i < bytes.Length; i++) pixels.AsSpan(3 * i, 3).Fill(bytes[i]);
        return new RgbPicture(size.TileWidth, size.TileHeight, pixels);
    }

    private PixelException Damaged(int frame) => new(FormattableString.Invariant($"{_instance}: frame {frame + 1} is damaged."));
}
