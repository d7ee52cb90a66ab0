using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>
/// A slide of tissue that never lived: haematoxylin and eosin at 0.25 µm a pixel (times the factor), from a seed. A few hundred tiles are painted and coded,
/// then laid by a map; a slide of any size costs no more.
/// </summary>
internal static class GeneratedTissue
{
    private const double PlainMicronsPerPixel = 0.25;
    private const double PlainMagnification = 40;
    private const int Kinds = 4;

    // Where one tissue goes on and on the eye finds a repeated tile at once; where two meet it does not.
    private const int PlainVariants = 8;
    private const int MixedVariants = 2;

    /// <summary>Makes a slide.</summary>
    /// <param name="options">Size, seed, quality, identity.</param>
    /// <param name="scratch">Folder for what does not fit memory.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static SlideMaterial Create(SlideOptions options, string scratch, CancellationToken cancellationToken)
    {
        var (plainWidth, plainHeight) = options.Size ?? SlideOptions.DefaultSize;
        var (width, height) = ((int)Math.Max(1, Math.Round(plainWidth * options.ScaleFactor)), (int)Math.Max(1, Math.Round(plainHeight * options.ScaleFactor)));
        var micronsPerPixel = PlainMicronsPerPixel / options.ScaleFactor;
        var tiles = Lay(options.Seed, (width + TissuePainter.Size - 1) / TissuePainter.Size, (height + TissuePainter.Size - 1) / TissuePainter.Size);
        var kinds = tiles.Distinct().Order().ToArray();
        var library = Paint(options.Seed, options.Quality, kinds, Pyramid.ShrinkFactors(width, height, options.PyramidStep));
        var across = (width + TissuePainter.Size - 1) / TissuePainter.Size;
        var mosaic = new Mosaic(library, width, height, (column, row) => Array.BinarySearch(kinds, tiles[row * across + column]));

        var owned = new List<IDisposable>();
        try
        {
            var series = options.Describe(new WsiSeriesDescription
            {
                ContainerIdentifier = "GENERATED",
                AcquisitionTime = options.TimeProvider.GetLocalNow().DateTime,
                ImagedVolumeWidth = width * micronsPerPixel / 1000,
                ImagedVolumeHeight = height * micronsPerPixel / 1000,
                ObjectiveLensPower = PlainMagnification * options.ScaleFactor,
                Manufacturer = "Slideport",
                Model = "Virtual scanner",
                SoftwareVersions = "Slideport",
            });
            var images = Pyramid.Build(mosaic, library, options.PyramidStep, micronsPerPixel, options.Quality, scratch, owned, cancellationToken);
            images.Add(SlidePictures.Label(series.ContainerIdentifier, options.Place, series.AcquisitionTime));
            images.Add(SlidePictures.Overview(mosaic, micronsPerPixel, series.ContainerIdentifier));
            return new SlideMaterial(series, images.Where(options.Includes).ToList(), owned);
        }
        catch
        {
            foreach (var thing in owned) thing.Dispose();
            throw;
        }
    }

    /// <summary>For each tile a number that says what is at its corners and which variant it is.</summary>
    private static int[] Lay(int seed, int across, int down)
    {
        var map = new TissueMap(seed, across, down);
        var corners = new int[(across + 1) * (down + 1)];
        for (var i = 0; i < corners.Length; i++) corners[i] = (int)map.At(i % (across + 1), i / (across + 1));
        var tiles = new int[across * down];
        for (var i = 0; i < tiles.Length; i++)
        {
            var (row, column) = Math.DivRem(i, across);
            var at = row * (across + 1) + column;
            var (topLeft, topRight, bottomLeft, bottomRight) = (corners[at], corners[at + 1], corners[at + across + 1], corners[at + across + 2]);
            var isPlain = topLeft == topRight && topLeft == bottomLeft && topLeft == bottomRight;
            var variants = isPlain && topLeft != (int)TissueKind.Glass ? PlainVariants : MixedVariants;
            var variant = (int)(variants * PeriodicNoise.Hash(seed + 900, column, row));
            tiles[i] = (((topLeft * Kinds + topRight) * Kinds + bottomLeft) * Kinds + bottomRight) * PlainVariants + variant;
        }

        return tiles;
    }

    /// <summary>Paints and codes the tiles the slide needs.</summary>
    private static TileLibrary Paint(int seed, int quality, int[] kinds, IReadOnlyList<int> factors)
    {
        var painter = new TissuePainter(seed, PlainVariants);
        var frames = new ReadOnlyMemory<byte>[kinds.Length];
        var pictures = new RgbPicture[kinds.Length];
        Parallel.For(0, kinds.Length, i =>
        {
            TissueKind Corner(int n) => (TissueKind)(kinds[i] / PlainVariants / n % Kinds);
            var pixels = painter.Paint(Corner(Kinds * Kinds * Kinds), Corner(Kinds * Kinds), Corner(Kinds), Corner(1), kinds[i] % PlainVariants);
            pictures[i] = new RgbPicture(TissuePainter.Size, TissuePainter.Size, pixels);
            frames[i] = PixelCodec.EncodeJpeg(pictures[i], quality);
        });
        return new TileLibrary(WsiCoding.JpegYCbCr, frames, i => pictures[i], factors);
    }
}
