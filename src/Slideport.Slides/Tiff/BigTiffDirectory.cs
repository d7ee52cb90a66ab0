using System.Buffers.Binary;
using System.Text;

namespace Slideport.Slides.Tiff;

/// <summary>Fields of a directory to be written; large arrays are kept by reference until then and must not change.</summary>
public sealed class BigTiffDirectory
{
    private readonly SortedDictionary<ushort, Field> _fields = [];

    /// <summary>The fields, ascending by tag as TIFF demands.</summary>
    internal SortedDictionary<ushort, Field>.ValueCollection Fields => _fields.Values;

    /// <summary>Adds SHORT values.</summary>
    public void AddShort(ushort tag, params ReadOnlySpan<ushort> values)
    {
        var bytes = new byte[2 * values.Length];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), values[i]);
        Add(tag, new Field(tag, TiffType.Short, values.Length) { Bytes = bytes });
    }

    /// <summary>Adds one LONG.</summary>
    public void AddLong(ushort tag, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Add(tag, new Field(tag, TiffType.Long, 1) { Bytes = bytes });
    }

    /// <summary>Adds one number as SHORT where it fits and LONG otherwise, as Aperio writes sizes.</summary>
    public void AddShortOrLong(ushort tag, int value)
    {
        if (value is >= 0 and <= ushort.MaxValue) AddShort(tag, (ushort)value);
        else AddLong(tag, checked((uint)value));
    }

    /// <summary>Adds an array of LONG8 values, none negative.</summary>
    public void AddLong8(ushort tag, params long[] values) => Add(tag, new Field(tag, TiffType.Long8, values.Length) { Numbers = values });

    /// <summary>Adds 7-bit text; the closing NUL is added here.</summary>
    /// <exception cref="ArgumentException">The text has a NUL or a character beyond ASCII.</exception>
    public void AddAscii(ushort tag, string text)
    {
        if (!Ascii.IsValid(text) || text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("Not plain ASCII.", nameof(text));
        Add(tag, new Field(tag, TiffType.Ascii, text.Length + 1) { Bytes = Encoding.ASCII.GetBytes(text + "\0") });
    }

    /// <summary>Adds UNDEFINED bytes that already lie in the file, more than 8 of them.</summary>
    public void AddWritten(ushort tag, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Field.InlineBytes + 1);
        Add(tag, new Field(tag, TiffType.Undefined, length) { WrittenAt = offset });
    }

    private void Add(ushort tag, Field field)
    {
        if (!_fields.TryAdd(tag, field)) throw new ArgumentException($"Tag {tag} is there already.", nameof(tag));
    }

    /// <summary>One field; its values are either small and encoded, or an array of LONG8, or in the file.</summary>
    internal sealed record Field(ushort Tag, TiffType Type, long Count)
    {
        /// <summary>Values up to this size are stored in the entry itself.</summary>
        public const int InlineBytes = 8;

        public byte[] Bytes { get; init; } = [];
        public long[] Numbers { get; init; } = [];
        public long? WrittenAt { get; init; }

        /// <summary>Bytes the values need behind the directory; 0 if they fit in the entry or are written already.</summary>
        public long OutOfLineBytes => WrittenAt is not null || ByteLength <= InlineBytes ? 0 : ByteLength;

        private long ByteLength => Count * TiffEntry.SizeOf(Type);
    }
}
