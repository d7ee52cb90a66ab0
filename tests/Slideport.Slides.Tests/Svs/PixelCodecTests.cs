using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tests.Jpeg;
using Slideport.Slides.Tests.Jpeg2000;

namespace Slideport.Slides.Tests.Svs;

public sealed class PixelCodecTests
{
    public PixelCodecTests() => Tools.RequireVips();

    [Theory]
    [InlineData(ColorSpace.YCbCr, 2, 2)]
    [InlineData(ColorSpace.YCbCr, 1, 1)]
    [InlineData(ColorSpace.Rgb, 1, 1)]
    public void Jpeg_comes_back_as_it_went_in(ColorSpace color, int horizontal, int vertical)
    {
        var picture = TestPicture.Gradient(64, 48);
        var jpeg = new BaselineJpeg { Quality = 98, Color = color, Horizontal = horizontal, Vertical = vertical, Adobe = color == ColorSpace.Rgb ? (byte)0 : null }.Encode(picture);

        var decoded = PixelCodec.DecodeJpeg(jpeg);

        Assert.True(Distance(picture.Rgb, decoded.Pixels) < 10);
        Assert.Equal((8, 6), (PixelCodec.DecodeJpeg(jpeg, 8).Width, PixelCodec.DecodeJpeg(jpeg, 8).Height));
    }

    [Fact]
    public void Encoded_jpeg_is_baseline_JFIF_4_2_0()
    {
        var picture = TestPicture.Gradient(100, 60);
        var jpeg = PixelCodec.EncodeJpeg(new RgbPicture(100, 60, picture.Rgb), 85);

        var header = JpegHeader.Parse(jpeg)!.Value;
        Assert.Equal((JpegProcess.Baseline, 100, 60, true), (header.Process, header.Width, header.Height, header.HasJfif));
        Assert.Equal((2, 2), header.Subsampling);
        Assert.Equal(-1, jpeg.AsSpan().IndexOf("Exif"u8));
        Assert.Equal(85, header.EstimatedQuality);
        Assert.True(Distance(picture.Rgb, PixelCodec.DecodeJpeg(jpeg).Pixels) < 16);
    }

    [Fact]
    public void Jpeg_2000_is_decoded_by_its_transform_or_by_its_label()
    {
        var picture = TestPicture.Gradient(64, 48);

        var decoded = PixelCodec.DecodeJpeg2000(Jpeg2000Tests.Encode(picture, lossless: true), ColorSpace.YCbCr);

        Assert.Equal(picture.Rgb, decoded.Pixels);
    }

    [Fact]
    public void Gray_becomes_colour()
    {
        var jpeg = new BaselineJpeg { Color = ColorSpace.Gray }.Encode(TestPicture.Gradient(16, 16));

        var pixels = PixelCodec.DecodeJpeg(jpeg).Pixels;

        Assert.Equal(3 * 16 * 16, pixels.Length);
        Assert.Equal(pixels[0], pixels[2]);
    }

    [Fact]
    public void Damage_and_excess_are_errors_before_or_after_the_decoder_sees_them()
    {
        var jpeg = new BaselineJpeg().Encode(TestPicture.Gradient(64, 64));

        Assert.Throws<PixelException>(() => PixelCodec.DecodeJpeg([1, 2, 3]));
        Assert.Throws<PixelException>(() => PixelCodec.DecodeJpeg(jpeg.AsSpan(0, jpeg.Length / 2)));
        Assert.Throws<PixelException>(() => PixelCodec.DecodeJpeg2000(jpeg, ColorSpace.Rgb));
        Assert.Contains("too large", Assert.Throws<PixelException>(() => PixelCodec.DecodeJpeg(JpegBytes.Color([1, 2, 3], width: 65000, height: 65000))).Message, StringComparison.Ordinal);
        Assert.Throws<PixelException>(() => PixelCodec.DecodeJpeg(JpegBytes.Color([1, 2, 3], width: 256, height: 0)));
    }

    [Theory]
    [InlineData(1000, 700, 256, 1, 500, 350)]
    [InlineData(3000, 700, 256, 2, 1024, 238)]
    [InlineData(400, 9000, 256, 8, 45, 1024)]
    [InlineData(30000, 20000, 2000, 16, 1024, 682)]
    public void A_thumbnail_is_the_level_made_small(int width, int height, int tile, int shrink, int expectedWidth, int expectedHeight)
    {
        var builder = new ThumbnailBuilder(width, height);
        Assert.Equal((shrink, expectedWidth, expectedHeight), (builder.Shrink, builder.Width, builder.Height));
        for (var top = 0; top < height; top += tile)
        {
            for (var left = 0; left < width; left += tile)
            {
                // Tiles as a decoder would return them at the shrink asked for.
                var size = (tile + builder.JpegShrink - 1) / builder.JpegShrink;
                var window = TestPicture.Window(left / builder.JpegShrink, top / builder.JpegShrink, size, size, width / builder.JpegShrink, height / builder.JpegShrink);
                builder.Add(new RgbPicture(size, size, window.Rgb), builder.JpegShrink, left, top);
            }
        }

        var thumbnail = builder.Build();

        Assert.Equal((expectedWidth, expectedHeight), (thumbnail.Width, thumbnail.Height));
        Assert.True(Distance(TestPicture.Gradient(expectedWidth, expectedHeight).Rgb, thumbnail.Pixels) < 60);
        Assert.True(Mean(TestPicture.Gradient(expectedWidth, expectedHeight).Rgb, thumbnail.Pixels) < 3);
    }

    [Fact]
    public void Holes_stay_white_and_tiles_beyond_the_edge_are_cut()
    {
        var builder = new ThumbnailBuilder(300, 300);
        builder.Add(new RgbPicture(256, 256, new byte[3 * 256 * 256]), 1, 256, 256);

        var thumbnail = builder.Build();

        Assert.Equal(255, thumbnail.Pixels[0]);
        Assert.Equal(0, thumbnail.Pixels[^1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(thumbnail, 3, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(thumbnail, 1, -1, 0));
    }

    private static int Distance(byte[] expected, byte[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();

    private static double Mean(byte[] expected, byte[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Average();
}
