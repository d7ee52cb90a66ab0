using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Jpeg2000;

/// <summary>
/// Complete JPEG 2000 codestreams of plain white, for the holes of a sparse slide. With as many decompositions as it takes to bring
/// the lowest subband down to one coefficient, that coefficient is all there is to code: 127 above the middle, the same bytes whatever the
/// size. Every other packet is empty. Reversible wavelet, so white is exactly white.
/// </summary>
public static class WhiteJpeg2000
{
    /// <summary>Longest side; see <see cref="WhiteJpeg.MaxSide"/>.</summary>
    public const int MaxSide = WhiteJpeg.MaxSide;

    private const int GuardBits = 2;

    /// <summary>
    /// Packet of the one code block: header and body (T.800, B.10). Header bits: 1 not empty; 1 included; 001 two missing bit planes
    /// (GuardBits + 8 - 1 = 9 planes, 127 has 7); 1111 01101 = 19 passes (cleanup, then three for each lower plane); 0 length of 3 + 4
    /// bits; 0000001 one byte; padding. Body: 00, the MQ codeword (T.800, annex C) of significance 1, sign 0 and six refinements 1, which
    /// are all less probable symbols, so that the code register stays 0.
    /// </summary>
    private static ReadOnlySpan<byte> WhitePacket => [0b1100_1111, 0b1011_0100, 0b0000_0100, 0x00];

    /// <summary>A white codestream of exactly this size.</summary>
    /// <param name="width">Pixels across, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="height">Pixels down, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="color">
    /// Rgb: with the reversible component transform, as readers of compression 33005 expect. YCbCr: components left as they are, for 33003.
    /// </param>
    /// <param name="subsampling">Luma samples per chroma sample; (1, 1) unless YCbCr.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size or subsampling outside these limits, or gray.</exception>
    public static byte[] Create(int width, int height, ColorSpace color, (int Horizontal, int Vertical) subsampling = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaxSide);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, MaxSide);
        ArgumentOutOfRangeException.ThrowIfEqual(color, ColorSpace.Gray);
        var (h, v) = subsampling == default ? (1, 1) : subsampling;
        if (h is not (1 or 2 or 4) || v is not (1 or 2 or 4) || (color != ColorSpace.YCbCr && (h, v) != (1, 1)))
            throw new ArgumentOutOfRangeException(nameof(subsampling));

        var levels = BitOperations.Log2((uint)Math.Max(width, height) * 2 - 1);
        var stream = new ArrayBufferWriter<byte>(256);
        stream.Write<byte>([0xFF, 0x4F]);
        WriteSize(stream, width, height, (byte)h, (byte)v);
        // COD: no precincts, LRCP, 1 layer, transform, levels, blocks of 64x64 without options, 5/3.
        Segment(stream, 0xFF52, [0, 0, 0, 1, (byte)(color == ColorSpace.Rgb ? 1 : 0), (byte)levels, 4, 4, 0, 1]);
        WriteExponents(stream, levels);

        // One packet for each resolution and component (one precinct each): first luma's lowest, then nothing.
        var emptyPackets = 3 * (levels + 1) - 1;
        Span<byte> tile = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(tile, 0);
        BinaryPrimitives.WriteInt32BigEndian(tile[2..], 12 + 2 + WhitePacket.Length + emptyPackets);
        (tile[6], tile[7]) = (0, 1);
        Segment(stream, 0xFF90, tile);
        stream.Write<byte>([0xFF, 0x93]);
        stream.Write(WhitePacket);
        stream.GetSpan(emptyPackets)[..emptyPackets].Clear();
        stream.Advance(emptyPackets);
        stream.Write<byte>([0xFF, 0xD9]);
        return stream.WrittenSpan.ToArray();
    }

    private static void WriteSize(ArrayBufferWriter<byte> stream, int width, int height, byte horizontal, byte vertical)
    {
        Span<byte> siz = stackalloc byte[36 + 9];
        siz.Clear();
        BinaryPrimitives.WriteInt32BigEndian(siz[2..], width);
        BinaryPrimitives.WriteInt32BigEndian(siz[6..], height);
        BinaryPrimitives.WriteInt32BigEndian(siz[18..], width);
        BinaryPrimitives.WriteInt32BigEndian(siz[22..], height);
        siz[35] = 3;
        ReadOnlySpan<byte> components = [7, 1, 1, 7, horizontal, vertical, 7, horizontal, vertical];
        components.CopyTo(siz[36..]);
        Segment(stream, 0xFF51, siz);
    }

    /// <summary>QCD without quantization: an exponent for each subband, 8 bits plus its gain (T.800, E-5 and table E.1).</summary>
    private static void WriteExponents(ArrayBufferWriter<byte> stream, int levels)
    {
        Span<byte> qcd = stackalloc byte[2 + 3 * 32];
        qcd[0] = GuardBits << 5;
        qcd[1] = 8 << 3;
        for (var i = 0; i < levels; i++) (qcd[2 + 3 * i], qcd[3 + 3 * i], qcd[4 + 3 * i]) = (9 << 3, 9 << 3, 10 << 3);
        Segment(stream, 0xFF5C, qcd[..(2 + 3 * levels)]);
    }

    private static void Segment(ArrayBufferWriter<byte> stream, ushort marker, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(head, marker);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)(payload.Length + 2));
        stream.Write(head);
        stream.Write(payload);
    }
}
