using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>
/// A slide laid of a <see cref="TileLibrary"/>'s tiles. Its full resolution is those tiles as they are coded; anything smaller is rendered
/// from the same map, so that all levels show the same slide.
/// </summary>
internal sealed class Mosaic : IFrameSource
{
    private readonly TileLibrary _library;
    private readonly ushort[] _map;

    /// <summary>A slide of <paramref name="width"/> x <paramref name="height"/> pixels.</summary>
    /// <param name="library">The tiles.</param>
    /// <param name="width">Pixels across; the last tile of a row may hang over.</param>
    /// <param name="height">Pixels down.</param>
    /// <param name="tileAt">Which tile of the library lies at (column, row); asked once for each.</param>
    public Mosaic(TileLibrary library, int width, int height, Func<int, int, int> tileAt)
    {
        (_library, Width, Height) = (library, width, height);
        TilesAcross = (width + library.TileWidth - 1) / library.TileWidth;
        TilesDown = (height + library.TileHeight - 1) / library.TileHeight;
        _map = new ushort[checked(TilesAcross * TilesDown)];
        for (var i = 0; i < _map.Length; i++) _map[i] = checked((ushort)tileAt(i % TilesAcross, i / TilesAcross));
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>Tiles in a row.</summary>
    public int TilesAcross { get; }

    /// <summary>Rows of tiles.</summary>
    public int TilesDown { get; }

    /// <inheritdoc/>
    public int Count => _map.Length;

    /// <inheritdoc/>
    public int LengthOf(int tile) => _library.Frame(_map[tile]).Length;

    /// <inheritdoc/>
    public void Read(int tile, Span<byte> destination) => _library.Frame(_map[tile]).Span.CopyTo(destination);

    /// <summary>The library's tile that lies at (<paramref name="column"/>, <paramref name="row"/>).</summary>
    public int TileAt(int column, int row) => _map[row * TilesAcross + column];

    /// <summary>Renders a part of the slide on a reduced scale.</summary>
    /// <param name="left">First column, in pixels of the reduced picture.</param>
    /// <param name="top">First row, in pixels of the reduced picture.</param>
    /// <param name="width">Pixels across; white beyond the slide.</param>
    /// <param name="height">Pixels down.</param>
    /// <param name="scale">Pixels of the slide for each pixel of the picture, more than 1.</param>
    public RgbPicture Render(int left, int top, int width, int height, double scale)
    {
        var (tiles, factor) = _library.ShrunkAtMost(scale);
        // Between two factors of the pyramid each pixel is the mean of a few, evenly spread.
        var samples = Math.Max(1, (int)(scale / factor));
        var columns = Places(left, width, samples, scale, factor, Width, _library.TileWidth);
        var rows = Places(top, height, samples, scale, factor, Height, _library.TileHeight);
        var pixels = new byte[3 * width * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                int red = 0, green = 0, blue = 0;
                for (var j = y * samples; j < (y + 1) * samples; j++)
                {
                    for (var i = x * samples; i < (x + 1) * samples; i++)
                    {
                        if (columns[i].Tile < 0 || rows[j].Tile < 0)
                        {
                            (red, green, blue) = (red + 255, green + 255, blue + 255);
                            continue;
                        }

                        var tile = tiles[_map[rows[j].Tile * TilesAcross + columns[i].Tile]];
                        var at = 3 * (rows[j].Pixel * tile.Width + columns[i].Pixel);
                        red += tile.Pixels[at];
                        green += tile.Pixels[at + 1];
                        blue += tile.Pixels[at + 2];
                    }
                }

                var to = 3 * (y * width + x);
                var count = samples * samples;
                (pixels[to], pixels[to + 1], pixels[to + 2]) = ((byte)(red / count), (byte)(green / count), (byte)(blue / count));
            }
        }

        return new RgbPicture(width, height, pixels);
    }

    /// <summary>For each sample along one axis: the tile it falls in (-1 beyond the slide) and the pixel inside the shrunk tile.</summary>
    private static (int Tile, int Pixel)[] Places(int start, int length, int samples, double scale, int factor, int size, int tileSize)
    {
        var places = new (int, int)[length * samples];
        for (var i = 0; i < places.Length; i++)
        {
            var place = (long)((start + (i + 0.5) / samples) * scale);
            places[i] = place >= size ? (-1, 0) : ((int)(place / tileSize), (int)(place % tileSize) / factor);
        }

        return places;
    }
}
