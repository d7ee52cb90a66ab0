using Slideport.Dicom.Dictionary;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// How the frames of an instance are really coded, as its first frame tells: the attributes are only asked where the stream is silent.
/// </summary>
internal sealed class FrameCoding
{
    private FrameCoding(TileCoding coding, ColorSpace color, byte[] header)
    {
        (Coding, Color, Header) = (coding, color, header);
    }

    /// <summary>Jpeg, Jpeg2000 or Raw.</summary>
    public TileCoding Coding { get; }

    /// <summary>What the samples are; for JPEG 2000 after the decoder has undone the component transform.</summary>
    public ColorSpace Color { get; }

    /// <summary>The first frame's bytes up to the first coded one, after unwrapping; empty for raw frames.</summary>
    public byte[] Header { get; }

    /// <summary>The JPEG's header.</summary>
    public JpegHeader Jpeg { get; private init; }

    /// <summary>The JPEG 2000 codestream's header.</summary>
    public Jpeg2000Header Jpeg2000 { get; private init; }

    /// <summary>Whether the first JPEG ends in EOI.</summary>
    public bool EndsWithEndOfImage { get; private init; } = true;

    /// <summary>Whether the codestreams are wrapped in JP2 boxes.</summary>
    public bool IsWrapped { get; private init; }

    /// <summary>Whether raw samples are in planes: all red, all green, all blue.</summary>
    public bool IsPlanar { get; private init; }

    /// <summary>Chroma subsampling, (1, 1) for none.</summary>
    public (int Horizontal, int Vertical) Subsampling { get; private init; } = (1, 1);

    /// <summary>Header changes the frames need.</summary>
    public JpegPatch Patch => JpegPatch.For(Jpeg, Color, EndsWithEndOfImage);

    /// <summary>Samples of each pixel.</summary>
    public int Samples => Color == ColorSpace.Gray ? 1 : 3;

    /// <summary>Whether frames in one piece can be used as they lie in the instance, but for a missing end marker.</summary>
    public bool IsUsableAsItLies => Coding switch
    {
        TileCoding.Raw => !IsPlanar,
        TileCoding.Jpeg => Patch.Kinds == JpegPatchKinds.None,
        _ => true,
    };

    /// <summary>Whether a reader configured for one takes frames of the other for the same kind.</summary>
    public bool IsLike(FrameCoding other) => Coding == other.Coding && Color == other.Color && Subsampling == other.Subsampling
        && (Coding != TileCoding.Jpeg || Patch.Kinds == other.Patch.Kinds)
        && (Coding != TileCoding.Jpeg2000 || Jpeg2000.UsesComponentTransform == other.Jpeg2000.UsesComponentTransform);

    /// <summary>Looks at the first frame.</summary>
    /// <param name="instance">Sound, see <see cref="WsiInstance.Defect"/>.</param>
    /// <param name="warnings">Where attributes and frames disagree.</param>
    /// <returns>The coding, or what stands in the way of reading it.</returns>
    /// <exception cref="SlideException">The file ends inside the frame.</exception>
    public static (FrameCoding? Coding, Refusal? Refusal) Of(WsiInstance instance, List<string> warnings)
    {
        var syntax = instance.TransferSyntax;
        if (syntax == TransferSyntax.ExplicitVrBigEndian)
            return Refuse(instance, $"the transfer syntax {syntax.Name} is not supported", "TransferSyntaxUID");
        if (!syntax.IsEncapsulated || syntax == TransferSyntax.EncapsulatedUncompressed) return OfRaw(instance);
        if (!IsJpeg(syntax) && !IsJpeg2000(syntax))
        {
            var coded = $"an SVS has no place for frames coded as {syntax.Name} ({syntax.Uid})";
            return Refuse(instance, $"{coded}; deliver the slide as DICOM, or have the scanner send JPEG", "TransferSyntaxUID");
        }

        var buffer = Array.Empty<byte>();
        var length = DicomTiles.ReadFrame(instance, 0, ref buffer);
        return OfCoded(instance, buffer.AsSpan(0, length), warnings);
    }

