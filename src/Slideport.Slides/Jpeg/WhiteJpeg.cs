using System.Buffers;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// Complete JPEGs of plain white, for the holes of a sparse slide: an empty tile breaks libtiff, and makes OpenSlide hundreds of times
/// slower. No encoder is needed: of all coefficients only the first DC is not zero.
/// </summary>
public static class WhiteJpeg
{
    /// <summary>Longest side; far beyond any scanner's tiles, and a bound on what a peer's sizes can make us write.</summary>
    public const int MaxSide = 8192;

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

    // A sample of 255 is 127 above the middle; its DC is 8 * 127 = 1016 (T.81, A.3.3) at a quantizer of 1. That is category 10, code
    // 11111110 in K.3, then the ten bits of the value, then end of block.
    private const uint WhiteBlock = (0b1111_1110u << 10 | 1016) << 4 | 0b1010;
    private const int WhiteBlockBits = 8 + 10 + 4;

    /// <summary>
    /// A white baseline JPEG of exactly this size, with the markers every reader understands alike: JFIF for YCbCr and gray, Adobe
    /// transform 0 for RGB.
    /// </summary>
    /// <param name="width">Pixels across, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="height">Pixels down, 1 to <see cref="MaxSide"/>.</param>
    /// <param name="subsampling">Luma samples per chroma sample, each 1, 2 or 4; (1, 1) unless YCbCr.</param>
    /// <param name="color">Colour space.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size or subsampling outside these limits.</exception>
    public static byte[] Create(int width, int height, (int Horizontal, int Vertical) subsampling, ColorSpace color)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaxSide);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, MaxSide);
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
        WriteScan(jpeg, units, blocksPerUnit: color == ColorSpace.Gray ? 1 : h * v + 2, white: color == ColorSpace.Rgb ? 3 : 1);
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

    /// <summary>
    /// The first block of each white component codes white; every other block differs from the one before it by nothing. Components that
    /// stay in the middle (chroma) have only such blocks.
    /// </summary>
    private static void WriteScan(ArrayBufferWriter<byte> jpeg, int units, int blocksPerUnit, int white)
    {
        var bits = new BitWriter(jpeg);
        for (var block = 0; block < blocksPerUnit; block++)
        {
            // With one white component that is block 0, whatever its sampling; RGB is never subsampled: its three blocks are one each.
            if (block < white) bits.Write(WhiteBlock, WhiteBlockBits);
            else bits.Write(ZeroBlock, ZeroBlockBits);
        }

        for (long block = (long)(units - 1) * blocksPerUnit; block > 0; block--) bits.Write(ZeroBlock, ZeroBlockBits);
        bits.Finish();
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
