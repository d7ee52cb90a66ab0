using System.Buffers.Binary;

namespace Slideport.Dicom.Part10;

/// <summary>The fragments of encapsulated Pixel Data (PS3.5 A.4), found by walking from item header to item header.</summary>
internal sealed class FragmentTable
{
    /// <summary>Bytes of an item's header: tag and length.</summary>
    internal const int HeaderBytes = 8;

    /// <summary>More than any slide has, and 200 MB of table: beyond this a file is an attack.</summary>
    private const int MaxFragments = 1 << 24;

    /// <summary>Fragments shorter than this make it cheaper to read on than to call the kernel for each header.</summary>
    private const int ShortFragment = 2048;

    private const int BlockBytes = 16 << 10;
    private const uint Item = 0xFFFEE000;
    private const uint SequenceDelimiter = 0xFFFEE0DD;

    private long[] _offsets = new long[64];
    private uint[] _lengths = new uint[64];

    private FragmentTable()
    {
    }

    /// <summary>Number of fragments, the offset table not among them.</summary>
    public int Count { get; private set; }

    /// <summary>Where the value of the Basic Offset Table lies.</summary>
    public FileRange BasicOffsetTable { get; private set; }

    /// <summary>Whether the closing delimiter is there.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Position behind the delimiter, or behind the last fragment where there is none.</summary>
    public long End { get; private set; }

    /// <summary>Position of the first byte of a fragment.</summary>
    public long Offset(int fragment) => _offsets[fragment];

    /// <summary>Length of a fragment in bytes.</summary>
    public uint Length(int fragment) => _lengths[fragment];

    /// <summary>Length of the item at a position; null where none stands there.</summary>
    public static uint? ItemLength(ByteSource file, long position) => Header(file, position) is (Item, var length) ? length : null;

    /// <summary>Whether the closing delimiter stands at a position.</summary>
    public static bool IsEnd(ByteSource file, long position) => Header(file, position) is (SequenceDelimiter, _);

    /// <summary>
    /// Walks the items. Costs one read of eight bytes for each fragment (1.5 µs from the page cache), or one for many short ones.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Position of the first item: the Basic Offset Table.</param>
    /// <exception cref="DicomFormatException">What should be an item is none, or it runs past the end of the file.</exception>
    public static FragmentTable Read(ByteSource file, long offset)
    {
        var table = new FragmentTable();
        var fileLength = file.Length;
        var block = new byte[BlockBytes];
        long blockStart = 0;
        var blockLength = 0;
        var position = offset;
        uint length = 0;
        for (var item = 0; ; item++)
        {
            if (position == fileLength)
            {
                table.End = position;
                return table.Checked(item, position);
            }

            if (position + HeaderBytes > blockStart + blockLength)
            {
                blockStart = position;
                blockLength = file.Read(block.AsSpan(0, item > 1 && length < ShortFragment ? block.Length : HeaderBytes), position);
                if (blockLength < HeaderBytes) throw new DicomFormatException("Pixel Data ends inside an item header", position);
            }

            (var tag, length) = Header(block.AsSpan((int)(position - blockStart), HeaderBytes));
            position += HeaderBytes;
            if (tag == SequenceDelimiter)
            {
                table.IsClosed = true;
                table.End = position;
                return table.Checked(item, position);
            }

            if (tag != Item)
            {
                throw new DicomFormatException(
                    $"({tag >> 16:X4},{tag & 0xFFFF:X4}) stands where fragment {item - 1} of Pixel Data should", position - HeaderBytes);
            }

            if (length > fileLength - position)
            {
                var there = fileLength - position;
                throw new DicomFormatException(
                    $"Fragment {item - 1} of Pixel Data has {length} bytes, of which {there} are there", position - HeaderBytes);
            }

            if (item == 0) table.BasicOffsetTable = new FileRange(position, length);
            else table.Add(position, length);
            position += length;
        }
    }

    /// <summary>A table without the fragments that have no bytes.</summary>
    public FragmentTable WithoutEmpty()
    {
        var table = new FragmentTable { BasicOffsetTable = BasicOffsetTable, IsClosed = IsClosed, End = End };
        for (var i = 0; i < Count; i++)
        {
            if (_lengths[i] > 0) table.Add(_offsets[i], _lengths[i]);
        }

        return table;
    }

    private static (uint Tag, uint Length)? Header(ByteSource file, long position)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        return file.Read(header, position) == header.Length ? Header(header) : null;
    }

    private static (uint Tag, uint Length) Header(ReadOnlySpan<byte> header) => (
        (uint)BinaryPrimitives.ReadUInt16LittleEndian(header) << 16 | BinaryPrimitives.ReadUInt16LittleEndian(header[2..]), BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));

    private FragmentTable Checked(int items, long position) =>
        items > 0 ? this : throw new DicomFormatException("Pixel Data has no items, not even an offset table", position);

    private void Add(long offset, uint length)
    {
        if (Count == MaxFragments) throw new DicomFormatException($"Pixel Data has more than {MaxFragments} fragments", offset);
        if (Count == _offsets.Length)
        {
            Array.Resize(ref _offsets, 2 * Count);
            Array.Resize(ref _lengths, 2 * Count);
        }

        _offsets[Count] = offset;
        _lengths[Count++] = length;
    }
}