    /// <summary>The same of an instance whose first frame is given, be the others there yet or not; nothing where frames are not JPEG or JPEG 2000.</summary>
    public static FrameCoding? OfFirstFrame(WsiInstance instance, ReadOnlySpan<byte> firstFrame) =>
        IsJpeg(instance.TransferSyntax) || IsJpeg2000(instance.TransferSyntax) ? OfCoded(instance, firstFrame, []).Coding : null;

    /// <summary>Why a frame that is not like the first cannot stand beside it; null if it can.</summary>
    /// <param name="frame">The frame, or enough of it to hold its header; unwrapped.</param>
    public string? Compare(ReadOnlySpan<byte> frame)
    {
        if (frame.StartsWith(Header)) return null;
        if (Coding == TileCoding.Jpeg)
        {
            if (JpegHeader.Parse(frame) is not { } jpeg) return "is not a readable JPEG";
            return jpeg.HasSameFormatAs(Jpeg) && jpeg is { HasQuantizationTables: true, HasHuffmanTables: true }
                ? null
                : FormattableString.Invariant($"is a JPEG of {jpeg.Width}x{jpeg.Height} unlike the first in size, sampling or markers");
        }

        if (Jpeg2000Header.Parse(frame) is not { } header) return "is not a readable JPEG 2000 codestream";
        return header.Width == Jpeg2000.Width && header.Height == Jpeg2000.Height && header.IsEightBitColor && !header.IsHighThroughput
            && header.UsesComponentTransform == Jpeg2000.UsesComponentTransform && Sampling(header) == Subsampling
            ? null
            : FormattableString.Invariant($"is a JPEG 2000 codestream of {header.Width}x{header.Height} unlike the first");
    }

    private static bool IsJpeg(TransferSyntax syntax) => syntax == TransferSyntax.JpegBaseline8Bit || syntax == TransferSyntax.JpegExtended12Bit;

    private static bool IsJpeg2000(TransferSyntax syntax) => syntax == TransferSyntax.Jpeg2000 || syntax == TransferSyntax.Jpeg2000Lossless;

    private static (FrameCoding? Coding, Refusal? Refusal) OfCoded(WsiInstance instance, ReadOnlySpan<byte> frame, List<string> warnings) =>
        IsJpeg(instance.TransferSyntax) ? OfJpeg(instance, frame, warnings) : OfJpeg2000(instance, frame, warnings);

    private static (FrameCoding?, Refusal?) OfRaw(WsiInstance instance)
    {
        var kind = instance.PhotometricInterpretation ?? "of no known kind";
        if (instance.SamplesPerPixel == 3 && instance.PhotometricInterpretation != "RGB")
            return Refuse(instance, $"uncompressed samples are {kind}; only RGB is supported", "PhotometricInterpretation");
        if (instance.SamplesPerPixel == 1 && instance.PhotometricInterpretation != "MONOCHROME2")
            return Refuse(instance, $"uncompressed samples are {kind}; only MONOCHROME2 is supported", "PhotometricInterpretation");
        var color = instance.SamplesPerPixel == 3 ? ColorSpace.Rgb : ColorSpace.Gray;
        return (new FrameCoding(TileCoding.Raw, color, []) { IsPlanar = instance.IsPlanar && color == ColorSpace.Rgb }, null);
    }

