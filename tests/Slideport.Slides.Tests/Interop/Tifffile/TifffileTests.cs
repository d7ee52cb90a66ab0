namespace Slideport.Slides.Tests.Interop.Tifffile;

public sealed class TifffileTests(WrittenSlides slides)
{
    private const string Script = """
        import sys, tifffile
        tiff = tifffile.TiffFile(sys.argv[1])
        print(tiff.is_svs, tiff.is_bigtiff, len(tiff.pages))
        for series in tiff.series:
            print(series.name, ' '.join(f'{level.shape[1]}x{level.shape[0]}' for level in series.levels))
        """;

    public static TheoryData<string> Fixtures => SvsFixture.Names;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Series_are_baseline_thumbnail_label_and_macro(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, _) = slides.Get(fixture);

        var output = await Tools.PythonAsync("tifffile", Script, path);

        List<string> expected =
        [
            $"True True {fixture.PageCount}",
            "Baseline " + string.Join(' ', fixture.Levels.Select(level => $"{level.Width}x{level.Height}")),
            "Thumbnail 120x90",
        ];
        if (fixture.HasLabel) expected.Add("Label 77x55");
        if (fixture.HasMacro) expected.Add("Macro 120x90");
        Assert.Equal(expected, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
