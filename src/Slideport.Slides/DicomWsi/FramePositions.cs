namespace Slideport.Slides.DicomWsi;

/// <summary>
/// What Per-Frame Functional Groups (5200,9230) say of each frame: 8 bytes a frame, however many hundred bytes of items they were.
/// Positions count pixels from 1; 0 where a frame has none.
/// </summary>
public sealed class FramePositions
{
    private readonly int[] _columns;
    private readonly int[] _rows;

    internal FramePositions(int[] columns, int[] rows, int count) => (_columns, _rows, Count) = (columns, rows, count);

    /// <summary>Number of frames described.</summary>
    public int Count { get; }

    /// <summary>Column Position In Total Image Pixel Matrix (0048,021E) and Row Position (0048,021F) of a frame.</summary>
    public (int Column, int Row) this[int frame] => (_columns[frame], _rows[frame]);
}
