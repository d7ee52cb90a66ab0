using System.Globalization;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Tests.DeepZoom;

public sealed class DeepZoomTests : IAsyncLifetime
{
    // Every tile of every level against python3-openslide's generator: sizes exactly, pixels on the mean.
    private const string Script = """
        import io, sys, urllib.request, numpy, openslide, xml.etree.ElementTree
        from openslide.deepzoom import DeepZoomGenerator
        from PIL import Image
        path, url = sys.argv[1:]
        dzi = xml.etree.ElementTree.fromstring(urllib.request.urlopen(url + '/deepzoom.dzi').read())
        tile, size = int(dzi.get('TileSize')), dzi[0]
        theirs = DeepZoomGenerator(openslide.OpenSlide(path), tile_size=tile, overlap=0, limit_bounds=False)
        assert (int(size.get('Width')), int(size.get('Height'))) == theirs.level_dimensions[-1]
        same, worst, count = 0, (0,), 0
        for level, (across, down) in enumerate(theirs.level_tiles):
            for column in range(across):
                for row in range(down):
                    ours = Image.open(io.BytesIO(urllib.request.urlopen('%s/deepzoom_files/%d/%d_%d.jpg' % (url, level, column, row)).read())).convert('RGB')
                    other = theirs.get_tile(level, (column, row)).convert('RGB')
                    assert ours.size == theirs.get_tile_dimensions(level, (column, row)), (level, column, row, ours.size)
                    if ours.size != other.size or min(ours.size) < 16: continue  # Pillow's thumbnail() keeps the ratio rather than the size
                    difference = numpy.abs(numpy.asarray(ours, dtype=int) - numpy.asarray(other, dtype=int))
                    same += difference.max() == 0
                    worst = max(worst, (difference.mean(), level, column, row))
                    count += 1
        print(count, same, *worst)
        """;

    private ViewerHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ViewerHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_real_slide_is_what_the_generator_of_OpenSlide_makes_of_it()
    {
        var path = RealSlides.Path("CMU-1-Small-Region.svs");
        var id = _host.Add("a.svs", to => File.Copy(path, to));

        var answer = (await Python.RunAsync("openslide, numpy, PIL", Script, path, $"{_host.Client.BaseAddress}slides/{id}")).Split(' ');

        Assert.Equal(9 * 12, int.Parse(answer[1], CultureInfo.InvariantCulture)); // those of full resolution that are stored as they are
        // Others are coded once more, and resampled by another program: of a tissue full of grain the worst tile is 5.3 off.
        Assert.InRange(double.Parse(answer[2], CultureInfo.InvariantCulture), 0, 6);
    }

    [Fact]
    public async Task A_pyramid_hands_its_own_tiles_on()
    {
        string path = "";
        var id = _host.Add("a.svs", to => WrittenSvs.Write(path = to, TiffCompression.Jpeg, (1000, 700), (250, 175)));

        var answer = (await Python.RunAsync("openslide, numpy, PIL", Script, path, $"{_host.Client.BaseAddress}slides/{id}")).Split(' ');

        Assert.InRange(int.Parse(answer[1], CultureInfo.InvariantCulture), 7 * 5 + 1, int.MaxValue);
        Assert.InRange(double.Parse(answer[2], CultureInfo.InvariantCulture), 0, 1.2);
    }

    [Fact]
    public async Task Tiles_outside_are_told_in_a_sentence()
    {
        var id = _host.Add("a.svs", to => WrittenSvs.Write(to, TiffCompression.Jpeg, (300, 200)));

        Assert.Equal((404, "DeepZoom level 9 of the slide has no tile in column 3, row 0."), await _host.ProblemAsync($"/slides/{id}/deepzoom_files/9/3_0.jpg"));
        Assert.Equal((404, "DeepZoom level 10 of the slide has no tile in column 0, row 0."), await _host.ProblemAsync($"/slides/{id}/deepzoom_files/10/0_0.jpg"));
    }
}
