using Microsoft.Win32.SafeHandles;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>
/// A lower level of a <see cref="Mosaic"/>, rendered and coded tile by tile into a file that vanishes with this object: their lengths must be
/// known before the first can be sent, and a level may be larger than memory.
/// </summary>
internal sealed class SpooledFrames : IFrameSource, IDisposable
{
    private const int BatchTiles = 64;

    private readonly SafeFileHandle _file;
    private readonly long[] _offsets;
    private readonly int[] _lengths;
    private readonly Dictionary<int, int> _uniform = [];
    private long _end;

    private SpooledFrames(string path, int count)
    {
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        (_offsets, _lengths) = (new long[count], new int[count]);
    }

    /// <inheritdoc/>
    public int Count => _lengths.Length;

    /// <summary>Renders a level.</summary>
    /// <param name="path">A file that does not exist; gone when this object is disposed.</param>
    /// <param name="mosaic">The slide.</param>
    /// <param name="factor">Pixels of the slide for each pixel of the level.</param>
    /// <param name="tileSize">Pixels a side of a tile.</param>
    /// <param name="quality">JPEG quality.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static SpooledFrames Render(string path, Mosaic mosaic, int factor, (int Width, int Height) tileSize, int quality, CancellationToken cancellationToken)
    {
        var across = (mosaic.Width / factor + tileSize.Width - 1) / tileSize.Width;
        var down = (mosaic.Height / factor + tileSize.Height - 1) / tileSize.Height;
        var level = new SpooledFrames(path, across * down);
        var batch = new byte[BatchTiles][];
        for (var first = 0; first < level.Count; first += BatchTiles)
        {
            var start = first;
            Parallel.For(0, Math.Min(BatchTiles, level.Count - first), new ParallelOptions { CancellationToken = cancellationToken }, i =>
            {
                var (row, column) = Math.DivRem(start + i, across);
                batch[i] = level.IsKnown(mosaic, factor, tileSize, column, row) ? [] : PixelCodec.EncodeJpeg(
                    mosaic.Render(column * tileSize.Width, row * tileSize.Height, tileSize.Width, tileSize.Height, factor), quality);
            });
            for (var i = 0; i < Math.Min(BatchTiles, level.Count - first); i++)
            {
                var (row, column) = Math.DivRem(first + i, across);
                level.Add(first + i, batch[i], UniformTile(mosaic, factor, tileSize, column, row));
            }
        }

        return level;
    }

    /// <inheritdoc/>
    public int LengthOf(int tile) => _lengths[tile];

    /// <inheritdoc/>
    public void Read(int tile, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var read = RandomAccess.Read(_file, destination[done..], _offsets[tile] + done);
            if (read == 0) throw new EndOfStreamException("The file of rendered tiles has become shorter.");
            done += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool IsKnown(Mosaic mosaic, int factor, (int Width, int Height) tileSize, int column, int row) =>
        UniformTile(mosaic, factor, tileSize, column, row) is { } uniform && _uniform.ContainsKey(uniform);

    private void Add(int tile, byte[] coded, int? uniform)
    {
        if (coded.Length == 0)
        {
            var same = _uniform[uniform!.Value];
            (_offsets[tile], _lengths[tile]) = (_offsets[same], _lengths[same]);
            return;
        }

        (_offsets[tile], _lengths[tile]) = (_end, coded.Length);
        RandomAccess.Write(_file, coded, _end);
        _end += coded.Length;
        if (uniform is { } index) _uniform.TryAdd(index, tile);
    }

    /// <summary>The library's tile where a tile of this level shows nothing else, as on bare glass; such tiles are all alike.</summary>
    private static int? UniformTile(Mosaic mosaic, int factor, (int Width, int Height) tileSize, int column, int row)
    {
        if (tileSize.Width % factor != 0 || tileSize.Height % factor != 0) return null;
        if ((column + 1) * factor > mosaic.TilesAcross || (row + 1) * factor > mosaic.TilesDown) return null;
        if ((long)(column + 1) * factor * tileSize.Width > mosaic.Width || (long)(row + 1) * factor * tileSize.Height > mosaic.Height) return null;
        var first = mosaic.TileAt(column * factor, row * factor);
        for (var y = row * factor; y < (row + 1) * factor; y++)
        {
            for (var x = column * factor; x < (column + 1) * factor; x++)
                if (mosaic.TileAt(x, y) != first) return null;
        }

        return first;
    }
}
