using System.Buffers.Binary;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.DataSets;

/// <summary>
/// Writes encapsulated Pixel Data frame by frame, one fragment each (PS3.5 A.4), behind a data set that ends before it. The lengths of all
/// frames are told first, so that the offset table can stand where it belongs and nothing need be gone back to; each frame may come in
/// parts. Not thread-safe.
/// </summary>
public sealed class EncapsulatedPixelDataWriter
{
    private readonly DicomWriter _writer;
    private readonly long[] _lengths;
    private int _frame = -1;
    private long _remaining;

    /// <summary>Writes the extended table if there is to be one, the header of Pixel Data and the basic table.</summary>
    /// <param name="writer">Has written the elements before (7FE0,0001).</param>
    /// <param name="frameLengths">Bytes of each frame, without padding; copied.</param>
    /// <param name="table">Which table to write.</param>
    /// <exception cref="ArgumentException">A frame is longer than a fragment can be, or lies beyond what a basic table reaches.</exception>
    public EncapsulatedPixelDataWriter(DicomWriter writer, ReadOnlySpan<long> frameLengths, OffsetTable table = OffsetTable.Automatic)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
        _lengths = frameLengths.ToArray();
        var offsets = Offsets(_lengths);
        table = Resolve(table, offsets);

        if (table == OffsetTable.Extended)
        {
            WriteTable(Tags.ExtendedOffsetTable, offsets);
            WriteTable(Tags.ExtendedOffsetTableLengths, _lengths);
        }

        _writer.StartFragments(Tags.PixelData, Vr.OB);
        _writer.WriteFragmentHeader(table == OffsetTable.Basic ? 4L * offsets.Length : 0);
        if (table != OffsetTable.Basic) return;
        Span<byte> entry = stackalloc byte[4];
        foreach (var offset in offsets)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)offset);
            _writer.WriteRaw(entry);
        }
    }

    /// <summary>
    /// Bytes that this class writes for frames of these lengths, in an explicit VR syntax: what a data set's length is computed from.
    /// </summary>
    /// <param name="frameLengths">Bytes of each frame, without padding.</param>
    /// <param name="table">Which table is written.</param>
    public static long EncodedLength(ReadOnlySpan<long> frameLengths, OffsetTable table = OffsetTable.Automatic)
    {
        var lengths = frameLengths.ToArray();
        var offsets = Offsets(lengths);
        long total = 12 + 8 + 8; // Pixel Data's header, the basic table's, the delimiter
        total += Resolve(table, offsets) switch
        {
            OffsetTable.Basic => 4L * lengths.Length,
            OffsetTable.Extended => 2 * (12 + 8L * lengths.Length),
            _ => 0,
        };
        return lengths.Length == 0 ? total : total + offsets[^1] + 8 + Even(lengths[^1]);
    }

    /// <summary>Writes a whole frame.</summary>
    /// <param name="frame">The next frame.</param>
    /// <exception cref="InvalidOperationException">It does not have the length that was told, or all frames have been written.</exception>
    public void WriteFrame(ReadOnlySpan<byte> frame)
    {
        StartFrame();
        if (frame.Length != _remaining)
        {
            throw new InvalidOperationException($"Frame {_frame} has {frame.Length} bytes, {_remaining} were told");
        }

        Write(frame);
    }

    /// <summary>Begins the next frame, whose bytes follow by <see cref="Write"/>.</summary>
    /// <exception cref="InvalidOperationException">The frame before is not complete, or all frames have been written.</exception>
    public void StartFrame()
    {
        if (_remaining > 0) throw new InvalidOperationException($"Frame {_frame} lacks {_remaining} bytes");
        if (_frame + 1 == _lengths.Length) throw new InvalidOperationException($"All {_lengths.Length} frames have been written");
        _remaining = _lengths[++_frame];
        _writer.WriteFragmentHeader(Even(_remaining));
    }

    /// <summary>Writes a part of the frame.</summary>
    /// <param name="part">Its next bytes.</param>
    /// <exception cref="InvalidOperationException">The frame would get longer than was told.</exception>
    public void Write(ReadOnlySpan<byte> part)
    {
        if (part.Length > _remaining)
        {
            throw new InvalidOperationException($"Frame {_frame} is longer than the {_lengths[_frame]} bytes that were told");
        }

        _writer.WriteRaw(part);
        _remaining -= part.Length;
        if (_remaining == 0 && part.Length > 0 && _lengths[_frame] % 2 != 0) _writer.WriteRaw([0]);
    }

    /// <summary>Writes the closing delimiter.</summary>
    /// <exception cref="InvalidOperationException">Frames are missing.</exception>
    public void Finish()
    {
        if (_remaining > 0 || _frame + 1 != _lengths.Length)
        {
            throw new InvalidOperationException($"{_frame + 1} of {_lengths.Length} frames have been written");
        }

        _writer.EndFragments();
    }

    private static OffsetTable Resolve(OffsetTable table, long[] offsets)
    {
        var reaches = offsets.Length == 0 || offsets[^1] <= uint.MaxValue;
        if (table == OffsetTable.Basic && !reaches)
        {
            throw new ArgumentException("Frames begin beyond the 4 GiB that a basic offset table reaches");
        }

        return table != OffsetTable.Automatic ? table : reaches ? OffsetTable.Basic : OffsetTable.Extended;
    }

    private static long[] Offsets(long[] lengths)
    {
        var offsets = new long[lengths.Length];
        long offset = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            if (lengths[i] is < 0 or >= uint.MaxValue - 1)
            {
                throw new ArgumentException($"Frame {i} has {lengths[i]} bytes, more than a fragment can have");
            }

            offsets[i] = offset;
            offset += 8 + Even(lengths[i]);
        }

        return offsets;
    }

    private void WriteTable(DicomTag tag, long[] values)
    {
        _writer.WriteHeader(tag, Vr.OV, 8L * values.Length);
        Span<byte> entry = stackalloc byte[8];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(entry, value);
            _writer.WriteRaw(entry);
        }
    }

    private static long Even(long length) => (length + 1) & ~1L;
}
