using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.DataSets;

/// <summary>
/// Writes data sets, or their elements one by one, in a little endian syntax (PS3.5 7). Values are padded to even length by their VR's
/// rule.
/// Everything goes through a buffer: call <see cref="Flush"/> at the end. Not thread-safe.
/// </summary>
public sealed class DicomWriter
{
    private const int BufferBytes = 64 << 10;
    private const uint UndefinedLength = 0xFFFFFFFF;
    private const uint Item = 0xFFFEE000;
    private const uint ItemDelimiter = 0xFFFEE00D;
    private const uint SequenceDelimiter = 0xFFFEE0DD;

    private readonly Stream _output;
    private readonly bool _isImplicit;
    private readonly bool _definedLengths;
    private readonly Stack<int> _lengthFields = new();
    private byte[] _buffer = new byte[1024];
    private int _count;
    private long _flushed;

    private readonly record struct OpenSequence(IReadOnlyList<DicomDataSet> Items, int NextItem, DicomDataSet Parent, int NextElement);

    /// <summary>Creates a writer.</summary>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="syntax">A little endian syntax that is not deflated; of an encapsulated one only that it has explicit VRs matters
    /// here.</param>
    /// <param name="lengths">How sequences and items are delimited. With defined lengths a whole sequence is held in memory until it is
    /// closed.</param>
    /// <exception cref="ArgumentException">The syntax is big endian or deflated: both are retired or unwise, and never written.</exception>
    public DicomWriter(Stream output, TransferSyntax syntax, SequenceLengths lengths = SequenceLengths.Undefined)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(syntax);
        if (syntax.IsBigEndian || syntax.IsDeflated) throw new ArgumentException($"{syntax} is read but not written", nameof(syntax));
        _output = output;
        _isImplicit = syntax.IsImplicit;
        _definedLengths = lengths == SequenceLengths.Defined;
    }

    /// <summary>Bytes written so far, those still in the buffer included.</summary>
    public long BytesWritten => _flushed + _count;

    /// <summary>Writes all elements of a data set.</summary>
    /// <param name="dataSet">The data set.</param>
    /// <param name="source">The file that values left in it are copied from; null if there are none.</param>
    /// <exception cref="DicomException">Text has characters that its character set lacks, or a value is in a file and no source is
    /// given.</exception>
    public void Write(DicomDataSet dataSet, SafeFileHandle? source = null)
    {
        ArgumentNullException.ThrowIfNull(dataSet);
        var open = new Stack<OpenSequence>();
        var (set, next) = (dataSet, 0);
        while (true)
        {
            if (next < set.Elements.Count && set.Elements[next++] is var element)
            {
                if (!element.IsSequence)
                {
                    WriteValue(set, element, source);
                    continue;
                }

                StartSequence(element.Tag);
                open.Push(new OpenSequence(element.Items, 0, set, next));
            }
            else if (open.Count > 0)
            {
                EndItem();
            }
            else
            {
                return;
            }

            // On to the next item of the innermost sequence, or back to the data set around it.
            var sequence = open.Pop();
            if (sequence.NextItem < sequence.Items.Count)
            {
                open.Push(sequence with { NextItem = sequence.NextItem + 1 });
                StartItem();
                (set, next) = (sequence.Items[sequence.NextItem], 0);
            }
            else
            {
                EndSequence();
                (set, next) = (sequence.Parent, sequence.NextElement);
            }
        }
    }

    /// <summary>Writes an element.</summary>
    /// <param name="tag">Tag.</param>
    /// <param name="vr">VR; one with a 16-bit length field becomes UN where the value is too long for it (PS3.5 6.2.2).</param>
    /// <param name="value">The value, least significant byte first; an odd one is padded.</param>
    public void WriteElement(DicomTag tag, Vr vr, ReadOnlySpan<byte> value)
    {
        WriteHeader(tag, vr, ((long)value.Length + 1) & ~1L);
        WriteRaw(value);
        if (value.Length % 2 != 0) WriteRaw([vr.Padding]);
    }

    /// <summary>Writes the header of an element whose value the caller gives in parts by <see cref="WriteRaw"/>.</summary>
    /// <param name="tag">Tag.</param>
    /// <param name="vr">VR.</param>
    /// <param name="length">Length of the value in bytes: even, and less than 2^32 - 1.</param>
    public void WriteHeader(DicomTag tag, Vr vr, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length, UndefinedLength);
        if (length % 2 != 0) throw new ArgumentException("Values have even lengths", nameof(length));
        WriteHeader(tag, vr, (uint)length);
    }

    /// <summary>Writes bytes as they are: part of a value whose header says how many there are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= BufferBytes && _lengthFields.Count == 0)
        {
            Flush(); // large values go past the buffer
            _output.Write(bytes);
            _flushed += bytes.Length;
            return;
        }

        bytes.CopyTo(Reserve(bytes.Length));
    }

    /// <summary>Begins a sequence.</summary>
    public void StartSequence(DicomTag tag)
    {
        WriteHeader(tag, Vr.SQ, UndefinedLength);
        OpenLength();
    }

    /// <summary>Begins an item of the innermost sequence.</summary>
    public void StartItem()
    {
        WriteItemHeader(Item, UndefinedLength);
        OpenLength();
    }

    /// <summary>Ends the item begun last.</summary>
    public void EndItem() => CloseLength(ItemDelimiter);

    /// <summary>Ends the sequence begun last.</summary>
    public void EndSequence() => CloseLength(SequenceDelimiter);

    /// <summary>Begins a value in fragments (PS3.5 A.4); the first fragment is the Basic Offset Table, possibly empty.</summary>
    public void StartFragments(DicomTag tag, Vr vr) => WriteHeader(tag, vr, UndefinedLength);

    /// <summary>Writes the header of a fragment whose bytes the caller gives by <see cref="WriteRaw"/>.</summary>
    /// <param name="length">Length in bytes: even, and less than 2^32 - 1.</param>
    public void WriteFragmentHeader(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length, UndefinedLength);
        if (length % 2 != 0) throw new ArgumentException("Fragments have even lengths", nameof(length));
        WriteItemHeader(Item, (uint)length);
    }

    /// <summary>Ends a value in fragments.</summary>
    public void EndFragments() => WriteItemHeader(SequenceDelimiter, 0);

    /// <summary>Hands what is in the buffer to the stream.</summary>
    /// <exception cref="InvalidOperationException">A sequence of defined length is open.</exception>
    public void Flush()
    {
        if (_lengthFields.Count > 0)
        {
            throw new InvalidOperationException("A sequence of defined length cannot be flushed before it is closed");
        }

        _output.Write(_buffer, 0, _count);
        _flushed += _count;
        _count = 0;
    }

    private void WriteValue(DicomDataSet set, DicomElement element, SafeFileHandle? source)
    {
        if (element.IsEncapsulated)
        {
            StartFragments(element.Tag, element.Vr);
            foreach (var fragment in element.Fragments)
            {
                var length = fragment.Bytes?.Length ?? fragment.Range.Length;
                WriteFragmentHeader((length + 1) & ~1L);
                if (fragment.Bytes is { } bytes) WriteRaw(bytes.Span);
                else CopyFrom(source, element.Tag, fragment.Range);
                if (length % 2 != 0) WriteRaw([0]);
            }

            EndFragments();
            return;
        }

        if (element.IsDeferred && element.Vr == Vr.SQ)
        {
            // Its items may be encoded in another way than what is being written.
            throw new DicomException($"The items of {element.Tag} were left in their file: load them to write them");
        }

        if (element.IsDeferred)
        {
            WriteHeader(element.Tag, element.Vr, (element.Range.Length + 1) & ~1L);
            CopyFrom(source, element.Tag, element.Range);
            if (element.Range.Length % 2 != 0) WriteRaw([element.Vr.Padding]);
            return;
        }

        WriteElement(element.Tag, element.Vr, element.Bytes ?? ValueText.Encode(element.Tag, element.Vr, element.Text!, set.CharacterSet));
    }

    private void CopyFrom(SafeFileHandle? source, DicomTag tag, FileRange range)
    {
        if (source is null)
        {
            throw new DicomException($"The value of {tag} was left in its file ({range.Length} bytes), which was not given");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(range.Length, BufferBytes));
        try
        {
            for (long done = 0; done < range.Length;)
            {
                var wanted = (int)Math.Min(buffer.Length, range.Length - done);
                var read = RandomAccess.Read(source, buffer.AsSpan(0, wanted), range.Offset + done);
                if (read == 0) throw new DicomFormatException($"The value of {tag} is longer than its file", range.Offset + done);
                WriteRaw(buffer.AsSpan(0, read));
                done += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void WriteHeader(DicomTag tag, Vr vr, uint length)
    {
        if (!vr.HasLongLength && length > ushort.MaxValue) vr = Vr.UN;
        var header = Reserve(_isImplicit || !vr.HasLongLength ? 8 : 12);
        BinaryPrimitives.WriteUInt16LittleEndian(header, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], tag.Element);
        if (_isImplicit)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(header[4..], vr.Code);
        if (vr.HasLongLength)
        {
            header[6] = header[7] = 0;
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)length);
        }
    }

    private void WriteItemHeader(uint tag, uint length)
    {
        var header = Reserve(8);
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(tag >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(tag & 0xFFFF));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
    }

    private void OpenLength()
    {
        if (_definedLengths) _lengthFields.Push(_count - 4);
    }

    private void CloseLength(uint delimiter)
    {
        if (!_definedLengths)
        {
            WriteItemHeader(delimiter, 0);
            return;
        }

        var field = _lengthFields.Pop();
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(field), (uint)(_count - field - 4));
    }

    /// <summary>Room for the next bytes. The buffer is handed on when full, or grows where a length must still be put into it.</summary>
    private Span<byte> Reserve(int count)
    {
        if (_count + count > _buffer.Length)
        {
            if (_lengthFields.Count == 0 && _buffer.Length >= BufferBytes) Flush();
            if (_count + count > _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _count + count));
            }
        }

        var room = _buffer.AsSpan(_count, count);
        _count += count;
        return room;
    }
}
