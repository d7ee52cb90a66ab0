using System.Security.Cryptography;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Tiff;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Svs;

public sealed class SvsFileTests : IDisposable
{
    private readonly string _path = Path.Join(Path.GetTempPath(), $"slideport-{Guid.NewGuid():N}.svs");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Real_slide_is_classified_and_its_tiles_are_found()
    {
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));

        var level = Assert.Single(svs.Levels);
        Assert.Equal((2220, 2967, 240, 240), (level.Width, level.Height, level.TileWidth, level.TileHeight));
        Assert.Equal((10, 13, 130), (level.TilesAcross, level.TilesDown, level.Tiles.Count));
        Assert.Equal(TiffCompression.Jpeg, level.Page.Compression);
        Assert.Equal(289, level.Page.JpegTables.Length);
        Assert.Equal((574, 768, 48), (svs.Thumbnail!.Width, svs.Thumbnail.Height, svs.Thumbnail.Strips.Count));
        Assert.Equal((387, 463, TiffCompression.Lzw, 2), (svs.Label!.Width, svs.Label.Height, svs.Label.Page.Compression, svs.Label.Page.Predictor));
        Assert.Equal((1280, 431), (svs.Macro!.Width, svs.Macro.Height));
        Assert.Equal((0.4990, 20.0), (svs.Description.MicronsPerPixel, svs.Description.Magnification));
        Assert.Equal(new DateTime(2009, 12, 29, 9, 59, 15), svs.Description.ScanTime);
        Assert.True(SvsFile.IsSvs(svs.Path));
    }

    [Fact]
    public void Real_tiles_are_abbreviated_RGB_that_the_tables_complete()
    {
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        var page = svs.Levels[0].Page;
        var buffer = new byte[svs.Levels[0].Tiles.MaxByteCount];
        var tile = svs.Read(svs.Levels[0].Tiles[17], buffer);
        var header = JpegHeader.Parse(tile)!.Value;
        var color = JpegColor.Resolve(header, page.DeclaredColor)!.Value;
        var patch = JpegPatch.For(header, color);

        JpegTables.TryCreate(page.JpegTables.Span, patch.Insertion, out var tables);
        var merged = new byte[tables!.MergedLength(tile.Length)];
        tables.Merge(tile, merged, out _);

        Assert.Equal(ColorSpace.Rgb, color);
        Assert.Equal(JpegPatchKinds.InsertAdobeRgb, patch.Kinds);
        var complete = JpegHeader.Parse(merged)!.Value;
        Assert.Equal((240, 240, 30), (complete.Width, complete.Height, complete.EstimatedQuality));
        Assert.Equal(SHA256.HashData(tile[header.EndOfHeader..]), SHA256.HashData(merged.AsSpan(complete.EndOfHeader)));
    }

    [Fact]
    public void Every_prefix_of_a_slide_is_refused()
    {
        var bytes = Small(tiff => { });
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(_path, bytes.AsSpan(0, length));
            Assert.ThrowsAny<SlideException>(OpenAndReadAll);
            Assert.False(length < 100 && SvsFile.IsSvs(_path));
        }

        File.WriteAllBytes(_path, bytes);
        OpenAndReadAll();
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "not Aperio", "not an Aperio slide" },
        { "growing", "larger than the one before" },
        { "planes", "planes" },
        { "no tile offsets", "has no tag 324" },
        { "tile width 0", "tag 322 is 0" },
        { "too few offsets", "needs 4 tiles" },
        { "tile beyond the end", "tile or strip 3 reaches beyond" },
        { "absurd size", "too many tiles" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_slide_that_contradicts_itself_is_refused_with_the_reason(string what, string message)
    {
        File.WriteAllBytes(_path, what switch
        {
            "not Aperio" => new TiffBytes().Page().Tag(256, TiffType.Short, 1).Text(270, "Aperio").Build(),
            "growing" => Small(tiff => Level(tiff.Page(), 600, 512, [16, 16, 16, 16, 16, 16], [1, 1, 1, 1, 1, 1])),
            "planes" => Small(tiff => Level(tiff.Page().Tag(284, TiffType.Short, 2), 512, 512, [16, 16, 16, 16], [1, 1, 1, 1])),
            "no tile offsets" => Small(tiff => tiff.Page().Tag(256, TiffType.Short, 9).Tag(257, TiffType.Short, 9).Tag(322, TiffType.Short, 9).Tag(323, TiffType.Short, 9)),
            "tile width 0" => Small(tiff => tiff.Page().Tag(256, TiffType.Short, 9).Tag(257, TiffType.Short, 9).Tag(322, TiffType.Short, 0)),
            "too few offsets" => Small(tiff => Level(tiff.Page(), 512, 512, [16, 16, 16], [1, 1, 1, 1])),
            "tile beyond the end" => Small(tiff => Level(tiff.Page(), 512, 512, [16, 16, 16, 1 << 20], [1, 1, 1, 1])),
            _ => Small(tiff => tiff.Page().Tag(256, TiffType.Long, int.MaxValue).Tag(257, TiffType.Long, int.MaxValue).Tag(322, TiffType.Short, 1).Tag(323, TiffType.Short, 1)),
        });

        Assert.Contains(message, Assert.Throws<SvsFormatException>(OpenAndReadAll).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Holes_have_length_0_and_may_point_anywhere()
    {
        File.WriteAllBytes(_path, Small(tiff => Level(tiff.Page(), 512, 512, [16, 0, 1UL << 40, 16], [1, 0, 0, 1])));
        using var svs = SvsFile.Open(_path);

        Assert.Equal(0, svs.Levels[1].Tiles[2].Length);
        Assert.Equal(1, svs.Levels[1].Tiles.MaxByteCount);
    }

    [Fact]
    public void Label_and_macro_are_known_by_type_or_by_text()
    {
        File.WriteAllBytes(_path, Small(tiff =>
        {
            Strip(tiff.Page().Tag(254, TiffType.Long, 0), 100, 50);
            Strip(tiff.Page().Tag(254, TiffType.Long, 1).Text(270, "Aperio\nmacro 90x40"), 90, 40);
            Strip(tiff.Page().Tag(254, TiffType.Long, 1), 80, 30);
            Strip(tiff.Page(), 70, 20);
        }));
        using var svs = SvsFile.Open(_path);

        Assert.Equal((100, 90, 80), (svs.Thumbnail!.Width, svs.Macro!.Width, svs.Label!.Width));
        Assert.Equal(50, svs.Thumbnail.RowsPerStrip);
    }

    private void OpenAndReadAll()
    {
        using var svs = SvsFile.Open(_path);
        foreach (var level in svs.Levels) _ = level.Tiles;
    }

    private static byte[] Small(Action<TiffBytes> more)
    {
        var tiff = new TiffBytes();
        tiff.Data(7);
        Level(tiff.Page().Text(270, "Aperio Image Library"), 512, 512, [16, 16, 16, 16], [1, 1, 1, 1]);
        more(tiff);
        return tiff.Build();
    }

    private static void Level(TiffBytes page, ulong width, ulong height, ulong[] offsets, ulong[] byteCounts) =>
        page.Tag(256, TiffType.Long, width).Tag(257, TiffType.Long, height).Tag(322, TiffType.Short, 256).Tag(323, TiffType.Short, 256)
            .Tag(324, TiffType.Long8, offsets).Tag(325, TiffType.Long8, byteCounts);

    private static void Strip(TiffBytes page, ulong width, ulong height) =>
        page.Tag(256, TiffType.Long, width).Tag(257, TiffType.Long, height).Tag(273, TiffType.Long8, 16).Tag(279, TiffType.Long8, 1);
}
