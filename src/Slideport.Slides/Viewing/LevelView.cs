using System.Buffers;
using Slideport.Slides.Conversion;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Viewing;

/// <summary>
/// One level's tiles as a browser takes them. A JPEG is never decoded: shared tables are put in front of it and its markers made to say its
/// colours, all in one rented buffer. Safe for concurrent use.
/// </summary>
public sealed class LevelView
{
    /// <summary>
    /// Longest coded tile that is read: uncompressed tiles of 4096 pixels a side have 48 MB, coded ones of scanners below one.
    /// </summary>
    public const int MaxTileBytes = 64 << 20;

    private readonly Lazy<byte[]> _absent;
    private readonly byte[] _tables;

    internal LevelView(Level level, int index, double downsample)
    {
        (Level, Index, Downsample) = (level, index, downsample);
        _tables = Tables(level.Tiles.Tables.Span);
        _absent = new Lazy<byte[]>(CreateAbsent);
    }

    /// <summary>Sizes, and how tiles are coded.</summary>
    public Level Level { get; }

    /// <summary>Index in the pyramid, 0 for the largest.</summary>
    public int Index { get; }

    /// <summary>How many pixels of the largest level a pixel of this one stands for: the mean of both directions, as OpenSlide has it.</summary>
    public double Downsample { get; }

    /// <summary>A picture beside the pyramid, as if it were a slide's only level.</summary>
    /// <exception cref="SlideException">The tables its parts share are damaged.</exception>
    public static LevelView Of(AssociatedImage picture) => new(picture.Parts, 0, 1);

    /// <summary>Reads a tile.</summary>
    /// <param name="column">From 0 at the left; inside the level.</param>
    /// <param name="row">From 0 at the top; inside the level.</param>
    /// <exception cref="SlideException">The tile is damaged, too long, or coded in a way nobody here decodes.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public ViewTile Read(int column, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Level.TilesAcross);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Level.TilesDown);
        var tile = row * Level.TilesAcross + column;
        if (!Level.Tiles.Contains(tile)) return new ViewTile(_absent.Value, 0, _absent.Value.Length, isJpeg: true, isRented: false);
        if (Level.Coding == TileCoding.Other)
            throw new PixelException($"The tiles of level {Index} are coded as {Level.CodingName}, which cannot be shown here.");
        var length = Level.Tiles.Length(tile);
        if (length > MaxTileBytes) throw new PixelException($"Tile {column}, {row} of level {Index} has {length} bytes, which are too many.");

        // Room in front for what goes there, and behind for an end that is missing.
        var start = Level.Coding == TileCoding.Jpeg ? _tables.Length + JpegPatch.MaxGrowth : 0;
        var buffer = ArrayPool<byte>.Shared.Rent(start + (int)length + JpegPatch.MaxGrowth);
        try
        {
            Level.Tiles.Read(tile, buffer.AsSpan(start, (int)length));
            return Level.Coding == TileCoding.Jpeg
                ? Complete(buffer, start, (int)length) ?? throw new PixelException($"Tile {column}, {row} of level {Index} is no sound JPEG of its size.")
                : new ViewTile(buffer, start, (int)length, isJpeg: false, isRented: true);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>Makes a JPEG of what lies in the buffer; null if it is none that a browser could show.</summary>
    private ViewTile? Complete(byte[] buffer, int start, int length)
    {
        var tile = buffer.AsSpan(start, length);
        if (JpegHeader.Parse(tile) is not { Precision: 8, Process: JpegProcess.Baseline or JpegProcess.ExtendedSequential or JpegProcess.Progressive } header
            || (header.Width, header.Height) != (Level.TileWidth, Level.TileHeight)
            || (_tables.Length == 0 && header is not { HasQuantizationTables: true, HasHuffmanTables: true })
            || JpegColor.Resolve(header, Level.DeclaredColor) is not { } color)
            return null;
        var end = JpegEnd.TrimmedLength(tile, header.EndOfHeader);
        if (end >= 0) length = end;
        var patch = JpegPatch.For(header, color, endsWithEndOfImage: end >= 0);
        if ((patch.Kinds & (JpegPatchKinds.RemoveJfif | JpegPatchKinds.SetAdobeTransform)) != 0) return Rewrite(buffer, start, length, patch);

        if (patch.Kinds.HasFlag(JpegPatchKinds.AppendEndOfImage))
        {
            (buffer[start + length], buffer[start + length + 1]) = (JpegMarker.Prefix, JpegMarker.EndOfImage);
            length += 2;
        }

        // The tile's SOI moves to the front of what is put before it.
        var before = patch.Insertion.Length + _tables.Length;
        if (before == 0) return new ViewTile(buffer, start, length, isJpeg: true, isRented: true);
        start -= before;
        (buffer[start], buffer[start + 1]) = (JpegMarker.Prefix, JpegMarker.StartOfImage);
        patch.Insertion.CopyTo(buffer.AsSpan(start + 2));
        _tables.CopyTo(buffer.AsSpan(start + 2 + patch.Insertion.Length));
        return new ViewTile(buffer, start, length + before, isJpeg: true, isRented: true);
    }

    /// <summary>Changes of segments inside the header: written anew into a second buffer. Few scanners need it.</summary>
    private ViewTile? Rewrite(byte[] buffer, int start, int length, in JpegPatch patch)
    {
        start -= _tables.Length;
        (buffer[start], buffer[start + 1]) = (JpegMarker.Prefix, JpegMarker.StartOfImage);
        _tables.CopyTo(buffer.AsSpan(start + 2));
        var whole = buffer.AsSpan(start, length + _tables.Length);
        var patched = ArrayPool<byte>.Shared.Rent(whole.Length + JpegPatch.MaxGrowth);
        if (patch.Apply(whole, patched, out var written) != OperationStatus.Done)
        {
            ArrayPool<byte>.Shared.Return(patched);
            return null;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return new ViewTile(patched, 0, written, isJpeg: true, isRented: true);
    }

    /// <summary>The segments of a tables-only stream, without its SOI; empty where tiles are complete by themselves.</summary>
    private static byte[] Tables(ReadOnlySpan<byte> stream)
    {
        if (stream.IsEmpty) return [];
        return JpegTables.TryCreate(stream, [], out var tables) == OperationStatus.Done
            ? tables!.Prefix[2..].ToArray()
            : throw new SlideException("The JPEG tables that the tiles share are damaged.");
    }

    private byte[] CreateAbsent() => Level is { TileWidth: <= WhiteJpeg.MaxSide, TileHeight: <= WhiteJpeg.MaxSide }
        ? AbsentTile.Jpeg(Level.TileWidth, Level.TileHeight, (2, 2), ColorSpace.YCbCr, Level.AbsentPixel)
        : throw new PixelException($"A tile of {Level.TileWidth}x{Level.TileHeight} pixels is left out, which is too large to be made up.");
}
