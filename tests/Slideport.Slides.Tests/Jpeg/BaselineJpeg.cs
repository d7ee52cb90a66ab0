using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Tests.Jpeg;

/// <summary>
/// A small baseline encoder with everything on the outside that scanners vary and libjpeg's wrappers hide: sampling, colour space, markers,
/// component identifiers, tables in the stream or apart. Written from ITU-T T.81, annexes A, F and K; slow and plain.
/// </summary>
internal sealed class BaselineJpeg
{
    public int Quality { get; init; } = 90;
    public ColorSpace Color { get; init; } = ColorSpace.YCbCr;
    public int Horizontal { get; init; } = 1;
    public int Vertical { get; init; } = 1;
    public bool Jfif { get; init; }
    public byte? Adobe { get; init; }
    public byte[] Ids { get; init; } = [1, 2, 3];

    /// <summary>Leaves DQT and DHT out; <see cref="Tables"/> gives them.</summary>
    public bool Abbreviated { get; init; }

    private int ComponentCount => Color == ColorSpace.Gray ? 1 : 3;

    /// <summary>A tables-only stream: SOI, DQT, DHT, EOI.</summary>
    public byte[] Tables()
    {
        var jpeg = new JpegBytes();
        WriteTables(jpeg);
        return jpeg.End();
    }

    public byte[] Encode(TestPicture picture)
    {
        var jpeg = new JpegBytes();
        if (Jfif) jpeg.Jfif();
        if (Adobe is { } transform) jpeg.Adobe(transform);
        if (!Abbreviated) WriteTables(jpeg);
        var ids = Ids[..ComponentCount];
        byte[] sampling = [(byte)(Horizontal << 4 | Vertical), 0x11, 0x11];
        jpeg.Frame(picture.Width, picture.Height, ids, sampling[..ComponentCount]);
        return jpeg.Scan(ids).Raw(EncodeScan(picture)).End();
    }

    private byte[] EncodeScan(TestPicture picture)
    {
        var bits = new BitWriter();
        var quantization = QuantizationTable();
        var (h, v) = ComponentCount == 1 ? (1, 1) : (Horizontal, Vertical);
        var dc = new int[ComponentCount];
        for (var y = 0; y < picture.Height; y += 8 * v)
        {
            for (var x = 0; x < picture.Width; x += 8 * h)
            {
                for (var c = 0; c < ComponentCount; c++)
                {
                    var (blocksDown, blocksAcross, stepX, stepY) = c == 0 ? (v, h, 1, 1) : (1, 1, h, v);
                    for (var by = 0; by < blocksDown; by++)
                        for (var bx = 0; bx < blocksAcross; bx++)
                            EncodeBlock(bits, Block(picture, c, x + 8 * bx, y + 8 * by, stepX, stepY), quantization, ref dc[c]);
                }
            }
        }

        return bits.Finish();
    }

    /// <summary>
    /// 64 level-shifted samples; a subsampled component averages stepX x stepY pixels; beyond the edge the last pixel repeats.
    /// </summary>
    private double[] Block(TestPicture picture, int component, int x, int y, int stepX, int stepY)
    {
        var block = new double[64];
        for (var i = 0; i < 64; i++)
        {
            double sum = 0;
            for (var sy = 0; sy < stepY; sy++)
                for (var sx = 0; sx < stepX; sx++)
                    sum += Sample(picture, component, x + (i % 8) * stepX + sx, y + (i / 8) * stepY + sy);
            block[i] = sum / (stepX * stepY) - 128;
        }

        return block;
    }

    private double Sample(TestPicture picture, int component, int x, int y)
    {
        var at = 3 * (Math.Min(y, picture.Height - 1) * picture.Width + Math.Min(x, picture.Width - 1));
        double r = picture.Rgb[at], g = picture.Rgb[at + 1], b = picture.Rgb[at + 2];
        return (Color, component) switch
        {
            (ColorSpace.Rgb, _) => picture.Rgb[at + component],
            (_, 0) => 0.299 * r + 0.587 * g + 0.114 * b,
            (_, 1) => 128 - 0.168735892 * r - 0.331264108 * g + 0.5 * b,
            _ => 128 + 0.5 * r - 0.418687589 * g - 0.081312411 * b,
        };
    }

