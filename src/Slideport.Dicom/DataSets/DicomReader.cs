using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.DataSets;

/// <summary>
/// Reads a data set (PS3.5 7) as a run of tokens, without recursion and without an allocation per element: <see cref="Read"/> moves on, the
/// properties tell where it stands. Values are skipped unless asked for, by seeking where the stream can seek. Lengths that the data
/// states are
/// checked against what is there and never drive an allocation.
/// <para>Accepted although the standard would not have it: odd lengths, wrong group lengths, implicit VR inside explicit VR and the
/// reverse,
/// unknown VRs, stray delimiters, sequences in VR UN, undefined lengths of any VR, Pixel Data without its closing delimiter at the end of
/// the
/// file. <see cref="Warnings"/> tells. Not thread-safe; not usable after an exception.</para>
/// </summary>
public sealed class DicomReader
{
    private const int MaxWarnings = 32;
    private const uint UndefinedLength = 0xFFFFFFFF;
    private const uint Item = 0xFFFEE000;
    private const uint ItemDelimiter = 0xFFFEE00D;
    private const uint SequenceDelimiter = 0xFFFEE0DD;
    private const uint PixelData = 0x7FE00010;

    // Old DCMTK wrote "??" for a VR it did not know, with a length of 16 bits.
    private const ushort QuestionMarks = 0x3F3F;

    private readonly ByteWindow _bytes;
    private readonly List<string> _warnings = [];
    private NestingLevel[] _levels = new NestingLevel[8];
    private int _levelCount = 1;
    private long _elementCount;
    private long _valueRemaining;
    private byte[] _copy = [];
    private int _copied = -1;

    /// <summary>Reads from the stream's current position to its end.</summary>
    /// <param name="stream">Source; stays the caller's. Positions are the stream's own if it can seek, otherwise counted from here.</param>
    /// <param name="syntax">How the data set is encoded. Deflated ones must be inflated by the caller.</param>
    /// <param name="limits">What the data set may ask for; null for the defaults.</param>
    public DicomReader(Stream stream, TransferSyntax syntax, DicomReaderLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Limits = limits ?? DicomReaderLimits.Default;
        _bytes = new ByteWindow(stream, Limits.MaxBytes);
        OpenRoot(syntax);
    }

    /// <summary>Reads bytes in memory, such as a command set. They are not copied and must not change meanwhile.</summary>
    /// <param name="bytes">The data set and nothing behind it.</param>
    /// <param name="syntax">How the data set is encoded.</param>
    /// <param name="limits">What the data set may ask for; null for the defaults.</param>
    public DicomReader(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReaderLimits? limits = null)
    {
        Limits = limits ?? DicomReaderLimits.Default;
        _bytes = new ByteWindow(bytes);
        OpenRoot(syntax);
    }

    /// <summary>What the data set may ask for.</summary>
    public DicomReaderLimits Limits { get; }

    /// <summary>What the reader stands at.</summary>
    public DicomToken Token { get; private set; }

    /// <summary>Tag of the element or sequence; for items and fragments, of the sequence they are in.</summary>
    public DicomTag Tag { get; private set; }

    /// <summary>VR as written; the dictionary's where none is written (implicit VR); SQ for what turned out to be a sequence.</summary>
    public Vr Vr { get; private set; }

    /// <summary>Position of the token's tag.</summary>
    public long ElementOffset { get; private set; }

    /// <summary>Position of the value; for sequences and values in fragments, of their first item.</summary>
    public long ValueOffset { get; private set; }

    /// <summary>Length of the value in bytes as stated; -1 if it is undefined and a delimiter closes it.</summary>
    public long ValueLength { get; private set; }

    /// <summary>Number of items around the token: 0 in the outermost data set; item tokens count themselves.</summary>
    public int Depth { get; private set; }

    /// <summary>Index of the item or fragment within its sequence; 0 elsewhere.</summary>
    public int ItemIndex { get; private set; }

    /// <summary>Position of the next byte to be read.</summary>
    public long Position => _bytes.Position;

    /// <summary>Whether encapsulated Pixel Data was not closed by a delimiter where the data ends.</summary>
    public bool IsPixelDataUnclosed { get; private set; }

