using System.Buffers;
using Slideport.Slides.Tiff;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// The TIFF reader and LZW decoder on any bytes. Values that are accepted are read again by offset arithmetic that shares no code with the
/// reader; allocation must stay in proportion to the input.
/// </summary>
internal static class TiffTarget
{
    /// <summary>Runs one input; throws where a promise of the reader is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        CheckLzw(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        TiffFile file;
        try
        {
            file = TiffFile.Read(bytes);
        }
        catch (TiffFormatException)
        {
            return;
        }

        Require(file.Directories.Count is > 0 and <= TiffFile.MaxDirectories, "number of directories");
        var read = 0L;
        foreach (var directory in file.Directories)
        {
            Require(directory.Entries.Count <= TiffFile.MaxTags, "number of fields");
            foreach (var entry in directory.Entries) read += CheckEntry(file, directory, entry, bytes);
        }

        // Each accepted value costs at most 8 bytes for each of its own, and the objects around it; values may overlap, hence the sum.
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Require(allocated <= 200_000 + 64L * TiffFile.MaxDirectories * bytes.Length + 40 * read, "allocation out of proportion");
    }

    /// <summary>A file of each flavour with two directories, values inside and outside the entries.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        // Directory at 8 with a width and a text at 38; directory at 46 with three offsets at 64.
        yield return
        [
            .. "II"u8, 42, 0, 8, 0, 0, 0,
            2, 0, 0, 1, 3, 0, 1, 0, 0, 0, 64, 0, 0, 0, 14, 1, 2, 0, 8, 0, 0, 0, 38, 0, 0, 0, 46, 0, 0, 0,
            .. "Aperio \0"u8,
            1, 0, 0x44, 1, 4, 0, 3, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0,
        ];
        yield return
        [
            .. "MM"u8, 0, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16,
            0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0,
            1, 0x44, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 17,
        ];
        yield return LzwTiff.Encode("a label that repeats a label that repeats a label"u8, 7, 1);
    }

    private static long CheckEntry(TiffFile file, TiffDirectory directory, TiffEntry entry, byte[] bytes)
    {
        // Fields that repeat a tag are not reachable by it.
        if (directory.Find(entry.Tag) != entry) return 0;
        var size = TiffEntry.SizeOf(entry.Type);
        var inside = (UInt128)entry.ValueOffset + (UInt128)entry.Count * (UInt128)size <= (UInt128)bytes.Length;
        try
        {
            var range = directory.GetRange(entry.Tag)!.Value;
            Require(inside && range.Offset == (long)entry.ValueOffset && range.Length == (long)entry.Count * size, "range");
        }
        catch (TiffFormatException)
        {
            Require(!inside, "a value inside the file was refused");
            return 0;
        }

        try
        {
            var text = directory.GetText(entry.Tag)!;
            Require(text.Length <= TiffDirectory.MaxValueBytes && !text.Contains('\0', StringComparison.Ordinal), "text");
            var values = directory.GetIntegers(entry.Tag)!;
            Require((ulong)values.Length == entry.Count, "count");
            for (var i = 0; i < values.Length; i++)
                Require(values[i] == Value(bytes.AsSpan((int)entry.ValueOffset + i * size, size), file.IsBigEndian), "value");
        }
        catch (TiffFormatException)
        {
            // Not an integer, beyond 63 bits, or a text of more than a megabyte: refused with its reason.
        }

        return (long)entry.Count * size;
    }

    private static long Value(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        long value = 0;
        for (var i = 0; i < bytes.Length; i++) value = value << 8 | bytes[bigEndian ? i : bytes.Length - 1 - i];
        return value;
    }

    private static void CheckLzw(byte[] bytes)
    {
        var output = new byte[Math.Min(4 * bytes.Length, 1 << 16)];
        if (LzwTiff.Decode(bytes, output, out var written) == OperationStatus.Done) Require(written <= output.Length, "decoded length");
        var back = new byte[bytes.Length];
        var status = LzwTiff.Decode(LzwTiff.Encode(bytes), back, out written);
        Require(status == OperationStatus.Done && written == bytes.Length && back.AsSpan().SequenceEqual(bytes), "LZW round trip");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }
}
