using Slideport.Dicom;

namespace Slideport.Slides.Svs;

/// <summary>Where the tiles of a level lie, row by row from the top left. 16 bytes a tile.</summary>
public sealed class SvsTiles
{
    private readonly long[] _offsets;
    private readonly long[] _byteCounts;

    internal SvsTiles(long[] offsets, long[] byteCounts)
    {
        (_offsets, _byteCounts) = (offsets, byteCounts);
        foreach (var count in byteCounts) MaxByteCount = Math.Max(MaxByteCount, count);
    }

    /// <summary>Number of tiles.</summary>
    public int Count => _offsets.Length;

    /// <summary>Bytes of the longest tile; size buffers by it (it never exceeds the file).</summary>
    public long MaxByteCount { get; }

    /// <summary>The range of the tile at row * tiles across + column; length 0 where the slide has a hole.</summary>
    public FileRange this[int tile] => new(_offsets[tile], _byteCounts[tile]);
}
