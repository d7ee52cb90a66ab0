using System.Globalization;

namespace Slideport.Bench;

/// <summary>OpenSlide's own tile server in its fastest form: DeepZoomGenerator and a JPEG of each tile, a process for each core, no network at all.</summary>
internal static class OpenSlidePeer
{
    // The distribution's, for which the package is; another one may be first on the PATH.
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import io, multiprocessing, random, sys, time
        import openslide
        from openslide.deepzoom import DeepZoomGenerator

        path, side, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])

        def work(seed):
            zoom = DeepZoomGenerator(openslide.OpenSlide(path), tile_size=side, overlap=0)
            level = zoom.level_count - 1
            across, down = zoom.level_tiles[level]
            chosen, count, end = random.Random(seed), 0, time.monotonic() + seconds
            while time.monotonic() < end:
                tile = zoom.get_tile(level, (chosen.randrange(across), chosen.randrange(down)))
                tile.save(io.BytesIO(), "JPEG")
                count += 1
            return count

        cores = multiprocessing.cpu_count()
        with multiprocessing.Pool(cores) as pool:
            print(sum(pool.map(work, range(cores))) / seconds)
        """;

    /// <summary>Tiles a second, chosen at random from the largest level; null: it is not installed here.</summary>
    internal static async Task<double?> RateAsync(string slide, int side, int seconds, CancellationToken cancellationToken)
    {
        try
        {
            await ChildProcess.RunAsync(Python, ["-c", "import openslide.deepzoom"], cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }

        var output = await ChildProcess.OutputAsync(
            Python, ["-c", Script, slide, side.ToString(CultureInfo.InvariantCulture), seconds.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        return double.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }
}
