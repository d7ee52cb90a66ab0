using System.Buffers;
using System.Buffers.Binary;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// What a JPEG says about itself before its entropy-coded data (ITU-T T.81, annex B; JFIF 1.02; Adobe APP14). Parsing neither throws nor
/// allocates, so that every frame of a level can be checked.
/// </summary>
public readonly record struct JpegHeader
{
    /// <summary>Components whose parameters are kept; a header with more than this is not a picture any slide format carries.</summary>
    public const int MaxComponents = 4;

    private readonly JpegComponent _component0;
    private readonly JpegComponent _component1;
    private readonly JpegComponent _component2;
    private readonly JpegComponent _component3;

    private JpegHeader(ReadOnlySpan<byte> frame, byte marker)
    {
        Process = (JpegProcess)marker;
        Precision = frame[0];
        Height = BinaryPrimitives.ReadUInt16BigEndian(frame[1..]);
        Width = BinaryPrimitives.ReadUInt16BigEndian(frame[3..]);
        ComponentCount = frame[5];
        for (var i = 0; i < Math.Min(ComponentCount, MaxComponents); i++)
        {
            var c = frame[(6 + 3 * i)..];
            var component = new JpegComponent(c[0], (byte)(c[1] >> 4), (byte)(c[1] & 15), c[2]);
            switch (i)
            {
                case 0: _component0 = component; break;
                case 1: _component1 = component; break;
                case 2: _component2 = component; break;
                default: _component3 = component; break;
            }
        }
    }

    /// <summary>Coding process, from the SOF marker.</summary>
    public JpegProcess Process { get; }

    /// <summary>Bits per sample.</summary>
    public byte Precision { get; }

    /// <summary>Width in pixels, 1 to 65535.</summary>
    public int Width { get; }

    /// <summary>
    /// Height in pixels, 0 to 65535; 0 means that a DNL marker behind the first scan tells it, which no slide format allows.
    /// </summary>
    public int Height { get; }

    /// <summary>Number of components (Nf). Parameters are kept for the first <see cref="MaxComponents"/>.</summary>
    public int ComponentCount { get; }

    /// <summary>Whether the stream has a JFIF APP0 segment that libjpeg would recognise: at least 14 bytes, starting "JFIF\0".</summary>
    public bool HasJfif { get; init; }

    /// <summary>Colour transform of the (last) Adobe APP14 segment: 0 none (RGB), 1 YCbCr, 2 YCCK; null without such a segment.</summary>
    public byte? AdobeTransform { get; init; }

    /// <summary>Restart interval in MCUs; 0 = none.</summary>
    public int RestartInterval { get; init; }

    /// <summary>Whether quantization tables precede the scan; false for an abbreviated stream (T.81, B.4).</summary>
    public bool HasQuantizationTables { get; init; }

    /// <summary>Whether Huffman tables precede the scan; false for an abbreviated stream (T.81, B.4).</summary>
    public bool HasHuffmanTables { get; init; }

    /// <summary>
    /// The IJG quality (1 to 100) whose luminance quantization table comes nearest to the stream's; exact for libjpeg's own tables, an
    /// estimate for others; null when the stream carries no table for its first component.
    /// </summary>
    public int? EstimatedQuality { get; init; }

    /// <summary>Components in the first scan; a baseline colour tile has all of them interleaved in one.</summary>
    public int ScanComponentCount { get; init; }

    /// <summary>Position of the SOF marker.</summary>
    public int FrameHeaderOffset { get; init; }

    /// <summary>Position of the first SOS marker.</summary>
    public int ScanHeaderOffset { get; init; }

    /// <summary>Position of the first entropy-coded byte: everything before it is header.</summary>
    public int EndOfHeader { get; init; }

    /// <summary>Largest horizontal sampling factor.</summary>
    public int MaxHorizontal =>
        Math.Max(Math.Max(_component0.Horizontal, _component1.Horizontal), Math.Max(_component2.Horizontal, _component3.Horizontal));

    /// <summary>Largest vertical sampling factor.</summary>
    public int MaxVertical =>
        Math.Max(Math.Max(_component0.Vertical, _component1.Vertical), Math.Max(_component2.Vertical, _component3.Vertical));

    /// <summary>Whether the components differ in their sampling factors: 4:2:0, 4:2:2 and the like.</summary>
    public bool IsSubsampled
    {
        get
        {
            for (var i = 1; i < Math.Min(ComponentCount, MaxComponents); i++)
                if (Component(i).Horizontal != _component0.Horizontal || Component(i).Vertical != _component0.Vertical) return true;
            return false;
        }
    }

    /// <summary>
    /// Chroma subsampling as TIFF's YCbCrSubSampling (530) and DICOM's names count it: luma samples per chroma sample across and down,
    /// (2, 2) for 4:2:0, (1, 1) when there is none.
    /// </summary>
    public (int Horizontal, int Vertical) Subsampling =>
        ComponentCount < 3 ? (1, 1) : (_component0.Horizontal / _component1.Horizontal, _component0.Vertical / _component1.Vertical);

    /// <summary>
    /// Whether TIFF can express the sampling: the chroma components alike, luma 1, 2 or 4 times as fine each way. Others (and pictures of
    /// neither one nor three components) cannot go into an SVS.
    /// </summary>
    public bool HasRegularSampling
    {
        get
        {
            if (ComponentCount != 3) return ComponentCount == 1;
            var chroma = (_component1.Horizontal, _component1.Vertical);
            return chroma == (_component2.Horizontal, _component2.Vertical)
                && _component0.Horizontal % chroma.Horizontal == 0
                && _component0.Vertical % chroma.Vertical == 0
                && Subsampling is (1 or 2 or 4, 1 or 2 or 4);
        }
    }

    /// <summary>Width of a minimum coded unit of an interleaved scan, in pixels; 8 for a single component (T.81, A.2.2).</summary>
    public int McuWidth => ComponentCount == 1 ? 8 : 8 * MaxHorizontal;

    /// <summary>Height of a minimum coded unit of an interleaved scan, in pixels; 8 for a single component (T.81, A.2.2).</summary>
    public int McuHeight => ComponentCount == 1 ? 8 : 8 * MaxVertical;

    /// <summary>Parameters of the component at <paramref name="index"/>, 0 to 3.</summary>
    public JpegComponent Component(int index) => index switch
    {
        0 => _component0,
        1 => _component1,
        2 => _component2,
        3 => _component3,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>Whether the first three component identifiers are these.</summary>
    internal bool HasIds(byte first, byte second, byte third) =>
        ComponentCount == 3 && _component0.Id == first && _component1.Id == second && _component2.Id == third;

    /// <summary>
    /// Whether a reader that configured itself for <paramref name="other"/> decodes this stream to the same kind of pixels: process,
    /// precision, size, components with their sampling, and colour markers agree. Tables, quality and restart interval may differ.
    /// </summary>
    public bool HasSameFormatAs(in JpegHeader other)
    {
        if (Process != other.Process || Precision != other.Precision || Width != other.Width || Height != other.Height) return false;
        if (ComponentCount != other.ComponentCount || HasJfif != other.HasJfif || AdobeTransform != other.AdobeTransform) return false;
        for (var i = 0; i < Math.Min(ComponentCount, MaxComponents); i++)
        {
            if (Component(i) with { QuantizationTable = 0 } != other.Component(i) with { QuantizationTable = 0 }) return false;
        }

        return true;
    }

    /// <summary>Parses the header at the start of <paramref name="data"/>; null when it is incomplete or wrong.</summary>
    public static JpegHeader? Parse(ReadOnlySpan<byte> data) => TryParse(data, out var header) == OperationStatus.Done ? header : null;

    /// <summary>
    /// Parses the header at the start of <paramref name="data"/>, which needs to reach to the first entropy-coded byte only.
    /// </summary>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>; <see cref="OperationStatus.NeedMoreData"/> when the data ends inside the header;
    /// <see cref="OperationStatus.InvalidData"/> when these bytes cannot begin a JPEG that every reader takes.
    /// </returns>
    public static OperationStatus TryParse(ReadOnlySpan<byte> data, out JpegHeader header)
    {
        header = default;
        var reader = new JpegSegmentReader(data);
        var status = reader.ReadStartOfImage();
        var facts = new SegmentFacts();
        while (status == OperationStatus.Done)
        {
            status = reader.MoveNext();
            if (status != OperationStatus.Done) break;
            if (reader.Marker == JpegMarker.StartOfScan) return Finish(data, reader, ref facts, out header);
            if (reader.Marker == JpegMarker.EndOfImage || !facts.Take(reader)) return OperationStatus.InvalidData;
        }

        return status;
    }

    private static OperationStatus Finish(ReadOnlySpan<byte> data, JpegSegmentReader scan, ref SegmentFacts facts, out JpegHeader header)
    {
        header = default;
        if (facts.FrameEnd == 0) return OperationStatus.InvalidData;
        var payload = scan.Payload;
        // Ns, then Cs and Td/Ta for each of 1 to 4 components, then Ss, Se, Ah/Al (B.2.3).
        if (payload.Length < 1 || payload[0] is 0 or > 4 || payload.Length != 4 + 2 * payload[0]) return OperationStatus.InvalidData;

        var frame = new JpegHeader(data[facts.FramePayloadStart..facts.FrameEnd], facts.FrameMarker);
        header = frame with
        {
            HasJfif = facts.HasJfif,
            AdobeTransform = facts.AdobeTransform,
            RestartInterval = facts.RestartInterval,
            HasQuantizationTables = facts.HasQuantizationTables,
            HasHuffmanTables = facts.HasHuffmanTables,
            EstimatedQuality = JpegQuality.Estimate(facts.QuantizationSum(frame._component0.QuantizationTable)),
            ScanComponentCount = payload[0],
            FrameHeaderOffset = facts.FrameHeaderOffset,
            ScanHeaderOffset = scan.Start,
            EndOfHeader = scan.End,
        };
        return OperationStatus.Done;
    }

    /// <summary>What has been met so far on the way to SOS.</summary>
    private struct SegmentFacts
    {
        private int _sum0, _sum1, _sum2, _sum3;

        public byte FrameMarker;
        public int FrameHeaderOffset, FramePayloadStart, FrameEnd;
        public bool HasJfif, HasQuantizationTables, HasHuffmanTables;
        public byte? AdobeTransform;
        public int RestartInterval;

        public readonly int QuantizationSum(int table) => table switch { 0 => _sum0, 1 => _sum1, 2 => _sum2, _ => _sum3 };

        /// <summary>Takes in the reader's segment; false when it is malformed.</summary>
        public bool Take(in JpegSegmentReader segment)
        {
            var payload = segment.Payload;
            if (JpegMarker.IsStartOfFrame(segment.Marker))
            {
                if (FrameEnd != 0 || !IsFrameHeader(payload)) return false;
                FrameMarker = segment.Marker;
                (FrameHeaderOffset, FramePayloadStart, FrameEnd) = (segment.Start, segment.PayloadStart, segment.End);
                return true;
            }

            switch (segment.Marker)
            {
                case JpegMarker.QuantizationTables:
                    HasQuantizationTables = true;
                    return TakeQuantizationTables(payload);
                case JpegMarker.HuffmanTables:
                    HasHuffmanTables = true;
                    return true;
                case JpegMarker.RestartInterval:
                    if (payload.Length != 2) return false;
                    RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(payload);
                    return true;
                case JpegMarker.App0 when IsJfif(payload):
                    HasJfif = true;
                    return true;
                case JpegMarker.App14 when IsAdobe(payload):
                    AdobeTransform = payload[AdobeTransformOffset];
                    return true;
                default:
                    return true;
            }
        }

        private static bool IsFrameHeader(ReadOnlySpan<byte> payload)
        {
            if (payload.Length < 6 || payload[5] == 0 || payload.Length != 6 + 3 * payload[5]) return false;
            if (payload[0] == 0 || (payload[3] | payload[4]) == 0) return false;
            for (var i = 6; i < payload.Length; i += 3)
            {
                if (payload[i + 1] >> 4 is 0 or > 4 || (payload[i + 1] & 15) is 0 or > 4 || payload[i + 2] > 3) return false;
            }

            return true;
        }

        private bool TakeQuantizationTables(ReadOnlySpan<byte> payload)
        {
            while (!payload.IsEmpty)
            {
                var (precision, table) = (payload[0] >> 4, payload[0] & 15);
                if (precision > 1 || table > 3) return false;
                var length = 1 + 64 * (1 + precision);
                if (payload.Length < length) return false;
                var sum = 0;
                for (var i = 1; i < length; i += 1 + precision)
                    sum += precision == 0 ? payload[i] : BinaryPrimitives.ReadUInt16BigEndian(payload[i..]);
                switch (table)
                {
                    case 0: _sum0 = sum; break;
                    case 1: _sum1 = sum; break;
                    case 2: _sum2 = sum; break;
                    default: _sum3 = sum; break;
                }

                payload = payload[length..];
            }

            return true;
        }
    }

    /// <summary>Where the transform byte lies in the payload of APP14: behind "Adobe", version, flags0, flags1.</summary>
    internal const int AdobeTransformOffset = 11;

    /// <summary>Whether libjpeg takes this APP0 payload for JFIF.</summary>
    internal static bool IsJfif(ReadOnlySpan<byte> payload) => payload.Length >= 14 && payload.StartsWith("JFIF\0"u8);

    /// <summary>Whether libjpeg takes this APP14 payload for Adobe's.</summary>
    internal static bool IsAdobe(ReadOnlySpan<byte> payload) => payload.Length >= 12 && payload.StartsWith("Adobe"u8);
}
