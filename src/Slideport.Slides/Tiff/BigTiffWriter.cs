using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Slides.Tiff;

/// <summary>
/// Appends the directories of a little-endian BigTIFF file behind its data. The header goes in first with no directory, and is pointed to
/// the first one last, so that a file left behind by a crash is no TIFF file rather than half a picture.
/// </summary>
public static class BigTiffWriter
{
    /// <summary>Bytes of the header; data begins here.</summary>
    public const int HeaderBytes = 16;

    private const int EntryBytes = 20;
    private const int CountBytes = 8;
    private const int PointerBytes = 8;
    private const int BufferBytes = 1 << 16;

    /// <summary>The header of a file without directories: "II", 43, offsets of 8 bytes, no first directory.</summary>
    public static ReadOnlySpan<byte> UnfinishedHeader => [(byte)'I', (byte)'I', 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>
    /// Writes a chain of directories, each followed by its out-of-line values, at the next multiple of 8 from <paramref name="position"/>.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="position">End of what is written so far.</param>
    /// <param name="directories">In the order of the chain; at least one.</param>
    /// <param name="end">First byte behind the last directory's values.</param>
    /// <returns>Where the first directory lies, for <see cref="WriteFirstDirectory"/>.</returns>
    public static long WriteDirectories(SafeFileHandle file, long position, IReadOnlyList<BigTiffDirectory> directories, out long end)
    {
        ArgumentOutOfRangeException.ThrowIfZero(directories.Count);
        var first = Align(position);
        using var output = new Output(file, position);
        output.PadTo(first);
        for (var i = 0; i < directories.Count; i++)
        {
            var start = output.Position;
            var next = Align(start + DirectoryBytes(directories[i]) + OutOfLineBytes(directories[i]));
            Write(output, directories[i], start + DirectoryBytes(directories[i]), i + 1 < directories.Count ? next : 0);
            if (i + 1 < directories.Count) output.PadTo(next);
        }

        output.Flush();
        end = output.Position;
        return first;
    }

    /// <summary>Makes the file valid: points its header to the first directory.</summary>
    public static void WriteFirstDirectory(SafeFileHandle file, long offset)
    {
        Span<byte> pointer = stackalloc byte[PointerBytes];
        BinaryPrimitives.WriteInt64LittleEndian(pointer, offset);
        RandomAccess.Write(file, pointer, HeaderBytes - PointerBytes);
    }

    private static void Write(Output output, BigTiffDirectory directory, long valuesAt, long next)
    {
        output.Int64(directory.Fields.Count);
        foreach (var field in directory.Fields)
        {
            output.UInt16(field.Tag);
            output.UInt16((ushort)field.Type);
            output.Int64(field.Count);
            if (field.WrittenAt is { } written) output.Int64(written);
            else if (field.OutOfLineBytes > 0) output.Int64(valuesAt);
            else WriteInline(output, field);
            valuesAt += Even(field.OutOfLineBytes);
        }

        output.Int64(next);
        foreach (var field in directory.Fields)
        {
            if (field.OutOfLineBytes == 0) continue;
            output.Bytes(field.Bytes);
            output.Int64s(field.Numbers);
            output.PadTo(Even(output.Position));
        }
    }

    /// <summary>Values that fit stand in the entry itself, left-aligned.</summary>
    private static void WriteInline(Output output, BigTiffDirectory.Field field)
    {
        var end = output.Position + BigTiffDirectory.Field.InlineBytes;
        output.Bytes(field.Bytes);
        output.Int64s(field.Numbers);
        output.PadTo(end);
    }

    private static long DirectoryBytes(BigTiffDirectory directory) => CountBytes + (long)EntryBytes * directory.Fields.Count + PointerBytes;

    private static long OutOfLineBytes(BigTiffDirectory directory)
    {
        long sum = 0;
        foreach (var field in directory.Fields) sum += Even(field.OutOfLineBytes);
        return sum;
    }

    private static long Align(long position) => (position + 7) & ~7L;

    private static long Even(long length) => (length + 1) & ~1L;

    /// <summary>Little-endian numbers through one pooled buffer into the file.</summary>
    private sealed class Output(SafeFileHandle file, long position) : IDisposable
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        private long _flushed = position;
        private int _used;

        public long Position => _flushed + _used;

        public void UInt16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Room(2), value);
            _used += 2;
        }

        public void Int64(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
            _used += 8;
        }

        public void Int64s(ReadOnlySpan<long> values)
        {
            foreach (var value in values) Int64(value);
        }

        public void Bytes(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var room = Room(1);
                var count = Math.Min(room.Length, bytes.Length);
                bytes[..count].CopyTo(room);
                _used += count;
                bytes = bytes[count..];
            }
        }

        public void PadTo(long end)
        {
            while (Position < end)
            {
                Room(1)[0] = 0;
                _used++;
            }
        }

        public void Flush()
        {
            RandomAccess.Write(file, _buffer.AsSpan(0, _used), _flushed);
            _flushed += _used;
            _used = 0;
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

        private Span<byte> Room(int bytes)
        {
            if (_buffer.Length - _used < bytes) Flush();
            return _buffer.AsSpan(_used);
        }
    }
}
