using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tests.Jpeg;
using Slideport.Slides.Tiff;
using Slideport.Slides.Viewing;

namespace Slideport.Slides.Tests.Viewing;

/// <summary>Tiles as browsers get them: decoded by the markers alone, as browsers do, they show what OpenSlide and pydicom show.</summary>
public sealed class LevelViewTests(WrittenSlides slides) : IDisposable
{
    // Pillow trusts markers as browsers do, and decodes with the libjpeg that OpenSlide uses: no pixel may differ.
    private const string AgainstOpenSlide = """
        import io, os, sys, numpy, openslide
        from PIL import Image
        slide, folder, worst = openslide.OpenSlide(sys.argv[1]), sys.argv[2], 0
        for name in os.listdir(folder):
            level, x, y, width, height = map(int, name.split('.')[0].split('-'))
            ours = numpy.asarray(Image.open(os.path.join(folder, name)).convert('RGB'), dtype=int)
            size = slide.level_dimensions[level]
            width, height = min(width, size[0] - x), min(height, size[1] - y)
            scale = [a / b for a, b in zip(slide.dimensions, size)]
            theirs = numpy.asarray(slide.read_region((round(x * scale[0]), round(y * scale[1])), level, (width, height)).convert('RGB'), dtype=int)
            worst = max(worst, abs(ours[:height, :width] - theirs).max())
        print(worst)
        """;

    private const string AgainstPydicom = """
        import io, os, sys, numpy, pydicom
        from pydicom.encaps import generate_pixel_data_frame
        from PIL import Image
        set, folder, worst = pydicom.dcmread(sys.argv[1]), sys.argv[2], 0
        frames = list(generate_pixel_data_frame(set.PixelData, int(set.NumberOfFrames)))
        across = -(-set.TotalPixelMatrixColumns // set.Columns)
        for name in os.listdir(folder):
            _, x, y, width, height = map(int, name.split('.')[0].split('-'))
            ours = numpy.asarray(Image.open(os.path.join(folder, name)), dtype=int)
            theirs = numpy.asarray(Image.open(io.BytesIO(frames[y // height * across + x // width])), dtype=int)
            worst = max(worst, abs(ours - theirs).max())
        print(worst, len(os.listdir(folder)) == len(frames))
        """;

    private readonly TestFolder _folder = new();

