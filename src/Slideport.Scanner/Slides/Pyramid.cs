using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>The levels of a mosaic and its thumbnail, as pictures a writer can take.</summary>
internal static class Pyramid
{
    // A GT 450 stops here: 62094 -> 15523 -> 3880.
    private const int SmallestLevel = 4096;
    private const int ThumbnailSide = 1024;
    private const int ThumbnailQuality = 95;

    /// <summary>Factors of the lower levels: powers of <paramref name="step"/>.</summary>
    public static IReadOnlyList<int> Factors(int width, int height, int step)
    {
        var factors = new List<int>();
        for (var factor = step; Math.Max(width, height) / (factor / step) > SmallestLevel && Math.Min(width, height) / factor > 0; factor *= step)
            factors.Add(factor);
        return factors;
    }

    /// <summary>What tiles must be shrunk by for these levels and a thumbnail.</summary>
    public static IReadOnlyList<int> ShrinkFactors(int width, int height, int step) => Factors(width, height, step) is { Count: > 0 } factors ? factors : [step];

    /// <summary>
    /// The pictures, from the full resolution down to the thumbnail. Rendered levels live in files of <paramref name="scratch"/> until
    /// <paramref name="owned"/> is disposed.
    /// </summary>
    public static List<WsiImageDescription> Build(
        Mosaic mosaic, TileLibrary library, int step, double micronsPerPixel, int quality, string scratch, List<IDisposable> owned,
        CancellationToken cancellationToken)
    {
        var spacing = micronsPerPixel / 1000;
        var tileSize = (Width: library.TileWidth, Height: library.TileHeight);
        var images = new List<WsiImageDescription>
        {
            new(WsiImageFlavor.Volume, mosaic.Width, mosaic.Height, tileSize.Width, tileSize.Height, library.Coding, mosaic)
            {
                ColumnSpacing = spacing,
                RowSpacing = spacing,
            },
        };
        foreach (var factor in Factors(mosaic.Width, mosaic.Height, step))
        {
            var frames = SpooledFrames.Render(
                Path.Join(scratch, FormattableString.Invariant($".level-{factor}.tiles")), mosaic, factor, tileSize, quality, cancellationToken);
            owned.Add(frames);
            images.Add(Derived(WsiImageFlavor.Volume, mosaic, mosaic.Width / factor, mosaic.Height / factor, tileSize, spacing, frames));
        }

        var scale = Math.Max(1.0, (double)Math.Max(mosaic.Width, mosaic.Height) / ThumbnailSide);
        var size = (Width: Math.Max(1, (int)(mosaic.Width / scale)), Height: Math.Max(1, (int)(mosaic.Height / scale)));
        var thumbnail = PixelCodec.EncodeJpeg(mosaic.Render(0, 0, size.Width, size.Height, scale), ThumbnailQuality);
        images.Add(Derived(WsiImageFlavor.Thumbnail, mosaic, size.Width, size.Height, size, spacing, new MemoryFrame(thumbnail)));
        return images;
    }

    private static WsiImageDescription Derived(
        WsiImageFlavor flavor, Mosaic mosaic, int width, int height, (int Width, int Height) tile, double spacing, IFrameSource frames) =>
        new(flavor, width, height, tile.Width, tile.Height, WsiCoding.JpegYCbCr, frames)
        {
            IsOriginal = false,
            ColumnSpacing = spacing * mosaic.Width / width,
            RowSpacing = spacing * mosaic.Height / height,
        };
}