    private static void EncodeBlock(BitWriter bits, double[] samples, int[] quantization, ref int dc)
    {
        var coefficients = ForwardDct(samples);
        var zigzag = new int[64];
        for (var i = 0; i < 64; i++) zigzag[i] = (int)Math.Round(coefficients[ZigZag[i]] / quantization[ZigZag[i]]);

        var difference = zigzag[0] - dc;
        dc = zigzag[0];
        bits.Write(DcCodes[Category(difference)]);
        bits.WriteValue(difference);
        var run = 0;
        for (var i = 1; i < 64; i++)
        {
            if (zigzag[i] == 0)
            {
                run++;
                continue;
            }

            for (; run > 15; run -= 16) bits.Write(AcCodes[0xF0]);
            bits.Write(AcCodes[run << 4 | Category(zigzag[i])]);
            bits.WriteValue(zigzag[i]);
            run = 0;
        }

        if (run > 0) bits.Write(AcCodes[0]);
    }

    private static double[] ForwardDct(double[] samples)
    {
        var rows = new double[64];
        var result = new double[64];
        for (var y = 0; y < 8; y++)
            for (var u = 0; u < 8; u++)
                for (var x = 0; x < 8; x++)
                    rows[8 * y + u] += samples[8 * y + x] * Cosine[8 * u + x];
        for (var u = 0; u < 8; u++)
            for (var v = 0; v < 8; v++)
                for (var y = 0; y < 8; y++)
                    result[8 * v + u] += rows[8 * y + u] * Cosine[8 * v + y];
        return result;
    }

    private int[] QuantizationTable()
    {
        var scale = Quality < 50 ? 5000 / Quality : 200 - 2 * Quality;
        return [.. Luminance.Select(entry => Math.Clamp((entry * scale + 50) / 100, 1, 255))];
    }

    private void WriteTables(JpegBytes jpeg)
    {
        var table = QuantizationTable();
        jpeg.Segment(0xDB, [0, .. ZigZag.Select(i => (byte)table[i])]);
        jpeg.Segment(0xC4, [0x00, .. DcBits, .. DcValues]);
        jpeg.Segment(0xC4, [0x10, .. AcBits, .. AcValues]);
    }

    private static int Category(int value) => value == 0 ? 0 : 32 - int.LeadingZeroCount(Math.Abs(value));

    private static Dictionary<int, (int Code, int Length)> Codes(byte[] bits, byte[] values)
    {
        var codes = new Dictionary<int, (int, int)>();
        var (code, at) = (0, 0);
        for (var length = 1; length <= 16; length++, code <<= 1)
            for (var i = 0; i < bits[length - 1]; i++)
                codes[values[at++]] = (code++, length);
        return codes;
    }

    private sealed class BitWriter
    {
        private readonly List<byte> _bytes = [];
        private int _current, _count;

        public void Write((int Code, int Length) code)
        {
            for (var bit = code.Length - 1; bit >= 0; bit--)
            {
                _current = _current << 1 | (code.Code >> bit & 1);
                if (++_count < 8) continue;
                _bytes.Add((byte)_current);
                if (_current == 0xFF) _bytes.Add(0);
                (_current, _count) = (0, 0);
            }
        }

        public void WriteValue(int value)
        {
            var length = Category(value);
            Write(((value < 0 ? value - 1 : value) & ((1 << length) - 1), length));
        }

        public byte[] Finish()
        {
            while (_count > 0) Write((1, 1));
            return [.. _bytes];
        }
    }

    // T.81 tables K.1, K.3, K.5 and figure A.6.
    private static readonly int[] Luminance =
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];

    private static readonly int[] ZigZag =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private static readonly byte[] DcBits = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] DcValues = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    private static readonly byte[] AcBits = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D];

    private static readonly byte[] AcValues = Convert.FromHexString(
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A434445464748494A5354"
        + "55565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4"
        + "D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    private static readonly Dictionary<int, (int Code, int Length)> DcCodes = Codes(DcBits, DcValues);
    private static readonly Dictionary<int, (int Code, int Length)> AcCodes = Codes(AcBits, AcValues);

    /// <summary>Row u holds the 8 samples of the u-th cosine, normalised.</summary>
    private static readonly double[] Cosine =
        [.. Enumerable.Range(0, 64).Select(i => Math.Cos((2 * (i % 8) + 1) * (i / 8) * Math.PI / 16) * (i < 8 ? Math.Sqrt(0.125) : 0.5))];
}
