using NetVips;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Interop.Vips;

public sealed class VipsTests(WrittenSlides slides)
{
    public static TheoryData<string> Fixtures => SvsFixture.Names;

    public static TheoryData<string> FixturesOfLibtiff => SvsFixture.NamesForLibtiff;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Levels_are_opened_by_OpenSlide_through_libvips(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, expected) = slides.Get(fixture);
        for (var level = 0; level < expected.Length; level++)
        {
            using var image = Image.Openslideload(path, level: level);

            Pixels.AssertEqual(expected[level], Pixels.Of(image), fixture.Compression == TiffCompression.Jpeg2000YCbCr ? 2 : 0);
        }
    }

    [Theory]
    [MemberData(nameof(FixturesOfLibtiff))]
    public void Levels_are_opened_as_plain_TIFF_pages(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, expected) = slides.Get(fixture);
        for (var level = 0; level < expected.Length; level++)
        {
            using var image = Image.Tiffload(path, page: level == 0 ? 0 : level + 1);

            Pixels.AssertEqual(expected[level], Pixels.Of(image), 0);
        }
    }

    [Fact]
    public void Tiles_of_a_real_slide_completed_by_its_tables_show_what_libtiff_shows()
    {
        Tools.RequireVips();
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        var level = svs.Levels[0];
        using var page = Image.Tiffload(svs.Path, page: 0);
        var buffer = new byte[level.Tiles.MaxByteCount];
        var header = JpegHeader.Parse(svs.Read(level.Tiles[0], buffer))!.Value;
        var patch = JpegPatch.For(header, JpegColor.Resolve(header, level.Page.DeclaredColor)!.Value);
        JpegTables.TryCreate(level.Page.JpegTables.Span, patch.Insertion, out var tables);
        var merged = new byte[tables!.MergedLength(buffer.Length)];

        for (var i = 0; i < level.TileCount; i++)
        {
            tables.Merge(svs.Read(level.Tiles[i], buffer), merged, out var written);
            var tile = PixelCodec.DecodeJpeg(merged.AsSpan(0, written));

            var (left, top) = (i % level.TilesAcross * 240, i / level.TilesAcross * 240);
            var (width, height) = (Math.Min(240, level.Width - left), Math.Min(240, level.Height - top));
            using var shown = page.Crop(left, top, width, height);
            using var whole = Image.NewFromMemory(tile.Pixels, 240, 240, 3, Enums.BandFormat.Uchar);
            using var part = whole.Crop(0, 0, width, height);
            Pixels.AssertEqual(Pixels.Of(shown), Pixels.Of(part), 0);
        }
    }
}
