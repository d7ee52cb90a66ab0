using System.Buffers;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// The lossless header changes one JPEG needs so that readers that trust TIFF's PhotometricInterpretation and readers that trust the
/// stream's markers decode the same colours. Made once from the first frame of a level; valid for every frame for which
/// <see cref="JpegHeader.HasSameFormatAs"/> holds.
/// </summary>
public readonly record struct JpegPatch
{
    // "Adobe", version 100, flags 0, flags 0, transform 0.
    internal static ReadOnlySpan<byte> AdobeRgbSegment =>
        [0xFF, 0xEE, 0, 14, (byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', 0, 100, 0, 0, 0, 0, 0];

    // JFIF 1.01, aspect ratio 1:1 without unit, no thumbnail.
    internal static ReadOnlySpan<byte> JfifSegment =>
        [0xFF, 0xE0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

    private static ReadOnlySpan<byte> EndOfImage => [JpegMarker.Prefix, JpegMarker.EndOfImage];

    private readonly byte _adobeTransform;

    private JpegPatch(JpegPatchKinds kinds, ColorSpace color)
    {
        Kinds = kinds;
        _adobeTransform = (byte)(color == ColorSpace.Rgb ? 0 : 1);
    }

    /// <summary>What is changed.</summary>
    public JpegPatchKinds Kinds { get; }

    /// <summary>Most bytes <see cref="Apply"/> can add to a frame.</summary>
    public const int MaxGrowth = 18 + 2;

    /// <summary>
    /// The changes that make the markers of a frame with this header say <paramref name="color"/>, to libjpeg and to Java's ImageIO alike.
    /// </summary>
    /// <param name="header">Header of the frame.</param>
    /// <param name="color">The colour space the frame is really in, see
    /// <see cref="JpegColor.Resolve(in JpegHeader, ColorSpace?)"/>.</param>
    /// <param name="endsWithEndOfImage">Whether the frame has its EOI marker, see <see cref="JpegEnd"/>.</param>
    public static JpegPatch For(in JpegHeader header, ColorSpace color, bool endsWithEndOfImage = true)
    {
        var kinds = endsWithEndOfImage ? JpegPatchKinds.None : JpegPatchKinds.AppendEndOfImage;
        if (header.ComponentCount == 3) kinds |= color == ColorSpace.Rgb ? ForRgb(header) : ForYCbCr(header);
        return new JpegPatch(kinds, color);
    }

    /// <summary>The bytes the patch puts right behind SOI; empty when it inserts nothing.</summary>
    public ReadOnlySpan<byte> Insertion =>
        Kinds.HasFlag(JpegPatchKinds.InsertAdobeRgb) ? AdobeRgbSegment : Kinds.HasFlag(JpegPatchKinds.InsertJfif) ? JfifSegment : [];

    /// <summary>
    /// Writes <paramref name="frame"/> with its header patched to <paramref name="output"/>, which may need <see cref="MaxGrowth"/> bytes
    /// more than the frame has. The frame must reach at least to its first entropy-coded byte; bytes behind that are copied unchanged.
    /// </summary>
    /// <returns>Done, DestinationTooSmall, or the status of the header: NeedMoreData, InvalidData.</returns>
    public OperationStatus Apply(ReadOnlySpan<byte> frame, Span<byte> output, out int written)
    {
        written = 0;
        if (output.Length - MaxGrowth < frame.Length) return OperationStatus.DestinationTooSmall;
        var reader = new JpegSegmentReader(frame);
        var status = reader.ReadStartOfImage();
        if (status != OperationStatus.Done) return status;

        Write(frame[..2], output, ref written);
        Write(Insertion, output, ref written);
        while (true)
        {
            status = reader.MoveNext();
            if (status != OperationStatus.Done) return status;
            if (reader.Marker == JpegMarker.EndOfImage) return OperationStatus.InvalidData;
            if (reader.Marker == JpegMarker.StartOfScan) break;
            if (reader.Marker == JpegMarker.App0 && Kinds.HasFlag(JpegPatchKinds.RemoveJfif) && JpegHeader.IsJfif(reader.Payload)) continue;
            Write(frame[reader.Start..reader.End], output, ref written);
            if (reader.Marker == JpegMarker.App14 && Kinds.HasFlag(JpegPatchKinds.SetAdobeTransform) && JpegHeader.IsAdobe(reader.Payload))
                output[written - reader.Payload.Length + JpegHeader.AdobeTransformOffset] = _adobeTransform;
        }

        Write(frame[reader.Start..], output, ref written);
        if (Kinds.HasFlag(JpegPatchKinds.AppendEndOfImage)) Write(EndOfImage, output, ref written);
        return OperationStatus.Done;
    }

    private static JpegPatchKinds ForRgb(in JpegHeader header)
    {
        var kinds = header.HasJfif ? JpegPatchKinds.RemoveJfif : JpegPatchKinds.None;
        if (header.AdobeTransform is { } transform) return transform == 0 ? kinds : kinds | JpegPatchKinds.SetAdobeTransform;
        return JpegColor.HasRgbIds(header) ? kinds : kinds | JpegPatchKinds.InsertAdobeRgb;
    }

    private static JpegPatchKinds ForYCbCr(in JpegHeader header)
    {
        // ImageIO refuses JFIF beside Adobe transform 0 and any transform 2; libjpeg warns about unknown ones.
        if (header.AdobeTransform is { } transform) return transform == 1 ? JpegPatchKinds.None : JpegPatchKinds.SetAdobeTransform;
        if (header.HasJfif || header.HasIds(1, 2, 3)) return JpegPatchKinds.None;
        // Without any marker ImageIO takes 4:4:4 with identifiers other than 1, 2, 3 for RGB, and libjpeg identifiers R, G, B.
        return !header.IsSubsampled || JpegColor.HasRgbIds(header) ? JpegPatchKinds.InsertJfif : JpegPatchKinds.None;
    }

    private static void Write(ReadOnlySpan<byte> bytes, Span<byte> output, ref int written)
    {
        bytes.CopyTo(output[written..]);
        written += bytes.Length;
    }
}
