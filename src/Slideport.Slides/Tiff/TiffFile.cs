using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;

namespace Slideport.Slides.Tiff;

/// <summary>
/// The directories of a TIFF or BigTIFF file of either byte order. Only the directories themselves are read here; values, such as a
/// slide's tile arrays, are read when asked for. Safe for concurrent use.
/// </summary>
public sealed class TiffFile
{
    /// <summary>Most directories a file may chain; a slide has fewer than 20.</summary>
    public const int MaxDirectories = 64;

    /// <summary>Most fields a directory may have; a slide's have fewer than 40.</summary>
    public const int MaxTags = 4096;

    private const ushort ClassicVersion = 42;
    private const ushort BigVersion = 43;

    private readonly List<TiffDirectory> _directories = [];
    private readonly ByteSource _source;

    private TiffFile(ByteSource source) => (_source, Length) = (source, source.Length);

    /// <summary>Whether offsets are 64 bits wide.</summary>
    public bool IsBigTiff { get; private set; }

    /// <summary>Whether numbers are stored most significant byte first ("MM").</summary>
    public bool IsBigEndian { get; private set; }

    /// <summary>Length of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>The directories in the order of their chain; at least one.</summary>
    public IReadOnlyList<TiffDirectory> Directories => _directories;

    /// <summary>Reads the directories of an open file. The handle stays the caller's and must outlive the result.</summary>
    /// <exception cref="TiffFormatException">Not a TIFF file, damaged, unfinished, or beyond the limits.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TiffFile Read(SafeFileHandle file) => Read(ByteSource.Of(file));

    /// <summary>Reads the directories of a file held in memory.</summary>
    /// <exception cref="TiffFormatException">Not a TIFF file, damaged, unfinished, or beyond the limits.</exception>
    public static TiffFile Read(ReadOnlyMemory<byte> bytes) => Read(ByteSource.Of(bytes));

    /// <summary>Reads the directories of a file wherever it lies. It stays the caller's and must outlive the result.</summary>
    /// <exception cref="TiffFormatException">Not a TIFF file, damaged, unfinished, or beyond the limits.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TiffFile Read(ByteSource source)
    {
        var file = new TiffFile(source);
        var offset = file.ReadHeader();
        if (offset == 0) throw new TiffFormatException("The TIFF header points to no directory: the file was never finished", 4);

        var visited = new HashSet<ulong>();
        while (offset != 0)
        {
            if (!visited.Add(offset)) throw new TiffFormatException("The chain of TIFF directories runs in a circle", Position(offset));
            if (visited.Count > MaxDirectories)
                throw new TiffFormatException($"The file has more than {MaxDirectories} TIFF directories", Position(offset));
            offset = file.ReadDirectory(offset);
        }

        return file;
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>; the caller has checked that the range lies inside.</summary>
    /// <exception cref="TiffFormatException">The file has become shorter meanwhile.</exception>
    internal void Read(long offset, Span<byte> destination)
    {
        var read = _source.Read(destination, offset);
        if (read < destination.Length) throw new TiffFormatException("The file ends early", offset + read);
    }

    /// <summary>Checks the header and returns the offset of the first directory.</summary>
    private ulong ReadHeader()
    {
        Span<byte> header = stackalloc byte[16];
        if (Length < 8) throw new TiffFormatException("The file is too short for a TIFF header", 0);
        header = header[..(int)Math.Min(Length, 16)];
        Read(0, header);
        IsBigEndian = header[0] == 'M';
        if (!header.StartsWith("II"u8) && !header.StartsWith("MM"u8)) throw new TiffFormatException("Not a TIFF file", 0);
        switch (UInt16(header[2..]))
        {
            case ClassicVersion:
                return UInt32(header[4..]);
            case BigVersion when header.Length == 16 && UInt16(header[4..]) == 8 && UInt16(header[6..]) == 0:
                IsBigTiff = true;
                return UInt64(header[8..]);
            default:
                throw new TiffFormatException("Not a TIFF file: unknown version", 2);
        }
    }

    /// <summary>Reads one directory and returns the offset of the next, 0 at the end of the chain.</summary>
    private ulong ReadDirectory(ulong offset)
    {
        var (countSize, entrySize, pointerSize) = IsBigTiff ? (8, 20, 8) : (2, 12, 4);
        Span<byte> small = stackalloc byte[8];
        ReadInside(offset, small[..countSize]);
        var count = IsBigTiff ? UInt64(small) : UInt16(small);
        if (count > MaxTags) throw new TiffFormatException($"A TIFF directory has {count} fields, more than {MaxTags}", Position(offset));

        var start = offset + (ulong)countSize;
        var bytes = new byte[(int)count * entrySize + pointerSize];
        ReadInside(start, bytes);
        var entries = new List<TiffEntry>((int)count);
        for (var i = 0; i < (int)count; i++)
        {
            var at = i * entrySize;
            var entry = Entry(bytes.AsSpan(at, entrySize), start + (ulong)at);
            if (TiffEntry.SizeOf(entry.Type) != 0) entries.Add(entry);
        }

        _directories.Add(new TiffDirectory(this, _directories.Count, (long)offset, entries));
        var next = bytes.AsSpan((int)count * entrySize);
        return IsBigTiff ? UInt64(next) : UInt32(next);
    }

    private TiffEntry Entry(ReadOnlySpan<byte> bytes, ulong position)
    {
        var type = (TiffType)UInt16(bytes[2..]);
        var (count, valueField) = IsBigTiff ? (UInt64(bytes[4..]), 12) : (UInt32(bytes[4..]), 8);
        var size = (ulong)TiffEntry.SizeOf(type);
        var inline = size != 0 && count <= (ulong)(bytes.Length - valueField) / size;
        var value = inline ? position + (ulong)valueField : IsBigTiff ? UInt64(bytes[valueField..]) : UInt32(bytes[valueField..]);
        return new TiffEntry(UInt16(bytes), type, count, value);
    }

    private void ReadInside(ulong offset, Span<byte> destination)
    {
        if (offset > (ulong)Length || (ulong)destination.Length > (ulong)Length - offset)
            throw new TiffFormatException("A TIFF directory reaches beyond the end of the file", Position(offset));
        Read((long)offset, destination);
    }

    internal static long Position(ulong offset) => offset > long.MaxValue ? long.MaxValue : (long)offset;

    internal ushort UInt16(ReadOnlySpan<byte> bytes) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    internal uint UInt32(ReadOnlySpan<byte> bytes) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private ulong UInt64(ReadOnlySpan<byte> bytes) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
