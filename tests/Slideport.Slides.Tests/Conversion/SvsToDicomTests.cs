using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Slides.Tests.Conversion;

public sealed class SvsToDicomTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(DicomLayout.Full)]
    [InlineData(DicomLayout.Sparse)]
    [InlineData(DicomLayout.ThreeD)]
    public async Task The_standards_judges_find_no_error_in_any_layout(DicomLayout layout)
    {
        var result = Convert(new SvsToDicomOptions { Layout = layout });

        Assert.Equal(["level-0.dcm", "thumbnail.dcm", "label.dcm", "overview.dcm"], result.Files.Select(Path.GetFileName));
        await WsiWriterChecks.AssertConformantAsync(result.Files);
    }

    [Fact]
    public async Task The_standards_judges_find_no_error_in_a_concatenation()
    {
        foreach (var layout in Enum.GetValues<DicomLayout>())
        {
            var writer = new WsiWriterOptions { MaxFramesPerInstance = 50 };
            var result = Convert(new SvsToDicomOptions { Layout = layout, Writer = writer }, layout.ToString());

            Assert.Equal(["level-0-part-1.dcm", "level-0-part-2.dcm", "level-0-part-3.dcm"], result.Files.Take(3).Select(Path.GetFileName));
            await WsiWriterChecks.AssertConformantAsync(result.Files);
        }
    }

    [Theory]
    [InlineData(DicomLayout.Full)]
    [InlineData(DicomLayout.Sparse)]
    [InlineData(DicomLayout.ThreeD)]
    public void Every_tiles_entropy_coded_bytes_are_in_its_frame(DicomLayout layout)
    {
        var result = Convert(new SvsToDicomOptions { Layout = layout });

        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        var level = svs.Levels[0];
        var instance = new WrittenInstance(result.Files[0]);
        var positions = layout == DicomLayout.Full
            ? Enumerable.Range(0, level.TileCount).Select(i => (i % level.TilesAcross, i / level.TilesAcross)).ToList()
            : instance.Positions.ToList();
        Assert.Equal(level.TileCount, instance.Frames.Count);
        Assert.Equal(level.TileCount, positions.Distinct().Count());
        for (var frame = 0; frame < positions.Count; frame++)
        {
            var range = level.Tiles[positions[frame].Item2 * level.TilesAcross + positions[frame].Item1];
            var tile = svs.Read(range, new byte[range.Length]);
            var entropy = tile[JpegHeader.Parse(tile)!.Value.EndOfHeader..];
            var written = instance.Frames[frame].Span;
            Assert.Equal(entropy, written[JpegHeader.Parse(written)!.Value.EndOfHeader..][..entropy.Length]);
        }
    }

    [Fact]
    public async Task Frames_decode_to_the_pixels_OpenSlide_reads_from_the_SVS()
    {
        var result = Convert(new SvsToDicomOptions());

        const string Script = """
            import sys, io, openslide, pydicom, numpy
            from PIL import Image
            slide, level, thumbnail, label, overview = openslide.OpenSlide(sys.argv[1]), *[pydicom.dcmread(f) for f in sys.argv[2:]]
            def frames(d): return list(pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames))
            def decode(f): return numpy.asarray(Image.open(io.BytesIO(f)).convert('RGB')).astype(int)
            w, h, t = level.TotalPixelMatrixColumns, level.TotalPixelMatrixRows, level.Rows
            whole = numpy.asarray(slide.read_region((0, 0), 0, (w, h)).convert('RGB')).astype(int)
            across = -(-w // t)
            for i, f in enumerate(frames(level)):
                x, y = i % across * t, i // across * t
                tile = whole[y:y + t, x:x + t]
                assert abs(decode(f)[:tile.shape[0], :tile.shape[1]] - tile).max() == 0, i
            for d, name in ((thumbnail, 'thumbnail'), (overview, 'macro')):
                assert abs(decode(frames(d)[0]) - numpy.asarray(slide.associated_images[name].convert('RGB')).astype(int)).max() == 0, name
            assert abs(label.pixel_array.astype(int) - numpy.asarray(slide.associated_images['label'].convert('RGB')).astype(int)).max() == 0
            print('equal')
            """;
        var report = await WsiWriterChecks.RunAsync("/usr/bin/python3", ["-c", Script, RealSlides.Path("CMU-1-Small-Region.svs"), .. result.Files]);
        Assert.Equal("equal", report.Trim());
    }

    [Fact]
    public void What_the_SVS_says_of_the_slide_is_in_every_instance()
    {
        var result = Convert(new SvsToDicomOptions { Describe = series => series with { Barcode = "A-1\r\n", LabelText = "Größe ²", PatientId = "P1" } });

        var instances = result.Files.Select(file => new WrittenInstance(file).Set).ToList();
        Assert.All(instances, set => Assert.Equal("CMU-1-Small-Region", set.GetString(Tags.ContainerIdentifier)));
        Assert.All(instances, set => Assert.Equal("20091229095915", set.GetString(Tags.AcquisitionDateTime)));
        Assert.All(instances, set => Assert.Equal("P1", set.GetString(Tags.PatientID)));
        Assert.Equal(20, instances[0].GetItem(Tags.OpticalPathSequence)!.GetDouble(Tags.ObjectiveLensPower));
        Assert.Equal("Größe ²", instances[2].GetString(Tags.LabelText));
        Assert.Equal(4, instances.Select(set => set.GetString(Tags.InstanceNumber)).Distinct().Count());
        Assert.Single(instances.Select(set => set.GetString(Tags.SeriesInstanceUID)).Distinct());
        Assert.Equal(4, instances.Select(set => set.GetString(Tags.SOPInstanceUID)).Distinct().Count());
    }

    [Fact]
    public void Label_overview_and_thumbnail_can_be_left_out()
    {
        var result = Convert(new SvsToDicomOptions { IncludeLabel = false, IncludeOverview = false, IncludeThumbnail = false });

        Assert.Equal(["level-0.dcm"], result.Files.Select(Path.GetFileName));
    }

    [Fact]
    public void A_picture_too_large_to_be_kept_uncompressed_is_left_out_and_JPEGs_are_not()
    {
        var slide = RealSlides.Path("CMU-1-Small-Region.svs");

        var result = SvsToDicom.Convert(slide, Path.Join(_folder, "out"), new SvsToDicomOptions { MaxPicturePixels = 1000 }, TestContext.Current.CancellationToken);

        Assert.Equal(["level-0.dcm", "thumbnail.dcm", "overview.dcm"], result.Files.Select(Path.GetFileName));
        Assert.Contains("too large", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_identifiers_and_clock_give_the_same_bytes()
    {
        var first = Convert(Deterministic(), "first");
        var second = Convert(Deterministic(), "second");

        foreach (var (a, b) in first.Files.Zip(second.Files)) Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(b));
    }

    private static SvsToDicomOptions Deterministic()
    {
        var next = 0;
        string Uid() => FormattableString.Invariant($"2.25.{++next}");
        return new SvsToDicomOptions
        {
            Describe = series => series with
            {
                StudyInstanceUid = Uid(),
                SeriesInstanceUid = Uid(),
                FrameOfReferenceUid = Uid(),
                AcquisitionUid = Uid(),
                PyramidUid = Uid(),
                DimensionOrganizationUid = Uid(),
                SpecimenUid = Uid(),
            },
            Writer = new WsiWriterOptions { NewUid = Uid, TimeProvider = new StoppedClock(), Flush = false },
        };
    }

    private SvsToDicomResult Convert(SvsToDicomOptions options, string folder = "out")
    {
        var slide = RealSlides.Path("CMU-1-Small-Region.svs");
        var result = SvsToDicom.Convert(slide, Path.Join(_folder, folder), options, TestContext.Current.CancellationToken);
        Assert.Null(result.Refusal);
        Assert.Empty(result.Warnings);
        return result;
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }
}