    /// <summary>Slides whose tiles a browser decodes itself.</summary>
    public static TheoryData<string> Jpegs =>
        [.. SvsFixture.All.Where(f => f.Compression == TiffCompression.Jpeg && f.Color != ColorSpace.Gray && !f.Repeated).Select(f => f.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Jpegs))]
    public async Task Tiles_of_a_written_slide_show_what_OpenSlide_shows(string name)
    {
        var (path, _) = slides.Get(SvsFixture.Find(name));

        Assert.Equal("0", (await CompareAsync(path, AgainstOpenSlide, "openslide")).Trim());
    }

    [Fact]
    public async Task Tiles_of_a_real_Aperio_slide_with_shared_tables_and_RGB_show_what_OpenSlide_shows() =>
        Assert.Equal("0", (await CompareAsync(RealSlides.Path("CMU-1-Small-Region.svs"), AgainstOpenSlide, "openslide")).Trim());

    [Fact]
    public async Task Tiles_of_a_real_DICOM_level_show_what_pydicom_shows() =>
        Assert.Equal("0 True", (await CompareAsync(RealSlides.Path("camelyon16-level.dcm"), AgainstPydicom, "pydicom")).Trim());

    [Fact]
    public void A_slide_read_from_elsewhere_has_the_tiles_of_the_file()
    {
        var path = RealSlides.Path("CMU-1-Small-Region.svs");
        using var local = SlideSource.Open(path);
        using var elsewhere = SlideSource.Open("a.svs", [("a.svs", ByteSource.Of(File.ReadAllBytes(path)))]);
        var (one, other) = (new SlideView(local.Single()).Levels[0], new SlideView(elsewhere.Single()).Levels[0]);

        for (var row = 0; row < one.Level.TilesDown; row++)
        {
            using var tile = one.Read(row % one.Level.TilesAcross, row);
            using var same = other.Read(row % one.Level.TilesAcross, row);
            Assert.True(tile.Bytes.Span.SequenceEqual(same.Bytes.Span));
        }
    }

    [Fact]
    public void DICOM_files_read_from_elsewhere_are_one_slide()
    {
        var levels = new TestInstance[] { new(64, 48), new(32, 24) };
        using var source = SlideSource.Open(
            "slide",
            [.. levels.Select(l => ($"{l.Uid}.dcm", ByteSource.Of(File.ReadAllBytes(l.Write(_folder[l.Uid]))))), ("notes.txt", ByteSource.Of("none of it"u8.ToArray()))]);

        var view = new SlideView(source.Single());

        Assert.Equal([1, 2], view.Levels.Select(l => l.Downsample));
        using var tile = view.Levels[1].Read(1, 1);
        Assert.True(tile.IsJpeg);
        Assert.Equal(levels[1].Frames[3], tile.Bytes.ToArray());
    }

    [Fact]
    public void A_tile_of_a_sparse_slide_that_is_left_out_is_of_the_absent_colour()
    {
        var level = new TestInstance(64, 32).Sparse(0, 5);
        using var source = SlideSource.Open(level.Write(_folder["level.dcm"]));
        var view = new SlideView(source.Single()).Levels[0];

        using var tile = view.Read(3, 0);

        var shown = PixelCodec.DecodeJpeg(tile.Bytes.Span);
        Assert.Equal((16, 16), (shown.Width, shown.Height));
        Assert.All(shown.Pixels, sample => Assert.Equal(255, sample));
    }

    [Fact]
    public void A_tile_whose_markers_lie_is_patched()
    {
        var level = new TestInstance(16, 16) { Frames = [new BaselineJpeg { Adobe = 2 }.Encode(TestInstance.Picture(16, 16, 40))] };
        using var source = SlideSource.Open(level.Write(_folder["level.dcm"]));

        using var tile = new SlideView(source.Single()).Levels[0].Read(0, 0);

        Assert.Equal((byte)1, JpegHeader.Parse(tile.Bytes.Span)!.Value.AdobeTransform);
    }

    [Fact]
    public void A_tile_without_its_end_gets_one_and_one_with_padding_loses_it()
    {
        var whole = TestInstance.Frame(16, 16, 90);
        var level = new TestInstance(32, 16) { Frames = [whole[..^2], [.. whole, 0, 0, 0, 0]] };
        using var source = SlideSource.Open(level.Write(_folder["level.dcm"]));
        var view = new SlideView(source.Single()).Levels[0];

        foreach (var column in (int[])[0, 1])
        {
            using var tile = view.Read(column, 0);
            Assert.True(tile.Bytes.Span.StartsWith(whole.AsSpan()[..^2]) && tile.Bytes.Span.EndsWith<byte>([0xFF, 0xD9]));
            Assert.InRange(tile.Bytes.Length, whole.Length, whole.Length + 1); // DICOM writes even lengths
        }
    }

    [Theory]
    [InlineData(15, 16)]
    [InlineData(16, 17)]
    public void A_tile_of_another_size_than_its_level_says_is_damaged(int width, int height)
    {
        var level = new TestInstance(16, 16) { Frames = [TestInstance.Frame(width, height, 90)] };
        using var source = SlideSource.Open(level.Write(_folder["level.dcm"]));
        var view = new SlideView(source.Single()).Levels[0];

        Assert.Contains("no sound JPEG of its size", Assert.Throws<PixelException>(() => view.Read(0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tile_cut_anywhere_in_its_header_is_damaged()
    {
        var whole = TestInstance.Frame(16, 16, 90);
        var end = JpegHeader.Parse(whole)!.Value.EndOfHeader;
        for (var length = 2; length < end - 1; length += 2) // DICOM writes even lengths
        {
            var level = new TestInstance(16, 16) { Frames = [whole[..length]] };
            using var source = SlideSource.Open(level.Write(_folder["level.dcm"]));
            var view = new SlideView(source.Single()).Levels[0];
            Assert.Throws<PixelException>(() => view.Read(0, 0));
        }
    }

    [Fact]
    public void Tiles_are_read_without_allocating()
    {
        using var svs = SlideSource.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        using var dicom = SlideSource.Open(RealSlides.Path("camelyon16-level.dcm"));
        foreach (var view in (LevelView[])[new SlideView(svs.Single()).Levels[0], new SlideView(dicom.Single()).Levels[0]])
        {
            ReadAll(view); // rents the buffers, and finds the tiles
            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadAll(view);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512);
        }
    }

    private static void ReadAll(LevelView view)
    {
        for (var row = 0; row < view.Level.TilesDown; row++)
        {
            for (var column = 0; column < view.Level.TilesAcross; column++)
            {
                using var tile = view.Read(column, row);
            }
        }
    }

    private async Task<string> CompareAsync(string path, string script, string module)
    {
        using var source = SlideSource.Open(path);
        Directory.CreateDirectory(_folder["tiles"]);
        foreach (var view in new SlideView(source.Single()).Levels)
        {
            var level = view.Level;
            for (var row = 0; row < level.TilesDown; row++)
            {
                for (var column = 0; column < level.TilesAcross; column++)
                {
                    using var tile = view.Read(column, row);
                    Assert.True(tile.IsJpeg);
                    var name = FormattableString.Invariant($"tiles/{view.Index}-{column * level.TileWidth}-{row * level.TileHeight}-{level.TileWidth}-{level.TileHeight}.jpg");
                    await File.WriteAllBytesAsync(_folder[name], tile.Bytes.ToArray(), TestContext.Current.CancellationToken);
                }
            }
        }

        return await Tools.PythonAsync(module, script, path, _folder["tiles"]);
    }
}
