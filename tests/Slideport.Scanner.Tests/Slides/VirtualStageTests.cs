using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Scanner.Slides;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Scanner.Tests.Slides;

public sealed class VirtualStageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-stage-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(DicomLayout.Full)]
    [InlineData(DicomLayout.Sparse)]
    [InlineData(DicomLayout.ThreeD)]
    public async Task The_standards_judges_find_no_error_in_a_generated_slide(DicomLayout layout)
    {
        var files = Generate(new SlideOptions { Size = (5000, 2000), Barcode = "B-1", Rack = 2, Slot = 3, Writer = Writer(layout) });

        Assert.Equal(["level-0.dcm", "level-1.dcm", "thumbnail.dcm", "label.dcm", "overview.dcm"], files.Select(Path.GetFileName));
        await WsiWriterChecks.AssertConformantAsync(files);
    }

    [Theory]
    [InlineData(DicomLayout.Full)]
    [InlineData(DicomLayout.Sparse)]
    [InlineData(DicomLayout.ThreeD)]
    public async Task A_generated_slide_becomes_an_SVS_that_OpenSlide_opens(DicomLayout layout)
    {
        var files = Generate(new SlideOptions { Size = (5000, 2000), Writer = Writer(layout) });
        var slide = Assert.Single(WsiSlide.Group([.. files.Select(WsiInstance.Open)]));
        var svs = Path.Join(_folder, "generated.svs");

        var result = DicomToSvs.Convert(slide, svs, null, TestContext.Current.CancellationToken);

        Assert.True(result.IsConverted, result.Refusal?.Reason);
        const string Script = """
            import sys, openslide
            s = openslide.OpenSlide(sys.argv[1])
            print(s.properties['openslide.vendor'], s.level_dimensions, sorted(s.associated_images), s.properties['openslide.mpp-x'])
            """;
        var report = await WsiWriterChecks.RunAsync("/usr/bin/python3", "-c", Script, svs);
        Assert.Equal("aperio ((5000, 2000), (1250, 500)) ['label', 'macro', 'thumbnail'] 0.25", report.Trim());
    }

    [Theory]
    [InlineData(0.5, 750, 500, 0.5, 20.0)]
    [InlineData(2.0, 3000, 2000, 0.125, 80.0)]
    public void A_factor_of_the_magnification_makes_other_pixels_of_the_same_tissue(double factor, int width, int height, double micronsPerPixel, double lens)
    {
        var slide = Assert.Single(WsiSlide.Group([.. Generate(new SlideOptions { Size = (1500, 1000), ScaleFactor = factor }).Select(WsiInstance.Open)]));

        var level = slide.Levels[0].Geometry;
        Assert.Equal((width, height), (level.Width, level.Height));
        Assert.Equal((micronsPerPixel, lens), (slide.Metadata.MicronsPerPixel, slide.Metadata.ObjectivePower));
    }

    [Fact]
    public void The_same_seed_gives_the_same_frames_and_another_gives_others()
    {
        var first = Frames(Generate(new SlideOptions { Size = (1500, 1000), Seed = 5 })[0]);
        var second = Frames(Generate(new SlideOptions { Size = (1500, 1000), Seed = 5 })[0]);
        var other = Frames(Generate(new SlideOptions { Size = (1500, 1000), Seed = 6 })[0]);

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Generated_tissue_shows_glass_pink_and_purple()
    {
        var (picture, _) = Whole(Generate(new SlideOptions { Size = (6000, 4000) })[^3]);

        int glass = 0, pink = 0, purple = 0;
        for (var at = 0; at < picture.Pixels.Length; at += 3)
        {
            var (red, green, blue) = (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
            if (green > 225) glass++;
            else if (red > 190 && green < 190 && blue < red) pink++;
            else if (red < 170 && green < 120 && blue > green) purple++;
        }

        var all = picture.Pixels.Length / 3;
        Assert.InRange((double)glass / all, 0.1, 0.9);
        Assert.InRange((double)pink / all, 0.02, 0.9);
        Assert.InRange((double)purple / all, 0.01, 0.6);
    }

    [Fact]
    public void Lower_levels_show_the_same_slide()
    {
        var files = Generate(new SlideOptions { Size = (8192, 2048), PyramidStep = 4 });

        var (full, lower) = (Whole(files[0]).Picture, Whole(files[1]).Picture);
        Assert.Equal((2048, 512), (lower.Width, lower.Height));
        for (var y = 8; y < 512; y += 61)
        {
            for (var x = 8; x < 2048; x += 67)
            {
                // Mean of 16 x 16 pixels of the lower level and of the 64 x 64 above them; JPEG and rounding cost a few steps.
                var (a, b) = (Mean(lower, x - 8, y - 8, 16), Mean(full, 4 * (x - 8), 4 * (y - 8), 64));
                Assert.InRange(a, b - 4, b + 4);
            }
        }
    }

    [Fact]
    public void Neighbouring_tiles_join_without_a_seam()
    {
        var picture = Whole(Generate(new SlideOptions { Size = (4096, 3072) })[0]).Picture;

        // Mean difference of neighbouring pixels across tile borders, and elsewhere.
        var (across, elsewhere) = (Contrast(picture, x => x % 256 == 255), Contrast(picture, x => x % 256 == 100));
        Assert.InRange(across, 0, 1.35 * elsewhere + 1);
    }

    [Fact]
    public async Task An_SVS_repeated_to_any_size_keeps_its_coded_tiles_and_gets_a_pyramid()
    {
        var svs = RealSlides.Path("CMU-1-Small-Region.svs");
        var result = VirtualStage.Scan(
            ScanSource.FromPath(svs), _folder, new SlideOptions { Size = (20000, 15000) }, TestContext.Current.CancellationToken);

        using var file = SvsFile.Open(svs);
        using var level = Part10File.Open(result.Files[0]);
        var index = level.BuildFrameIndex();
        var (whole, wholeDown, across) = (file.Levels[0].Width / 240, file.Levels[0].Height / 240, (20000 + 239) / 240);
        Assert.Equal(across * ((15000 + 239) / 240), index.Count);
        foreach (var frame in new[] { 0, 1, across, 1234, index.Count - 1 })
        {
            var source = file.Levels[0].Tiles[frame / across % wholeDown * file.Levels[0].TilesAcross + frame % across % whole];
            var tail = file.Read(source, new byte[source.Length])[^2000..];
            var written = level.ReadBytes(new Dicom.FileRange(index[frame].Offset, index[frame].Length)).AsSpan();
            Assert.Equal(tail, written[^(2000 + (written[^1] == 0 ? 1 : 0))..][..2000]);
        }

        Assert.Contains("level-2.dcm", result.Files.Select(Path.GetFileName));
        await WsiWriterChecks.AssertConformantAsync(result.Files);
    }

    [Fact]
    public void A_DICOM_slide_scanned_again_differs_in_identifiers_only()
    {
        var files = Generate(new SlideOptions { Size = (1000, 700) });
        var again = VirtualStage.Scan(
            ScanSource.FromPath(Path.GetDirectoryName(files[0])!), Path.Join(_folder, "again"), null, TestContext.Current.CancellationToken).Files;

        var before = files.Order(StringComparer.Ordinal).Select(file => new WrittenInstance(file)).ToList();
        var after = again.Select(file => new WrittenInstance(file)).ToList();
        Assert.Equal(before.Count, after.Count);
        Assert.Single(after.Select(instance => instance.Set.GetString(Tags.SeriesInstanceUID)).Distinct());
        foreach (var (a, b) in before.Zip(after))
        {
            Assert.NotEqual(a.Set.GetString(Tags.SOPInstanceUID), b.Set.GetString(Tags.SOPInstanceUID));
            Assert.NotEqual(a.Set.GetString(Tags.SeriesInstanceUID), b.Set.GetString(Tags.SeriesInstanceUID));
            Assert.True(Uids.IsValid(b.Set.GetString(Tags.SOPInstanceUID)));
            Assert.Equal(a.Frames.Select(frame => frame.ToArray()), b.Frames.Select(frame => frame.ToArray()));
            Assert.Equal(Unrenewed(a.Set), Unrenewed(b.Set));
        }
    }

    [Fact]
    public void What_is_neither_SVS_nor_DICOM_is_named_in_the_error()
    {
        var path = Path.Join(_folder, "notes.txt");
        File.WriteAllText(path, "not a slide");

        Assert.Contains("notes.txt", Assert.ThrowsAny<Exception>(() => ScanSource.FromPath(path)).Message, StringComparison.Ordinal);
        Assert.Throws<SlideException>(() => ScanSource.FromPath(Directory.CreateDirectory(Path.Join(_folder, "empty")).FullName));
    }

    [Fact]
    public void Rack_and_slot_are_in_the_series_description_and_on_the_label()
    {
        var set = new WrittenInstance(Generate(new SlideOptions { Size = (600, 500), Barcode = "B-7", Rack = 4, Slot = 9 })[0]).Set;

        Assert.Equal("Rack 4 Slot 9", set.GetString(Tags.SeriesDescription));
        Assert.Equal("B-7", set.GetString(Tags.ContainerIdentifier));
    }

    private static string Unrenewed(DicomDataSet set) => string.Join('\n', set.Elements
        .Where(element => element.Vr != Vr.UI)
        .Select(element => $"{element.Tag} {set.GetString(element.Tag)}"));

    private static WsiWriterOptions Writer(DicomLayout layout) => new() { Layout = layout, Flush = false };

    private IReadOnlyList<string> Generate(SlideOptions options)
    {
        var folder = Path.Join(_folder, Guid.NewGuid().ToString("N"));
        var result = VirtualStage.Scan(ScanSource.Generated, folder, options, TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFiles(folder).Except(result.Files));
        return result.Files;
    }

    private static List<byte[]> Frames(string path) => [.. new WrittenInstance(path).Frames.Select(frame => frame.ToArray())];

    /// <summary>All tiles of a TILED_FULL level in one picture.</summary>
    private static (RgbPicture Picture, int Across) Whole(string path)
    {
        var instance = new WrittenInstance(path);
        var (width, height) = (instance.Set.GetInt32(Tags.TotalPixelMatrixColumns)!.Value, instance.Set.GetInt32(Tags.TotalPixelMatrixRows)!.Value);
        var (tileWidth, tileHeight) = (instance.Set.GetInt32(Tags.Columns)!.Value, instance.Set.GetInt32(Tags.Rows)!.Value);
        var across = (width + tileWidth - 1) / tileWidth;
        var pixels = new byte[3 * width * height];
        for (var i = 0; i < instance.Frames.Count; i++)
        {
            var tile = PixelCodec.DecodeJpeg(instance.Frames[i].Span);
            var (left, top) = (i % across * tileWidth, i / across * tileHeight);
            var columns = Math.Min(tileWidth, width - left);
            for (var row = 0; row < Math.Min(tileHeight, height - top); row++)
                tile.Pixels.AsSpan(3 * row * tileWidth, 3 * columns).CopyTo(pixels.AsSpan(3 * ((top + row) * width + left)));
        }

        return (new RgbPicture(width, height, pixels), across);
    }

    private static double Mean(RgbPicture picture, int left, int top, int side)
    {
        long sum = 0;
        for (var y = top; y < top + side; y++)
            for (var at = 3 * (y * picture.Width + left); at < 3 * (y * picture.Width + left + side); at++) sum += picture.Pixels[at];
        return sum / (3.0 * side * side);
    }

    private static double Contrast(RgbPicture picture, Func<int, bool> isChosen)
    {
        var (sum, count) = (0L, 0L);
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x + 1 < picture.Width; x++)
            {
                if (!isChosen(x)) continue;
                var at = 3 * (y * picture.Width + x);
                sum += Math.Abs(picture.Pixels[at + 1] - picture.Pixels[at + 4]);
                count++;
            }
        }

        return (double)sum / count;
    }
}
