using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.DicomWsi;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>
/// Instances to slides: what belongs together, what is missing, what contradicts (rows C1 to C8 of the bad-input catalogue).
/// </summary>
public sealed class WsiSlideTests : IDisposable
{
    private const string Whole = "1.2.9";

    private readonly TestFolder _folder = new();
    private readonly List<WsiInstance> _open = [];

    public void Dispose()
    {
        _open.ForEach(i => i.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Levels_are_ordered_by_size_and_pictures_by_flavor()
    {
        var slide = One(
            new TestInstance(16, 16, flavor: "LABEL"), new TestInstance(20, 20), new TestInstance(80, 80),
            new TestInstance(16, 16, flavor: "OVERVIEW"),
            new TestInstance(16, 16, flavor: "THUMBNAIL"), new TestInstance(16, 16, flavor: "LOCALIZER"));

        Assert.Null(slide.Refusal);
        Assert.True(slide.Completeness.IsComplete);
        Assert.Equal([80, 20], slide.Levels.Select(l => l.Geometry.Width));
        Assert.All([slide.Label, slide.Overview, slide.Thumbnail], Assert.NotNull);
        Assert.Equal(WsiFlavor.Other, Assert.Single(slide.Ignored).Flavor);
    }

    [Fact]
    public void Series_are_different_slides_even_when_their_instances_come_mixed()
    {
        var slides = Group(
            new TestInstance(80, 80), new TestInstance(80, 80).With(Tags.SeriesInstanceUID, "1.2.3.5"),
            new TestInstance(20, 20), new TestInstance(20, 20).With(Tags.SeriesInstanceUID, "1.2.3.5"));

        Assert.Equal(2, slides.Count);
        Assert.All(slides, s => Assert.Equal((2, null), (s.Levels.Count, s.Refusal)));
    }

    [Fact]
    public void Containers_in_one_series_are_different_slides_and_somebody_is_told()
    {
        var slides = Group(
            new TestInstance(80, 80).With(Tags.ContainerIdentifier, "A"), new TestInstance(80, 80).With(Tags.ContainerIdentifier, "B"),
            new TestInstance(16, 16, flavor: "LABEL").With(Tags.ContainerIdentifier, "B"),
            new TestInstance(20, 20).With(Tags.ContainerIdentifier, "A"));

        Assert.Equal(["A", "B"], slides.Select(s => s.Metadata.ContainerIdentifier));
        Assert.Null(slides[0].Label);
        Assert.NotNull(slides[1].Label);
        Assert.All(slides, s => Assert.Contains(s.Alerts, a => a.Contains("2 slides", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(nameof(Tags.PyramidUID))]
    [InlineData(nameof(Tags.FrameOfReferenceUID))]
    public void Scanned_areas_of_one_series_are_told_apart_and_share_the_label(string keyword)
    {
        var tag = DicomDictionary.FindKeyword(keyword)!.Value.Tag;
        var slides = Group(
            new TestInstance(80, 80).With(tag, "1.1"), new TestInstance(20, 20).With(tag, "1.1"), new TestInstance(80, 80).With(tag, "1.2"),
            new TestInstance(16, 16, flavor: "LABEL"));

        Assert.Equal([2, 1], slides.Select(s => s.Levels.Count));
        Assert.All(slides, s => Assert.NotNull(s.Label));
    }

    [Fact]
    public void Frame_of_reference_of_each_levels_own_does_not_tear_a_slide_apart() =>
        Assert.Equal(2, One(
            new TestInstance(80, 80).With(Tags.FrameOfReferenceUID, "1.1"),
            new TestInstance(40, 40).With(Tags.FrameOfReferenceUID, "1.2")).Levels.Count);

    [Fact]
    public void Parts_of_a_concatenation_make_one_level_in_any_order()
    {
        var slide = One(Part(2, 3, 10, 10), Part(3, 3, 20, 5), Part(1, 3, 0, 10));

        Assert.True(slide.Completeness.IsComplete);
        var level = Assert.Single(slide.Levels);
        Assert.Null(level.Map());
        Assert.Equal((1, 3), level.Locate(13));
        Assert.Equal((2, 4), level.Locate(24));
    }

    [Fact]
    public void Parts_find_each_other_by_either_identifier()
    {
        var second = Part(2, 2, 10, 15).Without(Tags.ConcatenationUID).With(Tags.SOPInstanceUIDOfConcatenationSource, "1.9");
        var first = Part(1, 2, 0, 10).With(Tags.SOPInstanceUIDOfConcatenationSource, "1.9");

        Assert.Equal(2, Assert.Single(One(first, second).Levels).Parts.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Missing_part_is_waited_for(int absent)
    {
        foreach (var total in (int?[])[3, null])
        {
            TestInstance[] parts = [Part(1, total, 0, 10), Part(2, total, 10, 10), Part(3, total, 20, 5)];

            var slide = One([.. parts.Where((_, i) => i != absent - 1)]);

            Assert.Null(slide.Refusal);
            Assert.NotEmpty(slide.Completeness.Missing);
        }
    }

    [Fact]
    public void Sparse_concatenation_without_a_total_cannot_be_known_to_be_complete()
    {
        var part = new TestInstance(80, 80).Sparse(4, 7, 9).With(Tags.ConcatenationUID, Whole).With(Tags.InConcatenationNumber, 1)
            .With(Tags.ConcatenationFrameOffsetNumber, 0);

        var completeness = One(part).Completeness;

        Assert.Empty(completeness.Missing);
        Assert.Single(completeness.Uncertain);
    }

    [Theory]
    [InlineData(0, "InConcatenationNumber")]
    [InlineData(65535, "InConcatenationNumber")]
    [InlineData(1, "InConcatenationNumber")]
    public void Part_number_that_cannot_be_is_a_conflict(int number, string attribute)
    {
        var refusal = One(Part(1, 2, 0, 10), Part(number, 2, 10, 15)).Refusal;

        Assert.Equal(attribute, refusal?.Attribute);
    }

    [Fact]
    public void Conflict_between_parts_names_both()
    {
        TestInstance[] others =
        [
            Part(2, 2, 5, 15),
            Part(2, 3, 10, 15),
            Part(2, 2, 10, 15).With(Tags.TotalPixelMatrixColumns, 96),
            Part(2, 2, 10, 15).With(Tags.ImageType, "DERIVED", "PRIMARY", "LABEL", "NONE"),
        ];
        string?[] attributes = ["ConcatenationFrameOffsetNumber", "InConcatenationTotalNumber", "TotalPixelMatrixColumns", null];
        for (var i = 0; i < others.Length; i++)
        {
            var (one, other) = (Part(1, 2, 0, 10).Open(_folder), others[i].Open(_folder));
            _open.AddRange([one, other]);

            var slide = Assert.Single(WsiSlide.Group([other, one]));

            Assert.Equal(attributes[i], slide.Refusal?.Attribute);
            if (attributes[i] is null) Assert.NotEmpty(slide.Completeness.Missing); // a label is no part of a level: that one still waits
            else Assert.All([one, other], p => Assert.Contains(Path.GetFileName(p.Path), slide.Refusal!.Reason, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Patients_that_differ_between_parts_do_not_matter() =>
        Assert.Null(One(Part(1, 2, 0, 10).With(Tags.PatientID, "a"), Part(2, 2, 10, 15).With(Tags.PatientID, "b")).Refusal);

    [Fact]
    public void Instance_sent_twice_counts_once()
    {
        var slide = One(
            new TestInstance(80, 80).With(Tags.SOPInstanceUID, "1.5"), new TestInstance(80, 80).With(Tags.SOPInstanceUID, "1.5"));

        Assert.Null(slide.Refusal);
        Assert.Single(slide.Levels);
        Assert.Single(slide.Ignored);
    }

    [Fact]
    public void Different_instances_under_one_identifier_are_a_conflict()
    {
        var slide = One(
            new TestInstance(80, 80).With(Tags.SOPInstanceUID, "1.5"), new TestInstance(64, 64).With(Tags.SOPInstanceUID, "1.5"));

        Assert.Equal("SOPInstanceUID", slide.Refusal?.Attribute);
    }

    [Fact]
    public void Two_levels_of_one_size_are_a_conflict_that_says_what_differs()
    {
        Assert.Equal("SOPInstanceUID", One(new TestInstance(80, 80), new TestInstance(80, 80)).Refusal?.Attribute);
        Assert.Equal(
            "ExtendedDepthOfField",
            One(new TestInstance(80, 80), new TestInstance(80, 80).With(Tags.ExtendedDepthOfField, "YES")).Refusal?.Attribute);

        var raised = new TestInstance(80, 80);
        raised.Set.Set(Tags.TotalPixelMatrixOriginSequence, new DicomDataSet().Set(Tags.ZOffsetInSlideCoordinateSystem, 2.0));
        Assert.Equal("ZOffsetInSlideCoordinateSystem", One(new TestInstance(80, 80), raised).Refusal?.Attribute);
    }

    [Fact]
    public void Several_planes_or_paths_are_refused_by_name()
    {
        Assert.Equal(
            "TotalPixelMatrixFocalPlanes", One(new TestInstance(80, 80).With(Tags.TotalPixelMatrixFocalPlanes, 3)).Refusal?.Attribute);
        Assert.Equal("NumberOfOpticalPaths", One(new TestInstance(80, 80).With(Tags.NumberOfOpticalPaths, 2)).Refusal?.Attribute);
    }

    [Fact]
    public void Second_label_is_left_out_and_somebody_is_told()
    {
        var slide = One(
            new TestInstance(80, 80), new TestInstance(32, 16, 32, "LABEL").With(Tags.InstanceNumber, "7"),
            new TestInstance(16, 16, flavor: "LABEL").With(Tags.InstanceNumber, "3"));

        Assert.Equal(3, slide.Label!.InstanceNumber);
        Assert.Contains(slide.Alerts, a => a.Contains("several Label", StringComparison.Ordinal));
    }

    [Fact]
    public void Series_without_a_volume_waits()
    {
        var slide = One(new TestInstance(16, 16, flavor: "LABEL"));

        Assert.Null(slide.Refusal);
        Assert.Equal(["No VOLUME instance is there"], slide.Completeness.Missing);
    }

    [Fact]
    public void Levels_may_be_any_factor_apart() =>
        Assert.Null(One(new TestInstance(1000, 800, 128), new TestInstance(250, 200), new TestInstance(15, 12)).Refusal);

    [Fact]
    public void Grouping_does_not_depend_on_the_order_of_arrival()
    {
        TestInstance[] made =
        [
            Part(1, 3, 0, 10), Part(2, 3, 10, 10), Part(3, 3, 20, 5), new TestInstance(40, 40), new TestInstance(20, 20),
            new TestInstance(16, 16, flavor: "LABEL"), new TestInstance(16, 16, flavor: "LABEL"),
            new TestInstance(16, 16, flavor: "OVERVIEW"),
        ];
        var instances = made.Select(m => m.Open(_folder)).ToArray();
        _open.AddRange(instances);
        var expected = Describe(Assert.Single(WsiSlide.Group(instances)));

        Gen.Shuffle(instances).Sample(shuffled => Describe(WsiSlide.Group(shuffled).Single()) == expected, iter: 200);
    }

    private static string Describe(DicomSlide slide) => string.Join(
        ' ', slide.Levels.SelectMany(l => l.Parts).Append(slide.Label!).Append(slide.Overview!)
            .Select(i => i.SopInstanceUid)) + slide.Completeness.IsComplete;

    /// <summary>A part of a level of 5 x 5 tiles.</summary>
    private static TestInstance Part(int number, int? total, int first, int count) =>
        new TestInstance(80, 80).Part(Whole, number, total, first, count);

    private DicomSlide One(params TestInstance[] made) => Assert.Single(Group(made));

    private IReadOnlyList<DicomSlide> Group(params TestInstance[] made)
    {
        var instances = made.Select(m => m.Open(_folder)).ToList();
        _open.AddRange(instances);
        return WsiSlide.Group(instances);
    }
}