    /// <summary>What was accepted though it is wrong, one sentence each; at most 32 are kept.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Moves to the next token, skipping what is left of the current value; false at the end of the data set.</summary>
    /// <exception cref="DicomFormatException">The data is not a data set, ends inside one, or exceeds the limits.</exception>
    public bool Read()
    {
        if (Token == DicomToken.End) return false;
        FinishValue();
        Token = DicomToken.None;
        ItemIndex = 0;
        while (true)
        {
            ref var level = ref _levels[_levelCount - 1];
            if (level.End >= 0 && _bytes.Position >= level.End)
            {
                Close(_bytes.Position);
                return Token != DicomToken.End;
            }

            var found = level.Kind switch
            {
                NestingKind.DataSet => ReadElement(ref level),
                NestingKind.Sequence => ReadItem(ref level),
                _ => ReadFragment(ref level),
            };
            if (found) return Token != DicomToken.End;
        }
    }

    /// <summary>
    /// Skips what the current token opened, and stands at the token that closes it; an element or fragment is skipped by <see
    /// cref="Read"/>.
    /// </summary>
    /// <exception cref="DicomFormatException">The data ends before, or what must be walked through is malformed.</exception>
    public void Skip()
    {
        if (Opens(Token)) SkipToLevel(_levelCount - 1);
    }

    /// <summary>
    /// The value of the current element or fragment (what is left of it, if parts were read), least significant byte first whatever the
    /// syntax. Valid until the next call.
    /// </summary>
    /// <exception cref="DicomFormatException">The data ends inside the value, or it is longer than the limit.</exception>
    public ReadOnlySpan<byte> ReadValue()
    {
        if (_copied >= 0) return _copy.AsSpan(0, _copied);
        if (_valueRemaining > Limits.MaxValueBytes)
        {
            throw Malformed($"A value of {_valueRemaining} bytes is longer than the {Limits.MaxValueBytes} that may be read at once");
        }

        var length = (int)_valueRemaining;
        var swap = _levels[_levelCount - 1].IsBigEndian && Vr.UnitBytes > 1;
        if (length <= _bytes.Capacity && !swap)
        {
            return _bytes.TryEnsure(length) ? _bytes.Peek(length) : throw Truncated();
        }

        CopyValue(length);
        if (swap) ByteOrder.Swap(_copy.AsSpan(0, length), Vr.UnitBytes);
        return _copy.AsSpan(0, length);
    }

    /// <summary>
    /// Reads the next part of a value, in the byte order of the data; 0 when nothing is left of it. For values of any size.
    /// </summary>
    /// <param name="destination">Where to; filled unless the value ends before.</param>
    /// <exception cref="DicomFormatException">The data ends inside the value.</exception>
    public int ReadValue(Span<byte> destination)
    {
        var wanted = (int)Math.Min(destination.Length, _valueRemaining);
        if (_bytes.Read(destination[..wanted]) < wanted) throw Truncated();
        _valueRemaining -= wanted;
        return wanted;
    }

    /// <summary>Tags from the outermost sequence to where the reader stands, as <c>(0048,0105)[0] (0028,2000)</c>; for messages.</summary>
    public string Path()
    {
        var path = new StringBuilder();
        for (var i = 1; i < _levelCount; i++)
        {
            ref var level = ref _levels[i];
            if (level.Kind == NestingKind.DataSet) path.Append(CultureInfo.InvariantCulture, $"[{level.Items}]");
            else path.Append(path.Length == 0 ? "" : " ").Append(level.Tag);
        }

        if (Token == DicomToken.Element) path.Append(path.Length == 0 ? "" : " ").Append(Tag);
        return path.ToString();
    }

    /// <summary>Makes the exception for something wrong in the current value, with its place.</summary>
    /// <param name="message">What is wrong, without the place.</param>
    public DicomFormatException Malformed(string message) => new(message, _bytes.Position, Path());

    /// <summary>The tag that comes next in the outermost data set, little endian; false where the data ends.</summary>
    internal bool TryPeekTag(out DicomTag tag)
    {
        FinishValue();
        tag = default;
        if (!_bytes.TryEnsure(4)) return false;
        tag = ReadTag(_bytes.Peek(4), bigEndian: false);
        return true;
    }

    /// <summary>
    /// Ends reading here, as if the data did: what a caller does that finds the rest, such as a gigabyte of fragments, by itself.
    /// </summary>
    internal void Stop()
    {
        _levelCount = 1;
        _valueRemaining = 0;
        Token = DicomToken.End;
    }

    /// <summary>How many levels are open; with <see cref="SkipToLevel"/> a way back from whatever a handler did.</summary>
    internal int LevelCount => _levelCount;

