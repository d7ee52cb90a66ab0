using System.Buffers;
using System.Buffers.Binary;

namespace Slideport.Slides.Jpeg2000;

/// <summary>
/// What a JPEG 2000 codestream says in its main header (ITU-T T.800, annex A). Parsing neither throws nor allocates.
/// </summary>
public readonly record struct Jpeg2000Header
{
    private const ushort StartOfCodestream = 0xFF4F;
    private const ushort ImageAndTileSize = 0xFF51;
    private const ushort ExtendedCapabilities = 0xFF50;
    private const ushort CodingStyleDefault = 0xFF52;
    private const ushort StartOfTilePart = 0xFF90;

    /// <summary>SOC, then SIZ: how every codestream begins (A.5.1).</summary>
    private static ReadOnlySpan<byte> Start => [0xFF, 0x4F, 0xFF, 0x51];

    private const int SizFixedBytes = 36;
    private const int MaxComponents = 16384;

    // T.814, A.3: bit 15 of Pcap tells that code blocks may be High-Throughput; SPcod's block style says so as well.
    private const uint PcapHighThroughput = 0x0002_0000;
    private const byte BlockStyleHighThroughput = 0x40;

    /// <summary>Width of the image area in pixels: Xsiz - XOsiz.</summary>
    public long Width { get; private init; }

    /// <summary>Height of the image area in pixels: Ysiz - YOsiz.</summary>
    public long Height { get; private init; }

    /// <summary>Horizontal offset of the image area on the reference grid; slides need 0.</summary>
    public uint XOffset { get; private init; }

    /// <summary>Vertical offset of the image area on the reference grid; slides need 0.</summary>
    public uint YOffset { get; private init; }

    /// <summary>Width of the codestream's own tiles.</summary>
    public uint TileWidth { get; private init; }

    /// <summary>Height of the codestream's own tiles.</summary>
    public uint TileHeight { get; private init; }

    /// <summary>Number of components.</summary>
    public int ComponentCount { get; private init; }

    /// <summary>First component.</summary>
    public Jpeg2000Component Component0 { get; private init; }

    /// <summary>Second component; default if there is none.</summary>
    public Jpeg2000Component Component1 { get; private init; }

    /// <summary>Third component; default if there is none.</summary>
    public Jpeg2000Component Component2 { get; private init; }

    /// <summary>Whether the multiple component transform is used: the decoder returns RGB (T.800, annex G).</summary>
    public bool UsesComponentTransform { get; private init; }

    /// <summary>Whether the wavelet is the reversible 5/3 (with the transform: RCT) and not the irreversible 9/7 (ICT).</summary>
    public bool IsReversible { get; private init; }

    /// <summary>Quality layers.</summary>
    public int Layers { get; private init; }

    /// <summary>Wavelet decomposition levels, 0 to 32.</summary>
    public int DecompositionLevels { get; private init; }

    /// <summary>Whether code blocks are coded as High-Throughput JPEG 2000 (T.814), which no SVS reader decodes.</summary>
    public bool IsHighThroughput { get; private init; }

    /// <summary>Position of the first tile-part (SOT): everything before it is main header.</summary>
    public int EndOfHeader { get; private init; }

    /// <summary>Whether the image has three unsigned components of 8 bits.</summary>
    public bool IsEightBitColor =>
        ComponentCount == 3 && IsEightBit(Component0) && IsEightBit(Component1) && IsEightBit(Component2);

    /// <summary>Whether the second or third component is coarser than the first.</summary>
    public bool IsSubsampled => ComponentCount >= 3 && (Size(Component1) != Size(Component0) || Size(Component2) != Size(Component0));

    /// <summary>
    /// Parses the main header of the codestream that begins <paramref name="data"/>; null when it is incomplete or wrong.
    /// </summary>
    public static Jpeg2000Header? Parse(ReadOnlySpan<byte> data) => TryParse(data, out var header) == OperationStatus.Done ? header : null;

    /// <summary>
    /// Parses the main header of a raw codestream, which needs to reach to its first SOT marker only. For JP2 files see <see cref="Jp2"/>.
    /// </summary>
    /// <returns>Done; NeedMoreData when the data ends inside the header; InvalidData when these bytes are no sound codestream.</returns>
    public static OperationStatus TryParse(ReadOnlySpan<byte> data, out Jpeg2000Header header)
    {
        header = default;
        if (!data.StartsWith(Start))
            return Start.StartsWith(data) ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;

        var facts = default(Jpeg2000Header);
        var seenCodingStyle = false;
        for (var at = 2; ;)
        {
            if (data.Length - at < 4) return OperationStatus.NeedMoreData;
            var marker = BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
            if (marker == StartOfTilePart)
            {
                if (!seenCodingStyle) return OperationStatus.InvalidData;
                header = facts with { EndOfHeader = at };
                return OperationStatus.Done;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]);
            // SIZ comes once and first (A.5.1). FF30 to FF3F carry no length and, like SOC, SOD and EOC, have no place here.
            if (marker < StartOfCodestream || length < 2 || (marker == ImageAndTileSize) != (at == 2)) return OperationStatus.InvalidData;
            if (data.Length - at - 2 < length) return OperationStatus.NeedMoreData;
            var payload = data.Slice(at + 4, length - 2);
            var sound = marker switch
            {
                ImageAndTileSize => TakeSize(payload, ref facts),
                CodingStyleDefault => TakeCodingStyle(payload, ref facts) && !seenCodingStyle,
                ExtendedCapabilities => TakeCapabilities(payload, ref facts),
                _ => true,
            };
            if (!sound) return OperationStatus.InvalidData;
            seenCodingStyle |= marker == CodingStyleDefault;
            at += 2 + length;
        }
    }

    private static bool TakeSize(ReadOnlySpan<byte> siz, ref Jpeg2000Header facts)
    {
        if (siz.Length < SizFixedBytes) return false;
        int count = BinaryPrimitives.ReadUInt16BigEndian(siz[34..]);
        if (count is 0 or > MaxComponents || siz.Length != SizFixedBytes + 3 * count) return false;
        var (right, bottom, left, top) = (UInt32(siz, 2), UInt32(siz, 6), UInt32(siz, 10), UInt32(siz, 14));
        var (tileWidth, tileHeight, tileLeft, tileTop) = (UInt32(siz, 18), UInt32(siz, 22), UInt32(siz, 26), UInt32(siz, 30));
        if (left >= right || top >= bottom || tileWidth == 0 || tileHeight == 0) return false;
        // The first tile must hold a part of the image (B-3, B-4).
        if (tileLeft > left || tileTop > top || (ulong)tileLeft + tileWidth <= left || (ulong)tileTop + tileHeight <= top) return false;
        for (var i = SizFixedBytes; i < siz.Length; i += 3)
            if ((siz[i] & 0x7F) > 37 || siz[i + 1] == 0 || siz[i + 2] == 0) return false;

        facts = facts with
        {
            Width = (long)right - left,
            Height = (long)bottom - top,
            XOffset = left,
            YOffset = top,
            TileWidth = tileWidth,
            TileHeight = tileHeight,
            ComponentCount = count,
            Component0 = Component(siz, 0),
            Component1 = count > 1 ? Component(siz, 1) : default,
            Component2 = count > 2 ? Component(siz, 2) : default,
        };
        return true;
    }

    private static bool TakeCodingStyle(ReadOnlySpan<byte> cod, ref Jpeg2000Header facts)
    {
        // Scod, progression, layers, transform; levels, block width, height, style, wavelet; then precinct sizes (A.6.1).
        if (cod.Length < 10 || cod[5] > 32 || cod[4] > 1 || cod[9] > 1) return false;
        int layers = BinaryPrimitives.ReadUInt16BigEndian(cod[2..]);
        if (layers == 0) return false;
        facts = facts with
        {
            Layers = layers,
            UsesComponentTransform = cod[4] == 1,
            DecompositionLevels = cod[5],
            IsHighThroughput = facts.IsHighThroughput || (cod[8] & BlockStyleHighThroughput) != 0,
            IsReversible = cod[9] == 1,
        };
        return true;
    }

    private static bool TakeCapabilities(ReadOnlySpan<byte> cap, ref Jpeg2000Header facts)
    {
        if (cap.Length < 4) return false;
        facts = facts with { IsHighThroughput = facts.IsHighThroughput || (UInt32(cap, 0) & PcapHighThroughput) != 0 };
        return true;
    }

    private static Jpeg2000Component Component(ReadOnlySpan<byte> siz, int index)
    {
        var c = siz[(SizFixedBytes + 3 * index)..];
        return new Jpeg2000Component((byte)((c[0] & 0x7F) + 1), (c[0] & 0x80) != 0, c[1], c[2]);
    }

    private static bool IsEightBit(Jpeg2000Component component) => component is { Precision: 8, IsSigned: false };

    private static (byte Horizontal, byte Vertical) Size(Jpeg2000Component component) => (component.Horizontal, component.Vertical);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
