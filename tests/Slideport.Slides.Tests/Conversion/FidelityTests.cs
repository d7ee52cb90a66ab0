using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Jpeg;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>What the proof must find: each pair of slides differs in one thing.</summary>
public sealed class FidelityTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<WsiInstance> _open = [];

    public void Dispose()
    {
        _open.ForEach(i => i.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Slide_is_itself() =>
        Assert.Null(
            Compare(
                [new TestInstance(64, 64), new TestInstance(16, 16, flavor: "LABEL")],
                [new TestInstance(64, 64), new TestInstance(16, 16, flavor: "LABEL")]));

    [Fact]
    public void Missing_level_is_found() =>
        Assert.Equal("16x16", Compare([new TestInstance(64, 64), new TestInstance(16, 16)], [new TestInstance(64, 64)])?.Level);

    [Fact]
    public void Level_from_nowhere_is_found() =>
        Assert.Equal("16x16", Compare([new TestInstance(64, 64)], [new TestInstance(64, 64), new TestInstance(16, 16)])?.Level);

    [Fact]
    public void Tiles_of_another_size_are_found() =>
        Assert.Contains("32x32", Compare([new TestInstance(64, 64)], [new TestInstance(64, 64, 32)])?.What, StringComparison.Ordinal);

    [Fact]
    public void Two_tiles_that_changed_places_are_found_at_the_first()
    {
        var swapped = new TestInstance(64, 64);
        (swapped.Frames[3], swapped.Frames[9]) = (swapped.Frames[9], swapped.Frames[3]);

        Assert.Equal(3, Compare([new TestInstance(64, 64)], [swapped])?.Tile);
    }

    [Fact]
    public void Tile_that_is_missing_or_should_be_is_found()
    {
        Assert.Equal(2, Compare([new TestInstance(32, 32)], [new TestInstance(32, 32).Sparse(0, 1, 3)])?.Tile);
        Assert.Equal(2, Compare([new TestInstance(32, 32).Sparse(0, 1, 3)], [new TestInstance(32, 32)])?.Tile);
    }

    [Fact]
    public void Quantization_table_that_was_changed_is_found()
    {
        var changed = new TestInstance(32, 32);
        changed.Frames[1] = [.. changed.Frames[1]];
        changed.Frames[1][changed.Frames[1].AsSpan().IndexOf([(byte)0xFF, (byte)0xDB]) + 6]++;

        Assert.Equal(
            (1, "the JPEG headers differ in more than their colour markers"),
            Compare([new TestInstance(32, 32)], [changed]) is { } d ? (d.Tile, d.What) : default);
    }

    [Fact]
    public void Marker_that_changes_the_colours_is_found()
    {
        var plain = new BaselineJpeg { Ids = [0, 1, 2] }.Encode(TestInstance.Picture(16, 16, 9));
        var asRgb = new byte[plain.Length + JpegPatch.MaxGrowth];
        JpegPatch.For(JpegHeader.Parse(plain)!.Value, ColorSpace.Rgb).Apply(plain, asRgb, out var written);

        var difference = Compare(
            [new TestInstance(16, 16) { Frames = [plain] }], [new TestInstance(16, 16) { Frames = [asRgb[..written]] }]);

        Assert.Equal("the JPEG headers mean different colours", difference?.What);
    }

    [Fact]
    public void End_marker_may_be_appended_but_not_lost()
    {
        var cut = new TestInstance(16, 16);
        cut.Frames[0] = cut.Frames[0][..^2];

        Assert.Null(Compare([cut], [new TestInstance(16, 16)]));
        Assert.NotNull(Compare([new TestInstance(16, 16)], [cut]));
    }

    [Fact]
    public void Another_label_profile_or_resolution_is_found()
    {
        TestInstance Profile(byte seed)
        {
            var made = new TestInstance(16, 16);
            made.Set.Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.ICCProfile, Vr.OB, [.. Enumerable.Repeat(seed, 200)]));
            return made;
        }

        var label = new TestInstance(16, 16, flavor: "LABEL");
        label.Frames[0] = TestInstance.Frame(16, 16, 77);
        var finer = new TestInstance(64, 64);
        finer.Set.Set(
            Tags.SharedFunctionalGroupsSequence,
            new DicomDataSet().Set(Tags.PixelMeasuresSequence, new DicomDataSet().Set(Tags.PixelSpacing, 0.0004, 0.0004)));

        Assert.Contains(
            "Label",
            Compare([new TestInstance(64, 64), new TestInstance(16, 16, flavor: "LABEL")], [new TestInstance(64, 64), label])?.What,
            StringComparison.Ordinal);
        Assert.Contains("ICC", Compare([Profile(1)], [Profile(2)])?.What, StringComparison.Ordinal);
        Assert.Contains("ICC", Compare([Profile(1)], [new TestInstance(16, 16)])?.What, StringComparison.Ordinal);
        Assert.Contains("per pixel", Compare([new TestInstance(64, 64)], [finer])?.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Difference_says_where_it_is() =>
        Assert.Equal(
            "Level 64x64, tile 7: the codestreams differ (at byte 12)",
            new FidelityDifference("the codestreams differ", "64x64", 7, 12).ToString());

    private FidelityDifference? Compare(TestInstance[] source, TestInstance[] output)
    {
        using var one = Open(source);
        using var other = Open(output);
        return Fidelity.Compare(one, other, TestContext.Current.CancellationToken).Difference;
    }

    private Slide Open(TestInstance[] made)
    {
        var instances = made.Select(m => m.Open(_folder)).ToList();
        _open.AddRange(instances);
        return Slide.Of(Assert.Single(WsiSlide.Group(instances)));
    }
}
