using System.Collections.Frozen;

namespace Slideport.Dicom.Dictionary;

/// <summary>How a data set is encoded (PS3.5 10, PS3.6 A): byte order, whether VRs are written, how Pixel Data is compressed.</summary>
public sealed class TransferSyntax
{
    private static readonly FrozenDictionary<string, TransferSyntax> WellKnown;

    static TransferSyntax()
    {
        WellKnown = new[]
        {
            ImplicitVrLittleEndian, ExplicitVrLittleEndian, DeflatedExplicitVrLittleEndian, ExplicitVrBigEndian, EncapsulatedUncompressed,
            JpegBaseline8Bit, JpegExtended12Bit, JpegLossless, JpegLosslessSV1, JpegLSLossless, JpegLSNearLossless, Jpeg2000Lossless,
            Jpeg2000, Jpeg2000Part2Lossless, Jpeg2000Part2, Htj2kLossless, Htj2kLosslessRpcl, Htj2k, JpegXLLossless,
            JpegXLRecompression, JpegXL,
            RleLossless, DeflatedImageFrame,
        }.ToFrozenDictionary(s => s.Uid);
    }

    private TransferSyntax(
        string uid, string name, bool encapsulated = true, bool implicitVr = false, bool bigEndian = false, bool deflated = false)
    {
        Uid = uid;
        Name = name;
        IsEncapsulated = encapsulated;
        IsImplicit = implicitVr;
        IsBigEndian = bigEndian;
        IsDeflated = deflated;
    }

    /// <summary>1.2.840.10008.1.2: the default, which every peer must accept for uncompressed data sets.</summary>
    public static TransferSyntax ImplicitVrLittleEndian { get; } =
        new("1.2.840.10008.1.2", "Implicit VR Little Endian", false, implicitVr: true);

    /// <summary>1.2.840.10008.1.2.1.</summary>
    public static TransferSyntax ExplicitVrLittleEndian { get; } = new("1.2.840.10008.1.2.1", "Explicit VR Little Endian", false);

    /// <summary>1.2.840.10008.1.2.1.99: the whole data set is one raw deflate stream.</summary>
    public static TransferSyntax DeflatedExplicitVrLittleEndian { get; } =
        new("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", false, deflated: true);

    /// <summary>1.2.840.10008.1.2.2: retired; read, never written.</summary>
    public static TransferSyntax ExplicitVrBigEndian { get; } =
        new("1.2.840.10008.1.2.2", "Explicit VR Big Endian", false, bigEndian: true);

    /// <summary>1.2.840.10008.1.2.1.98: uncompressed frames in fragments.</summary>
    public static TransferSyntax EncapsulatedUncompressed { get; } =
        new("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian");

    /// <summary>1.2.840.10008.1.2.4.50: what most slides have.</summary>
    public static TransferSyntax JpegBaseline8Bit { get; } = new("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)");

    /// <summary>1.2.840.10008.1.2.4.51.</summary>
    public static TransferSyntax JpegExtended12Bit { get; } = new("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)");

    /// <summary>1.2.840.10008.1.2.4.57.</summary>
    public static TransferSyntax JpegLossless { get; } = new("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)");

    /// <summary>1.2.840.10008.1.2.4.70.</summary>
    public static TransferSyntax JpegLosslessSV1 { get; } =
        new("1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])");

    /// <summary>1.2.840.10008.1.2.4.80.</summary>
    public static TransferSyntax JpegLSLossless { get; } = new("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless");

    /// <summary>1.2.840.10008.1.2.4.81.</summary>
    public static TransferSyntax JpegLSNearLossless { get; } = new("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)");

    /// <summary>1.2.840.10008.1.2.4.90.</summary>
    public static TransferSyntax Jpeg2000Lossless { get; } = new("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)");

    /// <summary>1.2.840.10008.1.2.4.91: lossless or lossy.</summary>
    public static TransferSyntax Jpeg2000 { get; } = new("1.2.840.10008.1.2.4.91", "JPEG 2000");

    /// <summary>1.2.840.10008.1.2.4.92.</summary>
    public static TransferSyntax Jpeg2000Part2Lossless { get; } =
        new("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)");

    /// <summary>1.2.840.10008.1.2.4.93.</summary>
    public static TransferSyntax Jpeg2000Part2 { get; } = new("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component");

    /// <summary>1.2.840.10008.1.2.4.201.</summary>
    public static TransferSyntax Htj2kLossless { get; } = new("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)");

    /// <summary>1.2.840.10008.1.2.4.202.</summary>
    public static TransferSyntax Htj2kLosslessRpcl { get; } =
        new("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)");

    /// <summary>1.2.840.10008.1.2.4.203.</summary>
    public static TransferSyntax Htj2k { get; } = new("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000");

    /// <summary>1.2.840.10008.1.2.4.110.</summary>
    public static TransferSyntax JpegXLLossless { get; } = new("1.2.840.10008.1.2.4.110", "JPEG XL Lossless");

    /// <summary>1.2.840.10008.1.2.4.111: frames from which the original JPEG can be had back bit by bit.</summary>
    public static TransferSyntax JpegXLRecompression { get; } = new("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression");

    /// <summary>1.2.840.10008.1.2.4.112.</summary>
    public static TransferSyntax JpegXL { get; } = new("1.2.840.10008.1.2.4.112", "JPEG XL");

    /// <summary>1.2.840.10008.1.2.5: one fragment per frame, always.</summary>
    public static TransferSyntax RleLossless { get; } = new("1.2.840.10008.1.2.5", "RLE Lossless");

    /// <summary>1.2.840.10008.1.2.8.1: each frame is one deflate stream.</summary>
    public static TransferSyntax DeflatedImageFrame { get; } = new("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression");

    /// <summary>Every transfer syntax with a name here.</summary>
    public static IEnumerable<TransferSyntax> All => WellKnown.Values;

    /// <summary>Transfer Syntax UID.</summary>
    public string Uid { get; }

    /// <summary>Name in PS3.6, or the UID where it is unknown.</summary>
    public string Name { get; }

    /// <summary>Whether elements carry no VR.</summary>
    public bool IsImplicit { get; }

    /// <summary>Whether numbers have their most significant byte first.</summary>
    public bool IsBigEndian { get; }

    /// <summary>Whether Pixel Data consists of fragments (PS3.5 A.4).</summary>
    public bool IsEncapsulated { get; }

    /// <summary>Whether the whole data set is deflated (PS3.5 A.5), so that nothing in it can be addressed by file offset.</summary>
    public bool IsDeflated { get; }

    /// <summary>Whether the UID is one of those this class names.</summary>
    public bool IsKnown => WellKnown.ContainsKey(Uid);

    /// <summary>
    /// The syntax of a UID. An unknown one is taken as explicit VR little endian with encapsulated Pixel Data, as every one since 1995
    /// is.
    /// </summary>
    /// <param name="uid">Transfer Syntax UID; padding is tolerated.</param>
    public static TransferSyntax Find(string uid)
    {
        uid = Uids.Trim(uid);
        return WellKnown.TryGetValue(uid, out var known) ? known : new TransferSyntax(uid, uid);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