    /// <summary>Reads on until no more than this number of levels is open; stands at the token that closed the last one.</summary>
    internal void SkipToLevel(int count)
    {
        while (_levelCount > count)
        {
            var end = _levels[_levelCount - 1].End;
            if (Opens(Token) && end >= 0)
            {
                if (!_bytes.TrySkip(end - _bytes.Position)) throw Truncated();
                Close(end);
            }
            else
            {
                Read();
            }
        }
    }

    private static bool Opens(DicomToken token) => token is DicomToken.SequenceStart or DicomToken.ItemStart or DicomToken.PixelDataStart;

    /// <summary>Records something that was accepted though it is wrong.</summary>
    internal void Warn(string message)
    {
        if (_warnings.Count < MaxWarnings) _warnings.Add(Malformed(message).Message);
    }

    private void OpenRoot(TransferSyntax syntax)
    {
        ArgumentNullException.ThrowIfNull(syntax);
        _levels[0] = new NestingLevel
        {
            Kind = NestingKind.DataSet,
            IsImplicit = syntax.IsImplicit,
            IsBigEndian = syntax.IsBigEndian,
            End = -1,
            Limit = _bytes.KnownEnd,
        };
    }

    /// <summary>In a data set: an element, or the delimiter that closes an item. False if a stray delimiter was passed over.</summary>
    private bool ReadElement(ref NestingLevel level)
    {
        ElementOffset = _bytes.Position;
        if (!_bytes.TryEnsure(8) || _bytes.Position + 8 > level.Limit) return EndOfData();

        var header = _bytes.Peek(8);
        var tag = ReadTag(header, level.IsBigEndian);
        if (tag.Group == 0xFFFE) return ReadDelimiter(ref level, tag);
        Count();

        if (!level.IsSniffed) Sniff(ref level, tag, header);
        var vr = new Vr(header[4], header[5]);
        var isImplicit = level.IsImplicit || !vr.HasLetters;
        long length;
        if (isImplicit)
        {
            if (!level.IsImplicit && vr.Code == QuestionMarks)
            {
                vr = Vr.UN;
                length = ReadUInt16(header[6..], level.IsBigEndian);
            }
            else
            {
                if (!level.IsImplicit) Warn($"{tag} has no VR although the transfer syntax asks for it");
                vr = DicomDictionary.VrOf(tag);
                length = ReadUInt32(header[4..], level.IsBigEndian);
            }

            _bytes.Advance(8);
        }
        else if (vr.HasLongLength)
        {
            if (!_bytes.TryEnsure(12) || _bytes.Position + 12 > level.Limit) return EndOfData();
            length = ReadUInt32(_bytes.Peek(12)[8..], level.IsBigEndian);
            _bytes.Advance(12);
        }
        else
        {
            length = ReadUInt16(header[6..], level.IsBigEndian);
            _bytes.Advance(8);
        }

        Tag = tag;
        Vr = vr;
        ValueOffset = _bytes.Position;
        ValueLength = length;
        return OpenElement(ref level);
    }

    /// <summary>Behind an element's header: decides whether a plain value, a sequence or fragments follow.</summary>
    private bool OpenElement(ref NestingLevel level)
    {
        Token = DicomToken.Element;
        if (ValueLength == UndefinedLength)
        {
            ValueLength = -1;
            OpenUndefined(ref level);
            return true;
        }

        if (ValueLength > level.Limit - ValueOffset)
        {
            var container = _levelCount == 1 ? "the data" : "its item";
            var left = level.Limit - ValueOffset;
            throw Malformed($"A value of {ValueLength} bytes does not fit into the {left} that are left of {container}");
        }

        if (Tag.Value != PixelData && (Vr == Vr.SQ || (Vr == Vr.UN && HidesSequence())))
        {
            Open(NestingKind.Sequence, ref level, DicomToken.SequenceStart, asImplicit: Vr == Vr.UN);
            return true;
        }

        _valueRemaining = ValueLength;
        return true;
    }

    private void OpenUndefined(ref NestingLevel level)
    {
        // Only Pixel Data may have fragments, but private values were seen encoded alike, and sequences under a VR of OB.
        var isBinary = Vr.HasLongLength && Vr.UnitBytes > 0 && !Vr.IsText && Vr != Vr.SQ && Vr != Vr.UN;
        if (Tag.Value == PixelData || (isBinary && !NextItemIsUndefined(ref level)))
        {
            Open(NestingKind.Fragments, ref level, DicomToken.PixelDataStart, asImplicit: false);
            return;
        }

        // PS3.5 6.2.2 note 2 (CP-246): what is in UN of undefined length is implicit VR little endian, whatever is around it.
        Open(NestingKind.Sequence, ref level, DicomToken.SequenceStart, asImplicit: Vr == Vr.UN);
    }

