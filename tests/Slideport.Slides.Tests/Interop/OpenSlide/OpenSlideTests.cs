using System.Text.Json;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Interop.OpenSlide;

public sealed class OpenSlideTests(WrittenSlides slides) : IDisposable
{
    /// <summary>
    /// Columns read of a level, from its right edge: enough to see every kind of tile, little enough for a slide of 70,000.
    /// </summary>
    private const int MaxColumns = 1024;

    private const string Script = """
        import json, sys, openslide
        path, out, columns = sys.argv[1], sys.argv[2], int(sys.argv[3])
        slide = openslide.OpenSlide(path)
        alpha = 255
        for level, (width, height) in enumerate(slide.level_dimensions):
            left = max(0, width - columns)
            at = round(left * slide.level_downsamples[level])
            region = slide.read_region((at, 0), level, (width - left, height))
            alpha = min(alpha, region.getchannel('A').getextrema()[0])
            open(f'{out}/{level}', 'wb').write(region.convert('RGB').tobytes())
        images = {name: list(image.size) for name, image in slide.associated_images.items()}
        if 'label' in images:
            open(f'{out}/label', 'wb').write(slide.associated_images['label'].convert('RGB').tobytes())
        print(json.dumps(dict(properties=dict(slide.properties), levels=slide.level_dimensions, downsamples=slide.level_downsamples, images=images, alpha=alpha,
            thumbnail=slide.get_thumbnail((100, 100)).size)))
        """;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Fixtures => SvsFixture.Names;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Every_level_and_picture_is_shown_as_written(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, expected) = slides.Get(fixture);

        using var shown = JsonDocument.Parse(await Tools.PythonAsync("openslide", Script, path, _folder[""], $"{MaxColumns}"));

        var root = shown.RootElement;
        Assert.Equal("aperio", Property(root, "openslide.vendor"));
        Assert.Equal("0.25", Property(root, "openslide.mpp-x"));
        Assert.Equal("40", Property(root, "openslide.objective-power"));
        Assert.Equal("0.250000", Property(root, "aperio.MPP"));
        Assert.Equal(255, root.GetProperty("alpha").GetInt32());
        Assert.Equal(fixture.Levels.Select(level => $"[{level.Width}, {level.Height}]"), root.GetProperty("levels").EnumerateArray().Select(level => level.GetRawText()));
        string?[] images = [fixture.HasLabel ? "label" : null, fixture.HasMacro ? "macro" : null, "thumbnail"];
        Assert.Equal(images.OfType<string>(), root.GetProperty("images").EnumerateObject().Select(image => image.Name).Order());
        for (var level = 0; level < expected.Length; level++)
        {
            var left = Math.Max(0, expected[level].Width - MaxColumns);
            var part = Pixels.From(expected[level], left);
            Pixels.AssertEqual(part, new RgbPicture(part.Width, part.Height, await ReadAsync($"{level}")), fixture.Compression == TiffCompression.Jpeg2000YCbCr ? 2 : 0);
        }

        if (fixture.HasLabel) Assert.Equal(SvsFixture.LabelPicture().Rgb, await ReadAsync("label"));
    }

    [Fact]
    public async Task Show_properties_complains_of_nothing()
    {
        var (path, _) = slides.Get(SvsFixture.All[0]);

        var (code, output, errors) = await Tools.RunAsync("openslide-show-properties", path);

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("openslide.quickhash-1", output, StringComparison.Ordinal);
    }

    private static string? Property(JsonElement root, string name) => root.GetProperty("properties").GetProperty(name).GetString();

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(_folder[name], TestContext.Current.CancellationToken);
}
