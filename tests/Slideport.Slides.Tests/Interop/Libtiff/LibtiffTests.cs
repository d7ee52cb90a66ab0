using System.Globalization;
using System.Text.RegularExpressions;
using NetVips;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Tests.Interop.Libtiff;

public sealed partial class LibtiffTests(WrittenSlides slides) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Fixtures => SvsFixture.Names;

    public static TheoryData<string> FixturesOfLibtiff => SvsFixture.NamesForLibtiff;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Tiffinfo_complains_of_nothing_it_need_not(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, _) = slides.Get(fixture);

        var (code, output, errors) = await Tools.RunAsync("tiffinfo", path);

        Assert.Equal(0, code);
        Assert.Equal(fixture.PageCount, Regex.Count(output, "=== TIFF directory"));
        Assert.Equal("", Tools.WithoutHarmless(errors));
        if (fixture.Tile % 16 == 0) Assert.DoesNotContain("Nonstandard", errors, StringComparison.Ordinal);
        if (fixture.Subsampling != (1, 1) || fixture.Color != ColorSpace.YCbCr) Assert.DoesNotContain("Auto-corrected", errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Tiffdump_shows_the_chain_of_pages(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, _) = slides.Get(fixture);

        var (code, output, errors) = await Tools.RunAsync("tiffdump", "-m", "4", path);

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("Version: 0x2b <BigTIFF>", output, StringComparison.Ordinal);
        int[] types = [0, 0, .. Enumerable.Repeat(0, fixture.Levels.Length - 1), .. fixture.HasLabel ? [1] : Array.Empty<int>(), .. fixture.HasMacro ? [9] : Array.Empty<int>()];
        Assert.Equal(types, SubfileType().Matches(output).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        var next = Next().Matches(output).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(fixture.PageCount, next.Length);
        Assert.Equal("0", next[^1]);
        Assert.All(next[..^1], offset => Assert.NotEqual("0", offset));
    }

    [Theory]
    [MemberData(nameof(FixturesOfLibtiff))]
    public async Task Tiffcp_decodes_every_tile_and_strip(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, expected) = slides.Get(fixture);
        for (var page = 0; page < fixture.PageCount; page++)
        {
            var copy = _folder[$"{page}.tif"];
            var (code, _, errors) = await Tools.RunAsync("tiffcp", "-s", "-c", "none", $"{path},{page}", copy);

            Assert.True(code == 0 && !errors.Contains("rror", StringComparison.Ordinal), errors);
            var level = page == 0 ? 0 : page - 1;
            if (page == 1 || level >= expected.Length) continue;
            using var image = Image.Tiffload(copy);
            Pixels.AssertEqual(expected[level], Pixels.Of(image), 0);
        }
    }

    [GeneratedRegex(@"SubFileType \(254\) LONG \(4\) 1<(\d+)>")]
    private static partial Regex SubfileType();

    [GeneratedRegex(@"Directory \d+: offset \d+ \([0-9a-fx]+\) next (\d+)")]
    private static partial Regex Next();
}