    private bool NextItemIsUndefined(ref NestingLevel level) =>
        _bytes.TryEnsure(8) && ReadTag(_bytes.Peek(4), level.IsBigEndian).Value == Item &&
        ReadUInt32(_bytes.Peek(8)[4..], level.IsBigEndian) == UndefinedLength;

    /// <summary>Whether a value of VR UN is a sequence that passed through something which did not know it (PS3.5 6.2.2 note 2).</summary>
    private bool HidesSequence() =>
        ValueLength >= 8 && DicomDictionary.VrOf(Tag) == Vr.SQ &&
        _bytes.TryEnsure(4) && ReadTag(_bytes.Peek(4), bigEndian: false).Value == Item;

    /// <summary>
    /// Looks at the first element of a data set: some devices write items, or all, with VRs where none belong, or without.
    /// </summary>
    private void Sniff(ref NestingLevel level, DicomTag tag, ReadOnlySpan<byte> header)
    {
        level.IsSniffed = true;
        var vr = new Vr(header[4], header[5]);
        if (level.IsImplicit)
        {
            // As a length these letters would mean 16 KiB and more, odd half of the time: that it also is the tag's own VR is no accident.
            if (!vr.HasLetters || !vr.IsKnown || DicomDictionary.VrOf(tag) != vr) return;
            level.IsImplicit = false;
            Warn($"{tag} has a VR although the transfer syntax is implicit");
        }
        else if (!vr.HasLetters && vr.Code != QuestionMarks && !level.IsBigEndian && ReadUInt32(header[4..], false) is var length &&
                 (length == UndefinedLength || length <= level.Limit - _bytes.Position - 8))
        {
            level.IsImplicit = true;
            Warn($"{tag} has no VR although the transfer syntax asks for it");
        }
    }

    /// <summary>In a data set: (FFFE,xxxx).</summary>
    private bool ReadDelimiter(ref NestingLevel level, DicomTag tag)
    {
        if (tag.Value is not (ItemDelimiter or SequenceDelimiter)) throw Malformed($"{tag} stands where an element should");
        if (tag.Value == ItemDelimiter && level.End < 0 && _levelCount > 1)
        {
            _bytes.Advance(8);
            Close(_bytes.Position - 8);
            return true;
        }

        // Written behind sequences and items of defined length by some devices.
        Count();
        Warn($"{tag} closes nothing");
        _bytes.Advance(8);
        return false;
    }

    /// <summary>In a sequence: an item, or the delimiter that closes the sequence. False if a stray delimiter was passed over.</summary>
    private bool ReadItem(ref NestingLevel level)
    {
        var tag = ReadItemHeader(ref level, out var length);
        if (tag.Value == SequenceDelimiter && level.End < 0)
        {
            Close(ElementOffset);
            return true;
        }

        if (tag.Value is SequenceDelimiter or ItemDelimiter)
        {
            Warn($"{tag} closes nothing");
            return false;
        }

        if (tag.Value != Item) throw Malformed($"{tag} stands where an item of {level.Tag} should");
        Tag = level.Tag;
        Vr = level.Vr;
        ValueOffset = _bytes.Position;
        ValueLength = length == UndefinedLength ? -1 : length;
        CheckItemFits(ref level);
        ItemIndex = level.Items++;
        Open(NestingKind.DataSet, ref level, DicomToken.ItemStart, asImplicit: false);
        _levels[_levelCount - 1].Items = ItemIndex;
        return true;
    }

    /// <summary>In a value in fragments: a fragment, or the delimiter that closes the value.</summary>
    private bool ReadFragment(ref NestingLevel level)
    {
        if (!_bytes.TryEnsure(1))
        {
            IsPixelDataUnclosed = true;
            Warn($"{level.Tag} is not closed by a delimiter");
            Close(_bytes.Position);
            return true;
        }

        var tag = ReadItemHeader(ref level, out var length);
        if (tag.Value == SequenceDelimiter)
        {
            Close(ElementOffset);
            return true;
        }

        if (tag.Value != Item || length == UndefinedLength)
        {
            throw Malformed($"{tag} with length {length:X8} stands where a fragment of {level.Tag} should");
        }

        Token = DicomToken.Fragment;
        Tag = level.Tag;
        Vr = level.Vr;
        ValueOffset = _bytes.Position;
        ValueLength = length;
        CheckItemFits(ref level);
        ItemIndex = level.Items++;
        _valueRemaining = length;
        return true;
    }

