using System.Buffers;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.Jpeg;

public sealed class JpegStripsTests
{
    private const int Width = 100;
    private const int Height = 75;

    [Theory]
    [InlineData(1, 1, 8, false)]
    [InlineData(2, 2, 16, false)]
    [InlineData(2, 2, 32, true)]
    [InlineData(2, 1, 8, true)]
    [InlineData(1, 1, 80, true)]
    public void Joined_strips_have_exactly_the_pixels_of_each_strip(int horizontal, int vertical, int rows, bool abbreviated)
    {
        Tools.RequireVips();
        var encoder = new BaselineJpeg { Horizontal = horizontal, Vertical = vertical, Abbreviated = abbreviated };
        var strips = Strips(encoder, rows);
        var tables = abbreviated ? encoder.Tables() : [];

        Assert.Equal(OperationStatus.Done, JpegStrips.Join(tables, strips, rows, Height, out var joined));

        var expected = strips.SelectMany(strip => PixelCodec.DecodeJpeg(Complete(encoder, strip)).Pixels).ToArray();
        var picture = PixelCodec.DecodeJpeg(joined);
        Assert.Equal((Width, Height), (picture.Width, picture.Height));
        // Where chroma is stretched vertically libjpeg smooths across the border of the strips: the coefficients are the same, those
        // pixels not.
        if (vertical == 1) Assert.Equal(expected, picture.Pixels);
        else Assert.True(expected.Zip(picture.Pixels, (a, b) => Math.Abs(a - b)).Max() < 12);
    }

    [Fact]
    public void Real_thumbnail_and_macro_join_to_the_pixels_libtiff_reads()
    {
        Tools.RequireVips();
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        foreach (var image in new[] { svs.Thumbnail!, svs.Macro! })
        {
            var strips = image.Strips.Select(range => (ReadOnlyMemory<byte>)svs.Read(range, new byte[range.Length]).ToArray()).ToArray();

            Assert.Equal(OperationStatus.Done, JpegStrips.Join(image.Page.JpegTables.Span, strips, image.RowsPerStrip, image.Height, out var joined));

            var header = JpegHeader.Parse(joined)!.Value;
            var patched = new byte[joined!.Length + JpegPatch.MaxGrowth];
            var color = JpegColor.Resolve(header, image.Page.DeclaredColor)!.Value;
            JpegPatch.For(header, color).Apply(joined, patched, out var written);
            using var page = NetVips.Image.Tiffload(svs.Path, page: image.Page.Index);
            Assert.Equal(page.WriteToMemory<byte>(), PixelCodec.DecodeJpeg(patched.AsSpan(0, written)).Pixels);
        }
    }

    [Fact]
    public void Strips_that_do_not_fit_together_are_refused()
    {
        var encoder = new BaselineJpeg { Vertical = 2 };
        var strips = Strips(encoder, 16);

        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], [], 16, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], strips[1..], 16, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], strips, 15, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], strips, 16, 0, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], strips, 16, 70000, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], Strips(encoder, 24), 24, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([1, 2], strips, 16, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], With(strips, 2, Strips(new BaselineJpeg { Vertical = 2, Quality = 50 }, 16)[2]), 16, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], With(strips, 2, new byte[3]), 16, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], With(Strips(encoder, 32), 2, Strips(encoder, 32)[0]), 32, Height, out _));
        Assert.Equal(OperationStatus.InvalidData, JpegStrips.Join([], With(strips, 2, WithMarker(strips[2].ToArray())), 16, Height, out _));
    }

    [Fact]
    public void One_strip_needs_no_restart_interval_and_may_be_progressive()
    {
        var strip = new JpegBytes().Frame(64, 48, [1], [0x11], 0xC2).Scan(1).Picture().Segment(0xDA, 1, 1, 0, 1, 5, 0).Picture().End();

        Assert.Equal(OperationStatus.Done, JpegStrips.Join([], [strip], 48, 48, out var joined));
        Assert.Equal(strip, joined);
    }

    [Fact]
    public void Every_prefix_of_a_strip_is_refused_or_joined_without_harm()
    {
        var strips = Strips(new BaselineJpeg { Quality = 30 }, 40);
        for (var length = 0; length < strips[1].Length; length++) JpegStrips.Join([], With(strips, 1, strips[1][..length]), 40, Height, out _);
    }

    private static byte[] Complete(BaselineJpeg encoder, ReadOnlyMemory<byte> strip)
    {
        if (!encoder.Abbreviated) return strip.ToArray();
        JpegTables.TryCreate(encoder.Tables(), [], out var tables);
        var complete = new byte[tables!.MergedLength(strip.Length)];
        tables.Merge(strip.Span, complete, out _);
        return complete;
    }

    private static ReadOnlyMemory<byte>[] Strips(BaselineJpeg encoder, int rows) =>
        [.. Enumerable.Range(0, (Height + rows - 1) / rows)
            .Select(i => (ReadOnlyMemory<byte>)encoder.Encode(TestPicture.Window(0, i * rows, Width, Math.Min(rows, Height - i * rows), Width, Height)))];

    private static ReadOnlyMemory<byte>[] With(ReadOnlyMemory<byte>[] strips, int index, ReadOnlyMemory<byte> strip)
    {
        var changed = strips.ToArray();
        changed[index] = strip;
        return changed;
    }

    private static byte[] WithMarker(byte[] strip) => [.. strip[..^4], 0xFF, 0xD0, .. strip[^2..]];
}
