using System.Buffers;
using CsCheck;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Tests.Jpeg;

public sealed class JpegHeaderTests
{
    private static readonly byte[] Plain = JpegBytes.Color([1, 2, 3], 0x22, jfif: true);

    [Fact]
    public void Header_tells_size_components_and_markers()
    {
        var bytes = new JpegBytes().Jfif().Adobe(1).Quantization().Restart(300)
            .Frame(513, 257, [1, 2, 3], [0x21, 0x11, 0x11]).Segment(0xC4).Scan(1, 2, 3).Picture().End();

        Assert.Equal(OperationStatus.Done, JpegHeader.TryParse(bytes, out var header));

        Assert.Equal(JpegProcess.Baseline, header.Process);
        Assert.Equal((513, 257, 8), (header.Width, header.Height, header.Precision));
        Assert.Equal(3, header.ComponentCount);
        Assert.Equal(new JpegComponent(1, 2, 1, 0), header.Component(0));
        Assert.Equal((2, 1), header.Subsampling);
        Assert.True(header.IsSubsampled);
        Assert.Equal((16, 8), (header.McuWidth, header.McuHeight));
        Assert.True(header.HasJfif);
        Assert.Equal((byte)1, header.AdobeTransform);
        Assert.Equal(300, header.RestartInterval);
        Assert.Equal(3, header.ScanComponentCount);
        Assert.True(header.HasQuantizationTables && header.HasHuffmanTables);
        Assert.Equal(0xC0, bytes[header.FrameHeaderOffset + 1]);
        Assert.Equal(0xDA, bytes[header.ScanHeaderOffset + 1]);
        Assert.Equal(JpegBytes.Entropy, bytes[header.EndOfHeader..^2]);
    }

    [Theory]
    [InlineData(0xC0)]
    [InlineData(0xC1)]
    [InlineData(0xC2)]
    [InlineData(0xC3)]
    [InlineData(0xC9)]
    [InlineData(0xCF)]
    public void Process_is_the_frame_marker(byte marker)
    {
        var header = JpegHeader.Parse(new JpegBytes().Frame(8, 8, [1], [0x11], marker).Scan(1).End());

        Assert.Equal((JpegProcess)marker, header!.Value.Process);
    }

    [Fact]
    public void Every_prefix_of_a_header_needs_more_data()
    {
        var end = JpegHeader.Parse(Plain)!.Value.EndOfHeader;

        for (var length = 0; length < end; length++)
            Assert.Equal(OperationStatus.NeedMoreData, JpegHeader.TryParse(Plain.AsSpan(0, length), out _));
        for (var length = end; length <= Plain.Length; length++)
            Assert.Equal(OperationStatus.Done, JpegHeader.TryParse(Plain.AsSpan(0, length), out _));
    }

