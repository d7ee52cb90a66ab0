namespace Slideport.Slides;

/// <summary>
/// The coded tiles of one level, row by row from the top left, as the file has them. Safe for concurrent use; nothing is kept.
/// </summary>
public abstract class TileSource
{
    /// <summary>Number of tiles: tiles across times tiles down.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// The JPEG tables that all tiles share (TIFF's JPEGTables), a stream of its own; empty where each tile is complete.
    /// </summary>
    public virtual ReadOnlyMemory<byte> Tables => default;

    /// <summary>Whether the slide has the tile at row * tiles across + column; a sparse slide leaves some out.</summary>
    public abstract bool Contains(int tile);

    /// <summary>Bytes of a tile as it is stored, padding behind it included; the tile must be there.</summary>
    public abstract long Length(int tile);

    /// <summary>Reads a tile as it is stored.</summary>
    /// <param name="tile">Index; the tile must be there.</param>
    /// <param name="destination">Exactly as long as the tile.</param>
    /// <exception cref="SlideException">The file ends before the tile does.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public abstract void Read(int tile, Span<byte> destination);

    /// <summary>Reads a tile as it is stored.</summary>
    /// <param name="tile">Index; the tile must be there.</param>
    /// <param name="buffer">Where to; replaced by a longer array where needed.</param>
    /// <returns>Number of bytes.</returns>
    /// <exception cref="SlideException">The file ends before the tile does, or the tile is too long for memory.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public int Read(int tile, ref byte[] buffer)
    {
        var length = Reserve(Length(tile), ref buffer);
        Read(tile, buffer.AsSpan(0, length));
        return length;
    }

    /// <summary>Makes room for a tile; lengths come from files, so they are checked against what the file can hold first.</summary>
    internal static int Reserve(long length, ref byte[] buffer)
    {
        if (length > Array.MaxLength) throw new SlideException(FormattableString.Invariant($"A tile of {length} bytes is too long"));
        if (buffer.Length < length) buffer = new byte[length];
        return (int)length;
    }
}
