using System.Buffers.Binary;

namespace Slideport.Dicom.Part10;

/// <summary>
/// Decides which fragments make up which frame (PS3.5 A.4, PS3.3 C.7.6.3.1.8). Where fragments lie is known from walking the items;
/// offset tables
/// only say where frames begin, and are believed only if every entry points at an item.
/// </summary>
internal sealed class FrameBoundaries(ByteSource file, FragmentTable fragments, int frames)
{
    private readonly List<string> _warnings = [];

    /// <summary>
    /// Finds the boundaries by the first of these that holds: extended table, basic table, as many fragments as frames, codec markers.
    /// </summary>
    /// <param name="extendedOffsets">Where the value of Extended Offset Table lies, if there is one.</param>
    /// <param name="extendedLengths">Where the value of Extended Offset Table Lengths lies, if there is one.</param>
    /// <exception cref="DicomFormatException">The fragments do not add up to this number of frames.</exception>
    public FrameIndex Find(FileRange? extendedOffsets, FileRange? extendedLengths)
    {
        if (!fragments.IsClosed) _warnings.Add($"Pixel Data is not closed by a delimiter (at byte {fragments.End})");
        if (fragments.Count < frames)
        {
            throw new DicomFormatException($"Pixel Data has {fragments.Count} fragments, too few for {frames} frames", fragments.End);
        }

        if (extendedOffsets is { } offsets && IsExtendedTableRight(offsets, extendedLengths))
        {
            return new FrameIndex(fragments, frames, null, _warnings);
        }

        if (BasicTable() is { } basic) return Index(fragments, basic);
        if (fragments.Count == frames) return new FrameIndex(fragments, frames, null, _warnings);
        if (frames == 1) return Index(fragments, [0, fragments.Count]);

        var filled = fragments.WithoutEmpty();
        if (filled.Count < fragments.Count) _warnings.Add($"{fragments.Count - filled.Count} fragments of Pixel Data are empty");
        if (filled.Count == frames) return new FrameIndex(filled, frames, null, _warnings);
        if (Markers(filled) is { } marked) return Index(filled, marked);
        throw new DicomFormatException(
            $"Pixel Data has {fragments.Count} fragments for {frames} frames, and nothing tells where each begins", fragments.End);
    }

    private FrameIndex Index(FragmentTable table, int[] first) => new(table, frames, table.Count == frames ? null : first, _warnings);

    /// <summary>Extended table: 64-bit offsets and lengths, exactly one fragment for each frame.</summary>
    private bool IsExtendedTableRight(FileRange offsets, FileRange? lengths)
    {
        var why = fragments.Count != frames ? "a frame has several fragments"
            : offsets.Length != 8L * frames ? $"it has {offsets.Length} bytes"
            : lengths is not { } l || l.Length != 8L * frames ? "its lengths do not match it"
            : Mismatch(ReadTable(offsets), ReadTable(l));
        if (why is not null) _warnings.Add($"The Extended Offset Table is ignored: {why}");
        return why is null;
    }

    private string? Mismatch(byte[] offsets, byte[] lengths)
    {
        for (var i = 0; i < frames; i++)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(offsets.AsSpan(8 * i)) != (ulong)Start(i))
            {
                return $"frame {i} does not begin at an item";
            }

            var padding = fragments.Length(i) - (Int128)BinaryPrimitives.ReadUInt64LittleEndian(lengths.AsSpan(8 * i));
            if (padding < 0 || padding > 1) return $"frame {i} has another length";
        }

        return null;
    }

    /// <summary>The first fragment of each frame according to the basic table, and the end; null if the table is empty or wrong.</summary>
    private int[]? BasicTable()
    {
        var table = fragments.BasicOffsetTable;
        if (table.Length == 0) return null;
        if (table.Length != 4L * frames)
        {
            _warnings.Add($"The Basic Offset Table is ignored: it has {table.Length} bytes for {frames} frames");
            return null;
        }

        var bytes = ReadTable(table);
        var first = new int[frames + 1];
        var fragment = 0;
        for (var frame = 0; frame < frames; frame++)
        {
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 * frame));
            while (fragment < fragments.Count && Start(fragment) < offset) fragment++;
            if (fragment == fragments.Count || Start(fragment) != offset || (frame == 0 ? fragment != 0 : fragment <= first[frame - 1]))
            {
                _warnings.Add($"The Basic Offset Table is ignored: frame {frame} does not begin at an item");
                return null;
            }

            first[frame] = fragment;
        }

        first[frames] = fragments.Count;
        return first;
    }

    /// <summary>Where a fragment begins as the tables count: its item's tag, from the first item behind the basic table.</summary>
    private long Start(int fragment) => fragments.Offset(fragment) - fragments.Offset(0);

    /// <summary>
    /// Fragments that begin a JPEG or JPEG 2000 stream behind the end of another; null if they are not as many as the frames.
    /// </summary>
    private int[]? Markers(FragmentTable table)
    {
        var first = new int[frames + 1];
        var frame = 0;
        Span<byte> edge = stackalloc byte[4];
        for (var i = 0; i < table.Count; i++)
        {
            var length = (int)Math.Min(edge.Length, table.Length(i));
            file.Read(edge[..length], table.Offset(i));
            var begins = length >= 2 && edge is [0xFF, 0xD8, ..] or [0xFF, 0x4F, 0xFF, 0x51];
            if (!begins || (i > 0 && !EndsStream(table, i - 1))) continue;
            if (frame == frames) return null;
            first[frame++] = i;
        }

        if (frame != frames || frames == 0 || first[0] != 0) return null;
        first[frames] = table.Count;
        _warnings.Add("No offset table tells where frames begin: they were found by their JPEG markers");
        return first;
    }

    /// <summary>
    /// Whether a fragment ends in FFD9, which ends JPEG and JPEG 2000 streams, with at most two bytes of padding behind it.
    /// </summary>
    private bool EndsStream(FragmentTable table, int fragment)
    {
        Span<byte> end = stackalloc byte[4];
        var length = (int)Math.Min(end.Length, table.Length(fragment));
        file.Read(end[..length], table.Offset(fragment) + table.Length(fragment) - length);
        return end[..length].IndexOf([(byte)0xFF, (byte)0xD9]) >= 0;
    }

    /// <summary>Reads a table whose length has been found to be that of as many entries as there are fragments at most.</summary>
    private byte[] ReadTable(FileRange range)
    {
        var bytes = new byte[range.Length];
        var read = file.Read(bytes, range.Offset);
        return read == bytes.Length ? bytes : throw new DicomFormatException("An offset table ends too early", range.Offset + read);
    }
}
