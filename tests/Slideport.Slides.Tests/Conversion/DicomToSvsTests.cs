using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>Real DICOM slides become SVS files that the readers labs use open, every tile the frame it was.</summary>
public sealed class DicomToSvsTests : IDisposable
{
    /// <summary>
    /// Compares every pixel of every level, as OpenSlide and tifffile show it, with the source's frames as Pillow decodes them.
    /// Arguments: the SVS, then the instances of its levels from the largest. libtiff's warning about tiles of 500 is expected and
    /// swallowed.
    /// </summary>
    private const string ComparePixels = """
        import sys, os, io, traceback, numpy, openslide, tifffile, pydicom
        from PIL import Image
        sys.excepthook = lambda *e: traceback.print_exception(*e, file=sys.stdout)
        os.dup2(os.open('/dev/null', os.O_WRONLY), 2)
        slide = openslide.OpenSlide(sys.argv[1]); tiff = tifffile.TiffFile(sys.argv[1])
        assert tiff.is_svs and len(tiff.series[0].levels) == len(sys.argv) - 2, tiff.series
        for level, path in enumerate(sys.argv[2:]):
            d = pydicom.dcmread(path)
            w, h, tw, th = d.TotalPixelMatrixColumns, d.TotalPixelMatrixRows, d.Columns, d.Rows
            across, down = -(-w // tw), -(-h // th)
            want = numpy.zeros((down * th, across * tw, 3), numpy.uint8)
            for i, frame in enumerate(pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames)):
                y, x = i // across * th, i % across * tw
                want[y:y + th, x:x + tw] = numpy.asarray(Image.open(io.BytesIO(frame)).convert('RGB'))
            want = want[:h, :w]
            assert slide.level_dimensions[level] == (w, h)
            got = numpy.asarray(slide.read_region((0, 0), level, (w, h)))
            assert (got[..., 3] == 255).all()
            assert abs(got[..., :3].astype(int) - want).max() <= 2, (level, 'openslide')
            page = tiff.series[0].levels[level].pages[0]
            assert (page.imagewidth, page.imagelength) == (w, h)
            frames = pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames)
            for at, count, frame in zip(page.dataoffsets, page.databytecounts, frames):
                tiff.filehandle.seek(at)
                tile = tiff.filehandle.read(count)
                assert frame.startswith(tile) and tile.endswith(bytes([255, 217])), (level, 'tifffile')
        print('same', slide.properties.get('openslide.mpp-x'), sorted(slide.associated_images))
        """;

    private static readonly string[] Wsi2Dcm =
    [
        "dicom-wsi2dcm/level-0-frames-0-30.dcm",
        "dicom-wsi2dcm/level-1-frames-0-9.dcm",
        "dicom-wsi2dcm/level-2-frames-0-4.dcm",
        "dicom-wsi2dcm/level-3-frames-0-1.dcm",
    ];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Slide_whose_header_lies_about_its_colours_shows_the_right_ones()
    {
        var files = Wsi2Dcm.Select(RealSlides.Path).ToArray();

        var result = Convert(files, "a.svs");

        Assert.True(result.IsConverted, result.Refusal?.Reason);
        Assert.Equal(
            (3, 43, 0, 0),
            (result.Report.Levels, (int)result.Report.Tiles, (int)result.Report.RewrittenTiles, (int)result.Report.WhiteTiles));
        Assert.Contains(result.Report.Warnings, w => w.Contains("says RGB", StringComparison.Ordinal));
        Assert.Equal(
            "same 0.499 ['thumbnail']", (await Tools.PythonAsync("openslide", ComparePixels, [_folder["a.svs"], .. files[..3]])).Trim());
    }

    [Fact]
    public async Task Single_level_gets_a_thumbnail()
    {
        Tools.RequireVips();
        var file = RealSlides.Path("camelyon16-level.dcm");

        var result = Convert([file], "b.svs");

        Assert.True(result.IsConverted, result.Refusal?.Reason);
        Assert.StartsWith(
            "same 28.968", await Tools.PythonAsync("openslide", ComparePixels, _folder["b.svs"], file), StringComparison.Ordinal);
        using var svs = SvsFile.Open(_folder["b.svs"]);
        Assert.Equal((1024, 622), (svs.Thumbnail!.Width, svs.Thumbnail.Height));
    }

    private ConversionResult Convert(string[] files, string name)
    {
        var instances = files.Select(WsiInstance.Open).ToList();
        try
        {
            return DicomToSvs.Convert(
                Assert.Single(WsiSlide.Group(instances)), _folder[name], cancellationToken: TestContext.Current.CancellationToken);
        }
        finally
        {
            instances.ForEach(i => i.Dispose());
        }
    }
}
