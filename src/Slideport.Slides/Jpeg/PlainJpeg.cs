using System.Buffers;
using System.Numerics;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// Complete JPEGs of one plain colour. No encoder is needed: of all coefficients only the first DC of each component is not zero.
/// </summary>
internal static class PlainJpeg
{
    // ITU-T T.81, tables K.3 (DC) and K.5 (AC) for luminance; used for all components, as all-zero blocks are alike.
    private static ReadOnlySpan<byte> DcTable =>
        [0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    private static ReadOnlySpan<byte> AcTable =>
    [
        0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D,
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32,
        0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16,
        0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
        0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
        0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94,
        0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6,
        0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8,
        0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
        0xF9, 0xFA,
    ];

    // Category 0 in K.3 is 00, end of block in K.5 is 1010: a block without any coefficient is these six bits.
    private const uint ZeroBlock = 0b00_1010;
    private const int ZeroBlockBits = 6;
    private const uint EndOfBlock = 0b1010;
    private const int EndOfBlockBits = 4;

    // K.3: the code of each category, 0 to 11, and its length.
    private static ReadOnlySpan<ushort> DcCodes =>
        [0b00, 0b010, 0b011, 0b100, 0b101, 0b110, 0b1110, 0b1_1110, 0b11_1110, 0b111_1110, 0b1111_1110, 0b1_1111_1110];

    private static ReadOnlySpan<byte> DcCodeBits => [2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9];

    /// <summary>A baseline JPEG of exactly this size whose every pixel has these samples; limits as for <see cref="WhiteJpeg.Create"/>.</summary>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    /// <param name="subsampling">Luma samples per chroma sample.</param>
    /// <param name="color">Colour space.</param>
    /// <param name="samples">Samples in that colour space; of gray only the first counts.</param>
    public static byte[] Create(
        int width, int height, (int Horizontal, int Vertical) subsampling, ColorSpace color, (byte First, byte Second, byte Third) samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, WhiteJpeg.MaxSide);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, WhiteJpeg.MaxSide);
        var (h, v) = subsampling;
        if (h is not (1 or 2 or 4) || v is not (1 or 2 or 4) || (color != ColorSpace.YCbCr && (h, v) != (1, 1)))
            throw new ArgumentOutOfRangeException(nameof(subsampling));

        var jpeg = new ArrayBufferWriter<byte>(4096);
        jpeg.Write<byte>([JpegMarker.Prefix, JpegMarker.StartOfImage]);
        jpeg.Write(color == ColorSpace.Rgb ? JpegPatch.AdobeRgbSegment : JpegPatch.JfifSegment);
        Span<byte> quantization = stackalloc byte[65];
        quantization.Fill(1);
        quantization[0] = 0;
        Segment(jpeg, JpegMarker.QuantizationTables, quantization);
        WriteFrameHeader(jpeg, width, height, (byte)(h << 4 | v), color);
        Segment(jpeg, JpegMarker.HuffmanTables, DcTable);
        Segment(jpeg, JpegMarker.HuffmanTables, AcTable);
        Segment(jpeg, JpegMarker.StartOfScan, color == ColorSpace.Gray ? [1, 1, 0, 0, 63, 0] : [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);

        var units = (width + 8 * h - 1) / (8 * h) * ((height + 8 * v - 1) / (8 * v));
        WriteScan(jpeg, units, lumaBlocks: color == ColorSpace.Gray ? 1 : h * v, color == ColorSpace.Gray ? [samples.First] : [samples.First, samples.Second, samples.Third]);
        jpeg.Write<byte>([JpegMarker.Prefix, JpegMarker.EndOfImage]);
        return jpeg.WrittenSpan.ToArray();
    }

    private static void WriteFrameHeader(ArrayBufferWriter<byte> jpeg, int width, int height, byte sampling, ColorSpace color)
    {
        var (high, low) = ((byte)(height >> 8), (byte)(height & 0xFF));
        Span<byte> frame = [8, high, low, (byte)(width >> 8), (byte)(width & 0xFF), 1, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
        if (color == ColorSpace.Gray)
        {
            Segment(jpeg, JpegMarker.FirstStartOfFrame, frame[..9]);
            return;
        }

        (frame[5], frame[7]) = (3, sampling);
        Segment(jpeg, JpegMarker.FirstStartOfFrame, frame);
    }

    /// <summary>The first block of each component codes its sample; every other block differs from the one before it by nothing.</summary>
    private static void WriteScan(ArrayBufferWriter<byte> jpeg, int units, int lumaBlocks, ReadOnlySpan<byte> samples)
    {
        var bits = new BitWriter(jpeg);
        WriteFirst(ref bits, samples[0]);
        for (var block = 1; block < lumaBlocks; block++) bits.Write(ZeroBlock, ZeroBlockBits);
        foreach (var sample in samples[1..]) WriteFirst(ref bits, sample);
        var blocksPerUnit = lumaBlocks + samples.Length - 1;
        for (long block = (long)(units - 1) * blocksPerUnit; block > 0; block--) bits.Write(ZeroBlock, ZeroBlockBits);
        bits.Finish();
    }

    /// <summary>
    /// The DC of a block of equal samples is eight times their distance from the middle (T.81, A.3.3) at a quantizer of 1; coded as its category,
    /// then its bits, one less for a negative value (F.1.2.1), then end of block.
    /// </summary>
    private static void WriteFirst(ref BitWriter bits, byte sample)
    {
        var dc = 8 * (sample - 128);
        var category = 32 - BitOperations.LeadingZeroCount((uint)Math.Abs(dc));
        bits.Write(DcCodes[category], DcCodeBits[category]);
        bits.Write((uint)(dc < 0 ? dc + (1 << category) - 1 : dc), category);
        bits.Write(EndOfBlock, EndOfBlockBits);
    }

    private static void Segment(ArrayBufferWriter<byte> jpeg, byte marker, ReadOnlySpan<byte> payload)
    {
        var length = payload.Length + 2;
        jpeg.Write<byte>([JpegMarker.Prefix, marker, (byte)(length >> 8), (byte)(length & 0xFF)]);
        jpeg.Write(payload);
    }

    /// <summary>Entropy-coded bits with a zero stuffed behind each FF (T.81, F.1.2.3), padded with ones.</summary>
    private struct BitWriter(ArrayBufferWriter<byte> jpeg)
    {
        private ulong _bits;
        private int _count;

        public void Write(uint bits, int count)
        {
            _bits = _bits << count | bits;
            for (_count += count; _count >= 8; _count -= 8)
            {
                var value = (byte)(_bits >> (_count - 8) & 0xFF);
                jpeg.GetSpan(1)[0] = value;
                jpeg.Advance(1);
                if (value == 0xFF) jpeg.Write<byte>([0]);
            }
        }

        public void Finish()
        {
            if (_count > 0) Write((1u << (8 - _count)) - 1, 8 - _count);
        }
    }
}