    private DicomTag ReadItemHeader(ref NestingLevel level, out uint length)
    {
        ElementOffset = _bytes.Position;
        if (!_bytes.TryEnsure(8) || _bytes.Position + 8 > level.Limit) throw Truncated();
        Count();
        var header = _bytes.Peek(8);
        length = ReadUInt32(header[4..], level.IsBigEndian);
        var tag = ReadTag(header, level.IsBigEndian);
        _bytes.Advance(8);
        return tag;
    }

    private void CheckItemFits(ref NestingLevel level)
    {
        if (ValueLength > level.Limit - ValueOffset)
        {
            throw Malformed($"An item of {ValueLength} bytes does not fit into the {level.Limit - ValueOffset} that are left");
        }
    }

    private void Open(NestingKind kind, ref NestingLevel parent, DicomToken token, bool asImplicit)
    {
        var depth = _levelCount / 2; // levels alternate: data set, sequence, data set...
        if (kind != NestingKind.DataSet && depth >= Limits.MaxDepth) throw Malformed($"Sequences nest deeper than {Limits.MaxDepth}");
        var end = ValueLength < 0 ? -1 : ValueOffset + ValueLength;
        var level = new NestingLevel
        {
            Kind = kind,
            IsImplicit = parent.IsImplicit || asImplicit,
            IsBigEndian = parent.IsBigEndian && !asImplicit,
            Tag = Tag,
            Vr = Vr,
            End = end,
            Limit = end < 0 ? parent.Limit : end,
        };
        if (kind == NestingKind.Sequence) Vr = Vr.SQ;
        if (_levelCount == _levels.Length) Array.Resize(ref _levels, _levels.Length * 2);
        _levels[_levelCount++] = level;
        Token = token;
        Depth = depth;
    }

    private void Close(long end)
    {
        if (_levelCount == 1)
        {
            Token = DicomToken.End;
            return;
        }

        ref var level = ref _levels[--_levelCount];
        Token = level.Kind switch
        {
            NestingKind.DataSet => DicomToken.ItemEnd,
            NestingKind.Sequence => DicomToken.SequenceEnd,
            _ => DicomToken.PixelDataEnd,
        };
        Tag = level.Tag;
        Vr = level.Kind == NestingKind.Sequence ? Vr.SQ : level.Vr;
        ItemIndex = level.Kind == NestingKind.DataSet ? level.Items : 0;
        ElementOffset = ValueOffset = end;
        ValueLength = 0;
        Depth = _levelCount / 2;
    }

    /// <summary>Too few bytes are left for another element: fine where none are left of the outermost data set.</summary>
    private bool EndOfData()
    {
        if (_levelCount > 1 || _bytes.TryEnsure(1)) throw Truncated();
        Token = DicomToken.End;
        return true;
    }

    private void FinishValue()
    {
        _copied = -1;
        if (_valueRemaining > 0 && !_bytes.TrySkip(_valueRemaining)) throw Truncated();
        _valueRemaining = 0;
    }

    /// <summary>Brings a value into memory that the window cannot hold. Grows with the bytes that are really there.</summary>
    private void CopyValue(int length)
    {
        var size = _bytes.KnownEnd == long.MaxValue ? Math.Min(length, ByteWindow.BufferBytes) : length;
        if (_copy.Length < size) _copy = new byte[size];
        var copied = 0;
        while (copied < length)
        {
            if (copied == _copy.Length) Array.Resize(ref _copy, (int)Math.Min(length, 2L * copied));
            var step = _bytes.Read(_copy.AsSpan(copied, Math.Min(length, _copy.Length) - copied));
            if (step == 0) throw Truncated();
            copied += step;
        }

        _valueRemaining = 0;
        _copied = length;
    }

    private void Count()
    {
        if (++_elementCount > Limits.MaxElements) throw Malformed($"There are more than {Limits.MaxElements} elements and items");
    }

    private DicomFormatException Truncated() => Malformed("The data ends too early");

    private static DicomTag ReadTag(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        new(ReadUInt16(bytes, bigEndian), ReadUInt16(bytes[2..], bigEndian));

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
