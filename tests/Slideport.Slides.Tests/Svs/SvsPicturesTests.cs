using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tests.Tiff;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Svs;

public sealed class SvsPicturesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Real_pages_have_the_pixels_libtiff_reads()
    {
        Tools.RequireVips();
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        foreach (var image in new[] { svs.Thumbnail!, svs.Label!, svs.Macro! })
        {
            using var page = NetVips.Image.Tiffload(svs.Path, page: image.Page.Index);

            Assert.Equal(page.WriteToMemory<byte>(), SvsPictures.ReadRgb(svs, image).Pixels);
        }

        Assert.Null(SvsPictures.ReadJpeg(svs, svs.Label!));
        Assert.Equal(ColorSpace.Rgb, JpegColor.OfMarkers(JpegHeader.Parse(SvsPictures.ReadJpeg(svs, svs.Macro!))!.Value));
    }

    [Theory]
    [InlineData(TiffCompression.None, 1)]
    [InlineData(TiffCompression.Lzw, 1)]
    [InlineData(TiffCompression.Lzw, 2)]
    public void Raw_and_LZW_strips_are_put_together(TiffCompression compression, int predictor)
    {
        var picture = TestPicture.Gradient(40, 25);
        var strips = Enumerable.Range(0, 4).Select(i => picture.Rgb[(i * 7 * 120)..Math.Min(picture.Rgb.Length, (i + 1) * 7 * 120)]).Select(rows => compression switch
        {
            TiffCompression.None => rows,
            _ => predictor == 2 ? LzwTiff.Encode(rows, 40, 3) : LzwTiff.Encode(rows),
        }).ToArray();
        using var svs = Open(compression, predictor, 40, 25, 7, strips);

        Assert.Equal(picture.Rgb, SvsPictures.ReadRgb(svs, svs.Thumbnail!).Pixels);
    }

    [Fact]
    public void Damaged_short_and_huge_pages_are_errors()
    {
        using (var cut = Open(TiffCompression.Lzw, 2, 40, 7, 7, [LzwTiff.Encode(new byte[100], 40, 3)]))
            Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(cut, cut.Thumbnail!));
        using (var cut = Open(TiffCompression.None, 1, 40, 7, 7, [new byte[839]]))
            Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(cut, cut.Thumbnail!));
        using (var huge = Open(TiffCompression.None, 1, 60000, 60000, 60000, [new byte[839]]))
            Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(huge, huge.Thumbnail!));
        using (var deflate = Open((TiffCompression)8, 1, 40, 7, 7, [new byte[839]]))
            Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(deflate, deflate.Thumbnail!));
        using (var jpeg = Open(TiffCompression.Jpeg, 1, 40, 7, 7, [new byte[839]]))
        {
            Assert.Null(SvsPictures.ReadJpeg(jpeg, jpeg.Thumbnail!));
            Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(jpeg, jpeg.Thumbnail!));
        }
    }

    [Fact]
    public void Overlapping_strips_of_gigabytes_are_not_read()
    {
        var tiff = new TiffBytes();
        tiff.Data(new byte[1 << 20]);
        Base(tiff);
        tiff.Page().Tag(256, TiffType.Long, 8).Tag(257, TiffType.Long, 1000).Tag(278, TiffType.Short, 1).Tag(277, TiffType.Short, 3).Tag(258, TiffType.Short, 8, 8, 8)
            .Tag(273, TiffType.Long, [.. Enumerable.Repeat(16UL, 1000)]).Tag(279, TiffType.Long, [.. Enumerable.Repeat(1UL << 20, 1000)]);
        using var svs = SvsFile.Open(_folder.Write("a.svs", tiff.Build()));

        Assert.Throws<PixelException>(() => SvsPictures.ReadRgb(svs, svs.Thumbnail!));
    }

    private SvsFile Open(TiffCompression compression, int predictor, int width, int height, int rows, byte[][] strips)
    {
        var tiff = new TiffBytes();
        var ranges = strips.Select(strip => new FileRange(tiff.Data(strip), strip.Length)).ToArray();
        Base(tiff);
        tiff.Page().Tag(256, TiffType.Long, (ulong)width).Tag(257, TiffType.Long, (ulong)height).Tag(258, TiffType.Short, 8, 8, 8).Tag(259, TiffType.Short, (ulong)compression)
            .Tag(262, TiffType.Short, 2).Tag(277, TiffType.Short, 3).Tag(278, TiffType.Short, (ulong)rows).Tag(317, TiffType.Short, (ulong)predictor)
            .Tag(273, TiffType.Long8, [.. ranges.Select(range => (ulong)range.Offset)]).Tag(279, TiffType.Long8, [.. ranges.Select(range => (ulong)range.Length)]);
        return SvsFile.Open(_folder.Write(Guid.NewGuid().ToString("N"), tiff.Build()));
    }

    private static void Base(TiffBytes tiff) => tiff.Page().Text(270, "Aperio").Tag(256, TiffType.Short, 9).Tag(257, TiffType.Short, 9)
        .Tag(322, TiffType.Short, 9).Tag(323, TiffType.Short, 9).Tag(324, TiffType.Long8, 16).Tag(325, TiffType.Long8, 1);
}
