using System.Buffers.Binary;
using System.Text;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Tiff;

/// <summary>
/// Writes TIFF files of every flavour, independent of the product's writer: classic or big, either byte order, pages in any state of
/// repair. Layout: header, the given data, then for each page its directory and its out-of-line values.
/// </summary>
internal sealed class TiffBytes(bool big = true, bool bigEndian = false)
{
    private readonly List<List<(ushort Tag, TiffType Type, ulong[] Values)>> _pages = [];
    private readonly List<byte> _data = [];

    /// <summary>Position of the next <see cref="Data"/>.</summary>
    public long Position => HeaderSize + _data.Count;

    private int HeaderSize => big ? 16 : 8;

    public long Data(params ReadOnlySpan<byte> bytes)
    {
        var at = Position;
        foreach (var b in bytes) _data.Add(b);
        return at;
    }

    public TiffBytes Page()
    {
        _pages.Add([]);
        return this;
    }

    public TiffBytes Tag(ushort tag, TiffType type, params ulong[] values)
    {
        _pages[^1].Add((tag, type, values));
        return this;
    }

    public TiffBytes Text(ushort tag, string text) => Tag(tag, TiffType.Ascii, [.. Encoding.Latin1.GetBytes(text + "\0").Select(b => (ulong)b)]);

    public byte[] Build(Action<List<long>>? directoryOffsets = null)
    {
        var offsets = new List<long>();
        var at = Position;
        foreach (var page in _pages)
        {
            offsets.Add(at);
            at += PageLength(page);
        }

        var bytes = new List<byte>();
        bytes.AddRange(bigEndian ? "MM"u8 : "II"u8);
        Number(bytes, big ? 43u : 42u, 2);
        if (big) Number(bytes, 8, 2);
        if (big) Number(bytes, 0, 2);
        Number(bytes, (ulong)(offsets.Count > 0 ? offsets[0] : 0), big ? 8 : 4);
        bytes.AddRange(_data);
        for (var i = 0; i < _pages.Count; i++) WritePage(bytes, _pages[i], i + 1 < offsets.Count ? offsets[i + 1] : 0);
        directoryOffsets?.Invoke(offsets);
        return [.. bytes];
    }

    private int EntrySize => big ? 20 : 12;

    private int InlineSize => big ? 8 : 4;

    private long PageLength(List<(ushort Tag, TiffType Type, ulong[] Values)> page) =>
        (big ? 16 : 6) + page.Count * EntrySize + page.Select(Size).Where(size => size > InlineSize).Sum();

    private static long Size((ushort Tag, TiffType Type, ulong[] Values) entry) => entry.Values.Length * TiffEntry.SizeOf(entry.Type);

    private void WritePage(List<byte> bytes, List<(ushort Tag, TiffType Type, ulong[] Values)> page, long next)
    {
        var values = new List<byte>();
        var valuesAt = bytes.Count + (big ? 16 : 6) + page.Count * EntrySize;
        Number(bytes, (ulong)page.Count, big ? 8 : 2);
        foreach (var entry in page)
        {
            Number(bytes, entry.Tag, 2);
            Number(bytes, (ulong)entry.Type, 2);
            Number(bytes, (ulong)entry.Values.Length, big ? 8 : 4);
            var value = new List<byte>();
            // A RATIONAL is given as its 8 bytes in one number, numerator low.
            foreach (var number in entry.Values) Number(value, number, TiffEntry.SizeOf(entry.Type));
            if (value.Count > InlineSize)
            {
                Number(bytes, (ulong)(valuesAt + values.Count), InlineSize);
                values.AddRange(value);
            }
            else
            {
                bytes.AddRange(value);
                bytes.AddRange(new byte[InlineSize - value.Count]);
            }
        }

        Number(bytes, (ulong)next, big ? 8 : 4);
        bytes.AddRange(values);
    }

    private void Number(List<byte> bytes, ulong value, int size)
    {
        Span<byte> eight = stackalloc byte[8];
        if (bigEndian) BinaryPrimitives.WriteUInt64BigEndian(eight, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        foreach (var b in bigEndian ? eight[(8 - size)..] : eight[..size]) bytes.Add(b);
    }
}