    private static (FrameCoding?, Refusal?) OfJpeg(WsiInstance instance, ReadOnlySpan<byte> frame, List<string> warnings)
    {
        if (JpegHeader.Parse(frame) is not { } header) return Refuse(instance, "its first frame is not a readable JPEG", "PixelData");
        if (header.Process != JpegProcess.Baseline || header.Precision != 8)
        {
            // Some readers would decode more; those that would not show an empty slide, and somebody would look at it.
            var found = $"its frames are {header.Precision}-bit JPEGs of the {header.Process} process";
            return Refuse(instance, $"{found}; readers of SVS can be relied on for 8-bit baseline only; deliver the slide as DICOM", "PixelData");
        }

        if (!header.HasQuantizationTables || !header.HasHuffmanTables) return Refuse(instance, "its JPEGs lack their tables", "PixelData");
        if (OtherSize(instance, header.Width, header.Height) is { } size) return (null, size);
        if (JpegColor.Resolve(header, instance.PhotometricInterpretation) is not { } color
            || header.Subsampling is not (1 or 2 or 4, 1 or 2 or 4))
            return Refuse(instance, $"its JPEGs have {header.ComponentCount} components, or a sampling that TIFF cannot tell", "PixelData");

        if (JpegColor.Declared(instance.PhotometricInterpretation) is { } declared && declared != color)
            warnings.Add($"{instance}: Photometric Interpretation says {instance.PhotometricInterpretation}, but its frames are {color}");
        return (new FrameCoding(TileCoding.Jpeg, color, frame[..header.EndOfHeader].ToArray())
        {
            Jpeg = header,
            Subsampling = color == ColorSpace.YCbCr ? header.Subsampling : (1, 1),
            EndsWithEndOfImage = JpegEnd.TrimmedLength(frame, header.EndOfHeader) >= 0,
        }, null);
    }

    private static (FrameCoding?, Refusal?) OfJpeg2000(WsiInstance instance, ReadOnlySpan<byte> frame, List<string> warnings)
    {
        if (Jp2.Unwrap(frame, out var start, out var length) != System.Buffers.OperationStatus.Done
            || Jpeg2000Header.Parse(frame.Slice(start, length)) is not { } header)
            return Refuse(instance, "its first frame is not a readable JPEG 2000 codestream", "PixelData");
        if (header.IsHighThroughput)
            return Refuse(instance, "its frames are High-Throughput JPEG 2000, which no SVS reader decodes", "TransferSyntaxUID");
        if (!header.IsEightBitColor || header.XOffset != 0 || header.YOffset != 0)
            return Refuse(instance, "its JPEG 2000 frames are not three components of 8 unsigned bits, or not at the origin", "PixelData");
        if (OtherSize(instance, header.Width, header.Height) is { } size) return (null, size);

        var declared = JpegColor.Declared(instance.PhotometricInterpretation);
        var color = header.UsesComponentTransform || (declared == ColorSpace.Rgb && !header.IsSubsampled)
            ? ColorSpace.Rgb
            : ColorSpace.YCbCr;
        if (instance.PhotometricInterpretation is "YBR_ICT" or "YBR_RCT" != header.UsesComponentTransform)
        {
            var use = header.UsesComponentTransform ? "use" : "do not use";
            warnings.Add($"{instance}: labelled {instance.PhotometricInterpretation}, but its frames {use} the component transform");
        }

        return (new FrameCoding(TileCoding.Jpeg2000, color, frame.Slice(start, header.EndOfHeader).ToArray())
        {
            Jpeg2000 = header,
            Subsampling = Sampling(header),
            IsWrapped = start > 0,
        }, null);
    }

    private static (int, int) Sampling(in Jpeg2000Header header) => (header.Component1.Horizontal, header.Component1.Vertical);

    private static Refusal? OtherSize(WsiInstance instance, long width, long height) =>
        instance.Geometry is { } size && (width, height) == (size.TileWidth, size.TileHeight)
        ? null
        : WsiRules.Refuse(instance, $"its first frame has {width}x{height} pixels, which are not Columns and Rows", "Columns");

    private static (FrameCoding?, Refusal?) Refuse(WsiInstance instance, FormattableString reason, string attribute) =>
        (null, WsiRules.Refuse(instance, reason, attribute));

    private static (FrameCoding?, Refusal?) Refuse(WsiInstance instance, string reason, string attribute) =>
        (null, WsiRules.Refuse(instance, reason, attribute));
}
