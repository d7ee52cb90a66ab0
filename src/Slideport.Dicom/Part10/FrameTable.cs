using System.Buffers.Binary;

namespace Slideport.Dicom.Part10;

/// <summary>
/// Where frames lie as an offset table says (PS3.5 A.4, PS3.3 C.7.6.3.1.8), without a walk through the items: for files of which each read is a
/// journey. It is believed of a frame only where an item stands at its offset that ends where the next frame begins.
/// </summary>
internal sealed class FrameTable
{
    private readonly ByteSource _file;
    private readonly long _firstItem;
    private readonly byte[] _offsets;
    private readonly int _entryBytes;

    private FrameTable(ByteSource file, long firstItem, byte[] offsets, int entryBytes) => (_file, _firstItem, _offsets, _entryBytes) = (file, firstItem, offsets, entryBytes);

    private int Count => _offsets.Length / _entryBytes;

    /// <summary>The table of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Position of the first item: the Basic Offset Table.</param>
    /// <param name="extended">Where the value of Extended Offset Table lies, if there is one.</param>
    /// <param name="frames">How many frames there are.</param>
    /// <returns>Null where there is none, or one of another number of frames.</returns>
    public static FrameTable? Read(ByteSource file, long offset, FileRange? extended, int frames)
    {
        if (ItemLength(file, offset) is not { } basic) return null;
        var firstItem = offset + FragmentTable.HeaderBytes + basic;
        var (range, entryBytes) = extended is { } table ? (table, sizeof(ulong)) : (new FileRange(offset + FragmentTable.HeaderBytes, basic), sizeof(uint));
        if (range.Length != (long)entryBytes * frames) return null;
        var offsets = new byte[range.Length];
        return file.Read(offsets, range.Offset) == offsets.Length ? new FrameTable(file, firstItem, offsets, entryBytes) : null;
    }

    /// <summary>Where a frame lies; null where the table is not to be believed, or the frame has several fragments.</summary>
    public FrameLocation? Find(int frame)
    {
        var (start, end) = (Start(frame), frame + 1 < Count ? Start(frame + 1) : (ulong?)null);
        if (start > (ulong)_file.Length || (frame == 0 && start != 0)) return null;
        var position = _firstItem + (long)start;
        if (ItemLength(_file, position) is not { } length) return null;
        position += FragmentTable.HeaderBytes;
        var next = position + length;
        // Behind the last one the sequence ends, or the file.
        var isWhole = end is { } there ? next == _firstItem + (long)Math.Min(there, long.MaxValue / 2) : next == _file.Length || FragmentTable.IsEnd(_file, next);
        return isWhole ? new FrameLocation(position, length, 1) : null;
    }

    private ulong Start(int frame)
    {
        var entry = _offsets.AsSpan(_entryBytes * frame);
        return _entryBytes == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(entry) : BinaryPrimitives.ReadUInt64LittleEndian(entry);
    }

    private static long? ItemLength(ByteSource file, long position)
    {
        var length = FragmentTable.ItemLength(file, position);
        return length is { } bytes && bytes <= file.Length - position - FragmentTable.HeaderBytes ? bytes : null;
    }
}
