using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.Jpeg;

public sealed class WhiteJpegTests
{
    public static TheoryData<int, int, int, int, ColorSpace> Kinds => new()
    {
        { 256, 256, 2, 2, ColorSpace.YCbCr },
        { 240, 240, 2, 1, ColorSpace.YCbCr },
        { 500, 500, 1, 1, ColorSpace.YCbCr },
        { 512, 256, 1, 2, ColorSpace.YCbCr },
        { 256, 256, 4, 1, ColorSpace.YCbCr },
        { 1, 1, 2, 2, ColorSpace.YCbCr },
        { 17, 9, 2, 2, ColorSpace.YCbCr },
        { 240, 240, 1, 1, ColorSpace.Rgb },
        { 256, 100, 1, 1, ColorSpace.Gray },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_pixel_is_white_to_libjpeg(int width, int height, int horizontal, int vertical, ColorSpace color)
    {
        Tools.RequireVips();
        var jpeg = WhiteJpeg.Create(width, height, (horizontal, vertical), color);

        var picture = PixelCodec.DecodeJpeg(jpeg);

        Assert.Equal((width, height), (picture.Width, picture.Height));
        Assert.Equal(-1, picture.Pixels.AsSpan().IndexOfAnyExcept((byte)255));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Markers_need_no_patch(int width, int height, int horizontal, int vertical, ColorSpace color)
    {
        var jpeg = WhiteJpeg.Create(width, height, (horizontal, vertical), color);

        var header = JpegHeader.Parse(jpeg)!.Value;

        Assert.Equal((JpegProcess.Baseline, width, height), (header.Process, header.Width, header.Height));
        Assert.Equal((horizontal, vertical), header.Subsampling);
        Assert.Equal(color, JpegColor.Resolve(header, (ColorSpace?)null));
        Assert.Equal(JpegPatchKinds.None, JpegPatch.For(header, color).Kinds);
        Assert.Equal(jpeg.Length, JpegEnd.TrimmedLength(jpeg));
    }

    [Fact]
    public void A_tile_costs_less_than_a_kilobyte_and_a_half() => Assert.InRange(WhiteJpeg.Create(256, 256, (2, 2), ColorSpace.YCbCr).Length, 100, 1800);

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(8193, 1, 1, 1)]
    [InlineData(1, 8193, 1, 1)]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, 1, 1, 0)]
    public void Sizes_beyond_the_limit_are_refused(int width, int height, int horizontal, int vertical) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg.Create(width, height, (horizontal, vertical), ColorSpace.YCbCr));

    [Fact]
    public void Only_YCbCr_can_be_subsampled() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg.Create(1, 1, (2, 2), ColorSpace.Rgb));
}
