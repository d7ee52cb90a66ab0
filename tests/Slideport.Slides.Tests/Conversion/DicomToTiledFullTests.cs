using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.Conversion;

public sealed class DicomToTiledFullTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<WsiInstance> _instances = [];
    private int _outputs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _instances.ForEach(i => i.Dispose());
        _folder.Dispose();
    }

    public static TheoryData<DicomLayout, int> Layouts => new()
    {
        { DicomLayout.Sparse, int.MaxValue }, { DicomLayout.ThreeD, int.MaxValue }, { DicomLayout.Sparse, 50 }, { DicomLayout.Full, 50 },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task The_standards_judges_find_no_error_whatever_it_was_before(DicomLayout layout, int maxFrames)
    {
        var (_, result) = OfRealSlide(layout, maxFrames);

        Assert.Equal(4, result.Files.Count);
        await WsiWriterChecks.AssertConformantAsync(result.Files);
        foreach (var file in result.Files)
            Assert.Contains("TILED_FULL", await WsiWriterChecks.RunAsync("dcmdump", "+P", "DimensionOrganizationType", file), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Row_by_row_the_frames_show_the_pixels_that_OpenSlide_shows_of_the_SVS(DicomLayout layout, int maxFrames)
    {
        var (_, result) = OfRealSlide(layout, maxFrames);

        // Debian 12's OpenSlide reads no DICOM: pydicom takes the frames, Pillow decodes them, and they are laid out as TILED_FULL has it.
        const string Script = """
            import sys, io, openslide, pydicom, numpy
            from PIL import Image
            slide, d = openslide.OpenSlide(sys.argv[1]), pydicom.dcmread(sys.argv[2])
            w, h, t = d.TotalPixelMatrixColumns, d.TotalPixelMatrixRows, d.Rows
            assert (w, h) == slide.dimensions and d.DimensionOrganizationType == 'TILED_FULL'
            whole = numpy.asarray(slide.read_region((0, 0), 0, (w, h)).convert('RGB')).astype(int)
            across, shown = -(-w // t), numpy.zeros_like(whole)
            for i, f in enumerate(pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames)):
                x, y = i % across * t, i // across * t
                shown[y:y + t, x:x + t] = numpy.asarray(Image.open(io.BytesIO(f)).convert('RGB'))[:h - y, :w - x]
            print(abs(shown - whole).max())
            """;
        var level = result.Files.Single(f => new WrittenInstance(f).Set.GetStrings(Tags.ImageType)[2] == "VOLUME");
        Assert.Equal("0", (await Tools.PythonAsync("openslide, pydicom", Script, RealSlides.Path("CMU-1-Small-Region.svs"), level)).Trim());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Pydicom_finds_every_frame_byte_for_byte_in_the_order_of_tiles(DicomLayout layout, int maxFrames)
    {
        var (sources, result) = OfRealSlide(layout, maxFrames);

        const string Script = """
            import sys, pydicom
            def frames(d): return list(pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames))
            at, sources = sys.argv.index('--'), {}
            for path in sys.argv[1:at]:
                d = pydicom.dcmread(path)
                if d.ImageType[2] != 'VOLUME': continue
                across = -(-d.TotalPixelMatrixColumns // d.Columns)
                first = getattr(d, 'ConcatenationFrameOffsetNumber', 0)
                for i, f in enumerate(frames(d)):
                    tile = first + i
                    if 'PerFrameFunctionalGroupsSequence' in d:
                        p = d.PerFrameFunctionalGroupsSequence[i].PlanePositionSlideSequence[0]
                        tile = (p.RowPositionInTotalImagePixelMatrix - 1) // d.Rows * across + (p.ColumnPositionInTotalImagePixelMatrix - 1) // d.Columns
                    sources[tile] = f
            for path in sys.argv[at + 1:]:
                d = pydicom.dcmread(path)
                if d.ImageType[2] != 'VOLUME': continue
                assert 'PerFrameFunctionalGroupsSequence' not in d and 'ConcatenationUID' not in d
                made = frames(d)
                assert len(made) == len(sources) == d.NumberOfFrames, len(made)
                assert all(made[i] == sources[i] for i in range(len(made)))
                print('equal')
            """;
        Assert.Equal("equal", (await Tools.PythonAsync("pydicom", Script, [.. sources, "--", .. result.Files])).Trim());
    }

    [Fact]
    public void Nothing_else_is_changed_and_the_sources_are_named()
    {
        var (sources, result) = OfRealSlide(DicomLayout.Sparse, int.MaxValue);
        var (before, after) = (new WrittenInstance(sources[0]).Set, new WrittenInstance(result.Files[0]).Set);

        var changed = before.Elements.Concat(after.Elements).Select(e => e.Tag).Distinct().Order()
            .Where(tag => tag.Group != 2 && tag != Tags.PixelData && !Same(tag)).ToArray();

        DicomTag[] expected =
        [
            Tags.SOPInstanceUID, Tags.ReferencedSeriesSequence, Tags.DerivationDescription, Tags.SourceImageSequence, Tags.ContributingEquipmentSequence,
            Tags.DimensionIndexSequence, Tags.DimensionOrganizationType, Tags.NumberOfOpticalPaths, Tags.TotalPixelMatrixFocalPlanes, Tags.PerFrameFunctionalGroupsSequence,
        ];
        Assert.Equal(expected.Order(), changed);
        Assert.Equal(before.GetString(Tags.SOPInstanceUID), after.GetItem(Tags.SourceImageSequence)!.GetString(Tags.ReferencedSOPInstanceUID));
        Assert.True(Uids.IsValid(after.GetString(Tags.SOPInstanceUID)));
        bool Same(DicomTag tag) => before.GetBytes(tag) is { } value ? after.GetBytes(tag)?.SequenceEqual(value) == true
            : before.Find(tag) is { IsSequence: true } && after.Find(tag) is { IsSequence: true } && Encoded(before, tag).SequenceEqual(Encoded(after, tag));
    }

    [Fact]
    public void The_same_slide_gives_the_same_bytes()
    {
        var slide = Group(new TestInstance(48, 32).Sparse(5, 1, 0, 2, 4, 3));

        var (first, second) = (Convert(slide), Convert(slide));

        Assert.Equal(File.ReadAllBytes(first.Files[0]), File.ReadAllBytes(second.Files[0]));
        Assert.Equal(Path.GetFileName(first.Files[0]), Path.GetFileName(second.Files[0]));
    }

    [Fact]
    public void Frames_in_any_order_are_put_row_by_row()
    {
        var all = new TestInstance(48, 32).Frames;
        var made = Written(new TestInstance(48, 32).Sparse(5, 1, 0, 2, 4, 3));

        Assert.Equal(all, made.Frames.Select(f => f.ToArray()), Padded);
        Assert.Equal(made.ItemOffsets, made.BasicOffsets);
    }

    [Fact]
    public void Frames_of_hundreds_of_kilobytes_go_through_the_kernel_with_the_same_outcome()
    {
        var large = Enumerable.Range(0, 6).Select(i => TestInstance.Frame(16, 16, i * 20).Concat(new byte[(200 << 10) + i]).ToArray()).ToList();
        var source = new TestInstance(48, 32) { Frames = large }.Sparse(3, 4, 5, 0, 1, 2);

        var made = Written(source);

        Assert.Equal(large, made.Frames.Select(f => f.ToArray()), Padded);
        Assert.Equal(made.ItemOffsets, made.BasicOffsets);
    }

    [Fact]
    public void A_tile_that_is_left_out_is_a_plain_one_and_that_is_told()
    {
        var (made, result) = Converted(new TestInstance(48, 32).Sparse(0, 2, 5));

        Assert.Equal(6, made.Set.GetInt32(Tags.NumberOfFrames));
        Assert.Equal(new TestInstance(48, 32).Frames[2], made.Frames[2].ToArray(), Padded);
        Assert.Equal(made.Frames[1].ToArray(), made.Frames[4].ToArray());
        Assert.Contains(result.Warnings, w => w.Contains("3 tiles that the slide leaves out", StringComparison.Ordinal));
    }

    [Fact]
    public void Frames_in_several_fragments_become_one_fragment_each()
    {
        var all = new TestInstance(48, 32).Frames;
        var source = new TestInstance(48, 32).Sparse(1, 0, 2, 3, 5, 4);
        source.FragmentsPerFrame = 3;

        Assert.Equal(all, Written(source).Frames.Select(f => f.ToArray()), Padded);
    }

    [Fact]
    public void Uncompressed_frames_are_put_in_order_and_gaps_filled_with_white()
    {
        var frames = Enumerable.Range(0, 3).Select(i => Enumerable.Repeat((byte)(10 + i), 5 * 3 * 3).ToArray()).ToArray();
        var source = new TestInstance(10, 6, 5).With(Tags.Rows, 3).Native(frames).At((6, 1), (1, 4), (6, 4));

        var pixels = Written(source).Frames[0].Span;

        byte[] white = [.. Enumerable.Repeat((byte)255, 45)];
        Assert.Equal([.. white, .. frames[0], .. frames[1], .. frames[2]], pixels.ToArray());
    }

    [Fact]
    public void The_parts_of_a_concatenation_become_one_instance()
    {
        var all = new TestInstance(64, 64).Frames;
        TestInstance Part(int number, int first, int count) => new TestInstance(64, 64).Part("1.2.3.9", number, 3, first, count);

        var (made, _) = Converted(Part(2, 6, 6), Part(1, 0, 6), Part(3, 12, 4));

        Assert.Equal(all, made.Frames.Select(f => f.ToArray()), Padded);
        Assert.False(made.Set.Contains(Tags.ConcatenationUID));
        Assert.Equal(3, made.Set.GetSequence(Tags.SourceImageSequence).Count);
    }

    [Fact]
    public void What_is_TILED_FULL_already_is_the_same_file()
    {
        var slide = Group(new TestInstance(48, 32));

        var result = Convert(slide);

        Assert.Equal(File.ReadAllBytes(slide.Instances[0].Path), File.ReadAllBytes(Assert.Single(result.Files)));
    }

    [Fact]
    public void References_to_a_whole_instance_follow_it_and_those_to_its_frames_stay_with_the_source()
    {
        var level = new TestInstance(48, 32).Sparse(5, 1, 0, 2, 4, 3);
        var other = new TestInstance(24, 16).Sparse(1, 0);
        DicomDataSet Reference() => new DicomDataSet().Set(Tags.ReferencedSOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.ReferencedSOPInstanceUID, level.Uid);
        other.Set.Set(Tags.ReferencedImageSequence, Reference(), Reference().Set(Tags.ReferencedFrameNumber, 2));

        var result = Convert(Group(level, other));

        var sets = result.Files.Select(f => new WrittenInstance(f).Set).ToArray();
        var references = sets[1].GetSequence(Tags.ReferencedImageSequence).Select(r => r.GetString(Tags.ReferencedSOPInstanceUID));
        Assert.Equal([sets[0].GetString(Tags.SOPInstanceUID), level.Uid], references);
    }

    [Fact]
    public void What_every_frame_says_alike_is_said_once_for_all()
    {
        var source = new TestInstance(32, 16).Sparse(1, 0);
        source.Set.Remove(Tags.SharedFunctionalGroupsSequence);
        foreach (var frame in source.Set.GetSequence(Tags.PerFrameFunctionalGroupsSequence))
            frame.Set(Tags.PixelMeasuresSequence, new DicomDataSet().Set(Tags.PixelSpacing, 0.00025, 0.00025));

        var shared = Written(source).Set.GetItem(Tags.SharedFunctionalGroupsSequence)!;

        Assert.Equal(0.00025, shared.GetItem(Tags.PixelMeasuresSequence)!.GetDouble(Tags.PixelSpacing));
    }

    [Fact]
    public void Frames_that_differ_in_more_than_their_places_are_refused()
    {
        var source = new TestInstance(32, 16).Sparse(1, 0);
        source.Set.GetItem(Tags.PerFrameFunctionalGroupsSequence, 1)!.Set(Tags.PixelMeasuresSequence, new DicomDataSet().Set(Tags.PixelSpacing, 0.001, 0.001));

        Assert.Contains("differ in more than their places", Convert(Group(source)).Refusal?.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("planes")]
    [InlineData("paths")]
    [InlineData("grid")]
    [InlineData("twice")]
    public void What_would_be_lost_is_refused_with_the_reason(string what)
    {
        var source = new TestInstance(32, 16).Sparse(1, 0);
        switch (what)
        {
            case "planes":
                source.With(Tags.TotalPixelMatrixFocalPlanes, 2);
                break;
            case "paths":
                source.With(Tags.NumberOfOpticalPaths, 2);
                break;
            case "grid":
                source.At((1, 1), (9, 1));
                break;
            default:
                source.At((1, 1), (1, 1));
                break;
        }

        var result = Convert(Group(source));

        Assert.NotNull(result.Refusal);
        Assert.Empty(result.Files);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_or_told_and_nothing_else()
    {
        var whole = File.ReadAllBytes(new TestInstance(32, 16).Sparse(1, 0).Write(_folder["whole.dcm"]));
        for (var length = 132; length < whole.Length; length += 3)
        {
            var path = _folder.Write("cut.dcm", whole.AsSpan(0, length));
            try
            {
                using var instance = WsiInstance.Open(path);
                if (instance.Geometry is null) continue;
                var result = DicomToTiledFull.Convert(WsiSlide.Group([instance])[0], NewFolder(), cancellationToken: Cancel);
                Assert.True(result.Refusal is not null || length >= whole.Length - 8, $"{length} of {whole.Length} bytes were taken for a slide.");
            }
            catch (Exception e) when (e is DicomException or SlideException)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static IEqualityComparer<byte[]> Padded { get; } = EqualityComparer<byte[]>.Create((a, b) => Even(a!).AsSpan().SequenceEqual(Even(b!)), a => a.Length);

    private static byte[] Even(byte[] bytes) => bytes.Length % 2 == 0 ? bytes : [.. bytes, 0];

    private static byte[] Encoded(DicomDataSet set, DicomTag sequence) => [.. set.GetSequence(sequence).SelectMany(i => i.ToBytes(TransferSyntax.ExplicitVrLittleEndian))];

    private (IReadOnlyList<string> Sources, DicomToDicomResult Result) OfRealSlide(DicomLayout layout, int maxFrames)
    {
        var sources = SvsToDicom.Convert(
            RealSlides.Path("CMU-1-Small-Region.svs"), NewFolder(),
            new SvsToDicomOptions { Layout = layout, Writer = new WsiWriterOptions { MaxFramesPerInstance = maxFrames, Flush = false } }, Cancel).Files;
        _instances.AddRange(sources.Select(WsiInstance.Open));
        return (sources, Convert(Assert.Single(WsiSlide.Group(_instances))));
    }

    /// <summary>Every output is compared by an eye that knows nothing of how it was made.</summary>
    private static void AssertFaithful(DicomSlide slide, DicomToDicomResult result)
    {
        if (result.Refusal is not null) return;
        using var output = SlideSource.Open(Path.GetDirectoryName(result.Files[0])!);
        Assert.Null(Fidelity.Compare(Slide.Of(slide), output.Single(), Cancel).Difference);
    }

    private WrittenInstance Written(params TestInstance[] made) => Converted(made).Instance;

    private (WrittenInstance Instance, DicomToDicomResult Result) Converted(params TestInstance[] made)
    {
        var result = Convert(Group(made));
        Assert.Null(result.Refusal);
        return (new WrittenInstance(Assert.Single(result.Files)), result);
    }

    private DicomSlide Group(params TestInstance[] made)
    {
        List<WsiInstance> opened = [.. made.Select(m => m.Open(_folder))];
        _instances.AddRange(opened);
        return WsiSlide.Group(opened)[0];
    }

    private DicomToDicomResult Convert(DicomSlide slide)
    {
        var result = DicomToTiledFull.Convert(slide, NewFolder(), cancellationToken: Cancel);
        AssertFaithful(slide, result);
        return result;
    }

    private string NewFolder() => Directory.CreateDirectory(_folder[FormattableString.Invariant($"out-{++_outputs}")]).FullName;
}