    public static TheoryData<string, byte[]> Wrong => new()
    {
        { "no SOI", [0xF3, 0xD8, 0xFF, 0xDB] },
        { "JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51] },
        { "stray byte between segments", new JpegBytes().Quantization().Raw(0).Frame(8, 8, [1], [0x11]).Scan(1).End() },
        { "stuffed zero as marker", new JpegBytes().Raw(0xFF, 0x00).End() },
        { "restart marker in header", new JpegBytes().Raw(0xFF, 0xD0).End() },
        { "second SOI", new JpegBytes().Raw(0xFF, 0xD8).End() },
        { "EOI before SOS", new JpegBytes().Frame(8, 8, [1], [0x11]).End() },
        { "SOS before SOF", new JpegBytes().Scan(1).End() },
        { "two frames", new JpegBytes().Frame(8, 8, [1], [0x11]).Frame(8, 8, [1], [0x11]).Scan(1).End() },
        { "segment length 0", new JpegBytes().Raw(0xFF, 0xE1, 0, 0).End() },
        { "segment length 1", new JpegBytes().Raw(0xFF, 0xE1, 0, 1).End() },
        { "width 0", new JpegBytes().Frame(0, 8, [1], [0x11]).Scan(1).End() },
        { "precision 0", new JpegBytes().Frame(8, 8, [1], [0x11], precision: 0).Scan(1).End() },
        { "no component", new JpegBytes().Frame(8, 8, [], []).Scan(1).End() },
        { "sampling 0", new JpegBytes().Frame(8, 8, [1], [0x01]).Scan(1).End() },
        { "sampling 5", new JpegBytes().Frame(8, 8, [1], [0x15]).Scan(1).End() },
        { "frame header too short", new JpegBytes().Segment(0xC0, 8, 0, 8, 0, 8, 3, 1, 0x11, 0).Scan(1).End() },
        { "frame header too long", new JpegBytes().Segment(0xC0, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0).Scan(1).End() },
        { "quantization table cut", new JpegBytes().Segment(0xDB, 0, 1, 2, 3).Frame(8, 8, [1], [0x11]).Scan(1).End() },
        { "quantization table number", new JpegBytes().Quantization(1, 4).Frame(8, 8, [1], [0x11]).Scan(1).End() },
        { "restart interval length", new JpegBytes().Segment(0xDD, 1).Frame(8, 8, [1], [0x11]).Scan(1).End() },
        { "scan of no component", new JpegBytes().Frame(8, 8, [1], [0x11]).Scan().End() },
        { "scan of five", new JpegBytes().Frame(8, 8, [1], [0x11]).Scan(1, 2, 3, 4, 5).End() },
        { "scan header empty", new JpegBytes().Frame(8, 8, [1], [0x11]).Segment(0xDA).End() },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Header_refuses(string why, byte[] bytes)
    {
        Assert.True(JpegHeader.TryParse(bytes, out _) == OperationStatus.InvalidData, why);
    }

    [Fact]
    public void Fill_bytes_before_a_marker_are_allowed()
    {
        var bytes = new JpegBytes().Raw(0xFF, 0xFF, 0xFF).Frame(8, 8, [1], [0x11]).Raw(0xFF).Scan(1).End();

        Assert.Equal(OperationStatus.Done, JpegHeader.TryParse(bytes, out _));
    }

    [Fact]
    public void A_thumbnail_inside_an_application_segment_is_not_the_picture()
    {
        var inner = JpegBytes.Color([1, 2, 3], width: 16, height: 16);
        var bytes = new JpegBytes().Segment(0xE1, [.. "Exif\0\0"u8, .. inner]).Frame(640, 480, [1], [0x11]).Scan(1).Picture().End();

        Assert.Equal(640, JpegHeader.Parse(bytes)!.Value.Width);
    }

    [Fact]
    public void Short_or_foreign_application_segments_are_no_colour_markers()
    {
        var bytes = new JpegBytes().Segment(0xE0, "JFIF\0"u8).Segment(0xE0, "JFXX\0 0123456789"u8).Segment(0xEE, "Adobe"u8)
            .Frame(8, 8, [1], [0x11]).Scan(1).End();

        var header = JpegHeader.Parse(bytes)!.Value;

        Assert.False(header.HasJfif);
        Assert.Null(header.AdobeTransform);
    }

    [Theory]
    [InlineData(0x22, 0x11, 0x11, true)]
    [InlineData(0x41, 0x11, 0x11, true)]
    [InlineData(0x22, 0x22, 0x22, true)]
    [InlineData(0x22, 0x21, 0x21, true)]
    [InlineData(0x22, 0x11, 0x12, false)]
    [InlineData(0x31, 0x11, 0x11, false)]
    [InlineData(0x31, 0x21, 0x21, false)]
    [InlineData(0x11, 0x21, 0x21, false)]
    public void Sampling_that_TIFF_cannot_express_is_told(byte luma, byte blue, byte red, bool regular)
    {
        var header = JpegHeader.Parse(new JpegBytes().Frame(8, 8, [1, 2, 3], [luma, blue, red]).Scan(1, 2, 3).End())!.Value;

        Assert.Equal(regular, header.HasRegularSampling);
    }

    [Fact]
    public void Quality_of_libjpegs_own_tables_is_exact()
    {
        for (var quality = 1; quality <= 100; quality++)
        {
            var jpeg = new BaselineJpeg { Quality = quality }.Encode(TestPicture.Gradient(16, 16));

            Assert.Equal(quality, JpegHeader.Parse(jpeg)!.Value.EstimatedQuality);
        }
    }

    [Fact]
    public void Quality_is_unknown_without_tables_and_counts_16_bit_entries()
    {
        var without = new JpegBytes().Frame(8, 8, [1], [0x11]).Scan(1).End();
        var wide = new JpegBytes().Segment(0xDB, [0x10, .. Enumerable.Range(0, 128).Select(i => (byte)(i % 2))]).Frame(8, 8, [1], [0x11]).Scan(1).End();

        Assert.Null(JpegHeader.Parse(without)!.Value.EstimatedQuality);
        Assert.Equal(100, JpegHeader.Parse(wide)!.Value.EstimatedQuality);
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        JpegHeader.TryParse(Plain, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++) JpegHeader.TryParse(Plain, out _);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Random_damage_never_throws_and_an_accepted_header_lies_inside_the_data()
    {
        var positions = Gen.Int[0, Plain.Length - 1].Select(Gen.Byte).Array[1, 8];

        positions.Sample(edits =>
        {
            var damaged = (byte[])Plain.Clone();
            foreach (var (at, value) in edits) damaged[at] = value;
            if (JpegHeader.TryParse(damaged, out var header) != OperationStatus.Done) return true;
            JpegPatch.For(header, ColorSpace.Rgb).Apply(damaged, new byte[damaged.Length + JpegPatch.MaxGrowth], out _);
            return header.EndOfHeader <= damaged.Length && header.Width > 0 && header.ComponentCount > 0;
        });
    }
}
