using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Slideport.Dicom;

namespace Slideport.Slides.Tiff;

/// <summary>One directory (page) of a TIFF file. Values are read from the file at each call; keep what is needed often.</summary>
public sealed class TiffDirectory
{
    /// <summary>Longest text or byte value that is read whole; Aperio's descriptions have a few kilobytes.</summary>
    public const int MaxValueBytes = 1 << 20;

    private readonly TiffFile _file;

    internal TiffDirectory(TiffFile file, int index, long offset, IReadOnlyList<TiffEntry> entries) =>
        (_file, Index, Offset, Entries) = (file, index, offset, entries);

    /// <summary>Position in the chain, from 0.</summary>
    public int Index { get; }

    /// <summary>Where the directory lies in the file, in bytes.</summary>
    public long Offset { get; }

    /// <summary>The fields of known type, in file order.</summary>
    public IReadOnlyList<TiffEntry> Entries { get; }

    /// <summary>Whether the directory has this tag.</summary>
    public bool Contains(ushort tag) => Find(tag) is not null;

    /// <summary>The field with this tag, the first if there are several; null if there is none.</summary>
    public TiffEntry? Find(ushort tag)
    {
        foreach (var entry in Entries)
            if (entry.Tag == tag) return entry;
        return null;
    }

    /// <summary>Where the value of a tag lies in the file; null if the tag is absent.</summary>
    /// <exception cref="TiffFormatException">The value reaches beyond the end of the file.</exception>
    public FileRange? GetRange(ushort tag) => Find(tag) is { } entry ? Range(entry) : null;

    /// <summary>The first value of an unsigned integer field; null if the tag is absent or empty.</summary>
    /// <exception cref="TiffFormatException">The field is not of integer type, or its value is too large or out of the file.</exception>
    public long? GetInteger(ushort tag)
    {
        if (Find(tag) is not { Count: > 0 } entry) return null;
        Span<long> value = stackalloc long[1];
        ReadIntegers(entry with { Count = 1 }, value);
        return value[0];
    }

    /// <summary>All values of an unsigned integer field, such as a slide's tile offsets; null if the tag is absent.</summary>
    /// <remarks>Allocates the result alone: at most 8 bytes for each byte of the field, which lies inside the file.</remarks>
    /// <exception cref="TiffFormatException">The field is not of integer type, too long, or a value is too large or out of the
    /// file.</exception>
    public long[]? GetIntegers(ushort tag)
    {
        if (Find(tag) is not { } entry) return null;
        Range(entry);
        if (entry.Count > (ulong)Array.MaxLength) throw Wrong(entry, "has too many values");
        var values = GC.AllocateUninitializedArray<long>((int)entry.Count);
        ReadIntegers(entry, values);
        return values;
    }

    /// <summary>
    /// The text of a field up to its first NUL: UTF-8, or Latin-1 where it is not valid UTF-8; null if the tag is absent.
    /// </summary>
    /// <exception cref="TiffFormatException">The text is longer than <see cref="MaxValueBytes"/> or out of the file.</exception>
    public string? GetText(ushort tag)
    {
        if (GetBytes(tag) is not { } bytes) return null;
        var end = Array.IndexOf(bytes, (byte)0);
        var text = bytes.AsSpan(0, end < 0 ? bytes.Length : end);
        return System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text);
    }

    /// <summary>The bytes of a field; null if the tag is absent.</summary>
    /// <exception cref="TiffFormatException">The value is longer than <see cref="MaxValueBytes"/> or out of the file.</exception>
    public byte[]? GetBytes(ushort tag)
    {
        if (Find(tag) is not { } entry) return null;
        var range = Range(entry);
        if (range.Length > MaxValueBytes) throw Wrong(entry, $"is longer than {MaxValueBytes} bytes");
        var bytes = new byte[range.Length];
        _file.Read(range.Offset, bytes);
        return bytes;
    }

    private FileRange Range(TiffEntry entry)
    {
        var length = (ulong)_file.Length;
        if (entry.ValueOffset > length || entry.Count > (length - entry.ValueOffset) / (ulong)TiffEntry.SizeOf(entry.Type))
            throw Wrong(entry, "reaches beyond the end of the file");
        return new FileRange((long)entry.ValueOffset, (long)entry.Count * TiffEntry.SizeOf(entry.Type));
    }

    private void ReadIntegers(TiffEntry entry, Span<long> values)
    {
        var range = Range(entry);
        if (entry.Type is TiffType.Long8 or TiffType.Ifd8)
        {
            // The common case of a slide's tile arrays: straight from the file into the result.
            _file.Read(range.Offset, MemoryMarshal.AsBytes(values));
            if (_file.IsBigEndian == BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(values, values);
            if (values.IndexOfAnyInRange(long.MinValue, -1L) >= 0) throw Wrong(entry, "has a value beyond 2^63");
            return;
        }

        var size = TiffEntry.SizeOf(entry.Type);
        if (entry.Type is not (TiffType.Byte or TiffType.Short or TiffType.Long or TiffType.Ifd)) throw Wrong(entry, "is not an integer");
        Span<byte> buffer = stackalloc byte[4096];
        var position = range.Offset;
        while (!values.IsEmpty)
        {
            var count = Math.Min(values.Length, buffer.Length / size);
            var bytes = buffer[..(count * size)];
            _file.Read(position, bytes);
            for (var i = 0; i < count; i++)
                values[i] = size switch { 1 => bytes[i], 2 => _file.UInt16(bytes[(2 * i)..]), _ => _file.UInt32(bytes[(4 * i)..]) };
            position += bytes.Length;
            values = values[count..];
        }
    }

    private TiffFormatException Wrong(TiffEntry entry, string what) =>
        new($"Tag {entry.Tag} of TIFF directory {Index} {what}", TiffFile.Position(entry.ValueOffset));
}
