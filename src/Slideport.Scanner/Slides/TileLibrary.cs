using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>
/// A few hundred coded tiles of which a slide of any size is laid like a mosaic, and each tile's pixels shrunk by the factors of the
/// pyramid, from which the lower levels are rendered.
/// </summary>
internal sealed class TileLibrary
{
    private readonly ReadOnlyMemory<byte>[] _frames;
    private readonly Dictionary<int, RgbPicture[]> _shrunk;

    /// <summary>Takes coded tiles and what they decode to.</summary>
    /// <param name="coding">How the tiles are coded.</param>
    /// <param name="frames">The coded tiles.</param>
    /// <param name="decode">Pixels of a tile; called once for each, in parallel; all of one size.</param>
    /// <param name="factors">By what the pixels are to be shrunk, ascending.</param>
    public TileLibrary(WsiCoding coding, ReadOnlyMemory<byte>[] frames, Func<int, RgbPicture> decode, IReadOnlyList<int> factors)
    {
        (Coding, _frames) = (coding, frames);
        _shrunk = factors.ToDictionary(factor => factor, _ => new RgbPicture[frames.Length]);
        Parallel.For(0, frames.Length, i =>
        {
            var pixels = decode(i);
            if (i == 0) (TileWidth, TileHeight) = (pixels.Width, pixels.Height);
            var (from, by) = (pixels, 1);
            foreach (var factor in factors)
            {
                from = Shrink(from, factor / by);
                by = factor;
                _shrunk[factor][i] = from;
            }
        });
    }

    /// <summary>How the tiles are coded.</summary>
    public WsiCoding Coding { get; }

    /// <summary>Number of tiles.</summary>
    public int Count => _frames.Length;

    /// <summary>Pixels across each tile.</summary>
    public int TileWidth { get; private set; }

    /// <summary>Pixels down each tile.</summary>
    public int TileHeight { get; private set; }

    /// <summary>A coded tile.</summary>
    public ReadOnlyMemory<byte> Frame(int index) => _frames[index];

    /// <summary>The tiles shrunk by the greatest factor that is at most <paramref name="scale"/>, and that factor.</summary>
    public (RgbPicture[] Tiles, int Factor) ShrunkAtMost(double scale)
    {
        var factor = _shrunk.Keys.Where(key => key <= scale).DefaultIfEmpty(_shrunk.Keys.Min()).Max();
        return (_shrunk[factor], factor);
    }

    /// <summary>Averages squares of pixels; what is over at the right and lower edge is averaged over what there is.</summary>
    private static RgbPicture Shrink(RgbPicture picture, int by)
    {
        if (by == 1) return picture;
        var (width, height) = ((picture.Width + by - 1) / by, (picture.Height + by - 1) / by);
        var pixels = new byte[3 * width * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (right, bottom) = (Math.Min(picture.Width, (x + 1) * by), Math.Min(picture.Height, (y + 1) * by));
                int red = 0, green = 0, blue = 0, count = (right - x * by) * (bottom - y * by);
                for (var row = y * by; row < bottom; row++)
                {
                    for (var at = 3 * (row * picture.Width + x * by); at < 3 * (row * picture.Width + right); at += 3)
                    {
                        red += picture.Pixels[at];
                        green += picture.Pixels[at + 1];
                        blue += picture.Pixels[at + 2];
                    }
                }

                var to = 3 * (y * width + x);
                (pixels[to], pixels[to + 1], pixels[to + 2]) = ((byte)(red / count), (byte)(green / count), (byte)(blue / count));
            }
        }

        return new RgbPicture(width, height, pixels);
    }
}
