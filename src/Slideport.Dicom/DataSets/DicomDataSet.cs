using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.DataSets;

/// <summary>
/// A data set in memory (PS3.5 7): elements in ascending order of tags. Values longer than a threshold are not loaded, only their place is
/// kept. Getters are lenient, since what they read came from others: null means absent, empty or unreadable. Setters are strict.
/// Not thread-safe.
/// </summary>
public sealed class DicomDataSet
{
    /// <summary>File meta information has some ten elements.</summary>
    private const int MaxGroupElements = 1000;

    private readonly List<DicomElement> _elements = [];
    private DicomDataSet? _parent;

    /// <summary>Creates an empty data set.</summary>
    public DicomDataSet()
    {
    }

    internal DicomDataSet(DicomDataSet parent)
    {
        _parent = parent;
    }

    /// <summary>All elements in ascending order of tags.</summary>
    public IReadOnlyList<DicomElement> Elements => _elements;

    /// <summary>
    /// The character set that governs text here: that of Specific Character Set (0008,0005), else of the data set around this one, else the
    /// default repertoire (PS3.3 C.12.1.1.2).
    /// </summary>
    public DicomCharacterSet CharacterSet => FindCharacterSet();

    /// <summary>Whether the elements came in ascending order when the data set was loaded.</summary>
    internal bool WasInOrder { get; private set; } = true;

    /// <summary>
    /// Loads a data set from where the reader stands: all of it, or, at <see cref="DicomToken.ItemStart"/>, that item. Of elements that are
    /// there more than once the first counts; group lengths are left out (other than in groups 0000 and 0002). <see
    /// cref="DicomReader.Warnings"/> tells
    /// what had to be put right.
    /// </summary>
    /// <param name="reader">Stands before the first element.</param>
    /// <param name="handler">Offered every element first; null to load all.</param>
    /// <exception cref="DicomFormatException">The data is not a data set, or exceeds the limits.</exception>
    public static DicomDataSet Load(DicomReader reader, DicomElementHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new DataSetLoader(reader, handler).Load();
    }

    /// <summary>Loads a data set from bytes in memory.</summary>
    /// <param name="bytes">The data set and nothing else.</param>
    /// <param name="syntax">How it is encoded.</param>
    /// <exception cref="DicomFormatException">The bytes are not a data set, or exceed the limits.</exception>
    public static DicomDataSet Load(ReadOnlyMemory<byte> bytes, TransferSyntax syntax) => Load(new DicomReader(bytes, syntax));

    /// <summary>The element of a tag; null if there is none.</summary>
    public DicomElement? Find(DicomTag tag) => IndexOf(tag) is var i and >= 0 ? _elements[i] : null;

    /// <summary>Whether there is an element of this tag, empty or not.</summary>
    public bool Contains(DicomTag tag) => IndexOf(tag) >= 0;

    /// <summary>
    /// The value as text, without padding; several values stay joined by backslashes. Numbers are formatted. Null if absent, empty, or not
    /// text: a sequence, fragments, other bytes, a value left in the file.
    /// </summary>
    public string? GetString(DicomTag tag)
    {
        if (Find(tag) is not { } element) return null;
        var text = ValueText.Read(element, CharacterSet);
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>The values as texts, each without padding; empty if absent, empty or not text. Values may be empty texts.</summary>
    public string[] GetStrings(DicomTag tag)
    {
        if (GetString(tag) is not { } text) return [];
        return ValueText.EffectiveVr(Find(tag)!).IsSingleText ? [text] : text.Split('\\', StringSplitOptions.TrimEntries);
    }

    /// <summary>
    /// The first value as an integer, from any integer VR or an IS or DS that is one; null if absent, empty, or none that fits.
    /// </summary>
    public int? GetInt32(DicomTag tag) => GetInt64(tag) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>
    /// The first value as an integer, from any integer VR or an IS or DS that is one; null if absent, empty, or none that fits.
    /// </summary>
    public long? GetInt64(DicomTag tag) => Find(tag) is { } element ? ValueNumbers.Int64(element) : null;

    /// <summary>The values as integers; null if absent, empty, or if one of them is no integer.</summary>
    public long[]? GetInt64s(DicomTag tag) => Find(tag) is { } element ? ValueNumbers.Int64s(element) : null;

    /// <summary>The first value as a number, from any numeric VR, IS or DS; null if absent, empty or not a number.</summary>
    public double? GetDouble(DicomTag tag) => Find(tag) is { } element ? ValueNumbers.Double(element) : null;

    /// <summary>The values as numbers; null if absent, empty, or if one of them is none.</summary>
    public double[]? GetDoubles(DicomTag tag) => Find(tag) is { } element ? ValueNumbers.Doubles(element) : null;

    /// <summary>
    /// The value as it is encoded, least significant byte first, padding included. Null if absent, a sequence or fragments, or left in the
    /// file: <see cref="GetRange"/> tells where.
    /// </summary>
    public byte[]? GetBytes(DicomTag tag) => Find(tag) switch
    {
        { Bytes: { } bytes } => bytes,
        { Text: { } text, Vr: var vr } => ValueText.Encode(tag, vr, text, CharacterSet),
        _ => null,
    };

    /// <summary>Where the value lies in the stream it was loaded from; null if absent or set since.</summary>
    public FileRange? GetRange(DicomTag tag) => Find(tag) is { Range: { Offset: > 0 } or { Length: > 0 } } element ? element.Range : null;

    /// <summary>An item of a sequence; null if there is no such sequence or item.</summary>
    /// <param name="tag">The sequence.</param>
    /// <param name="index">Which item, from 0.</param>
    public DicomDataSet? GetItem(DicomTag tag, int index = 0) =>
        Find(tag)?.Items is { } items && index >= 0 && index < items.Count ? items[index] : null;

    /// <summary>The items of a sequence; empty if there is no such sequence.</summary>
    public IReadOnlyList<DicomDataSet> GetSequence(DicomTag tag) => Find(tag)?.Items ?? [];

    /// <summary>The name of a person; null if absent or empty.</summary>
    public PersonName? GetPersonName(DicomTag tag) => GetStrings(tag) is [{ Length: > 0 } first, ..] ? PersonName.Parse(first) : null;

    /// <summary>
    /// Sets a value to text: one value, or several joined by backslashes. The VR is the dictionary's. Numbers in text are parsed.
    /// </summary>
    /// <exception cref="ArgumentException">The text does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, string value) => Set(tag, VrFor(tag), value);

    /// <summary>Sets a value to text of a given VR: one value, or several joined by backslashes.</summary>
    /// <exception cref="ArgumentException">The text does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, Vr vr, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (vr.IsText) return Put(new DicomElement(tag, vr, value));
        return Put(new DicomElement(tag, vr, ValueNumbers.Encode(tag, vr, value.Split('\\'))));
    }

    /// <summary>Sets several values of text.</summary>
    /// <exception cref="ArgumentException">A value has a backslash, or does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            if (values.Length > 1 && value.Contains('\\', StringComparison.Ordinal))
            {
                throw new ArgumentException($"A value of {tag} has a backslash, which parts values", nameof(values));
            }
        }

        return Set(tag, VrFor(tag), string.Join('\\', values));
    }

    /// <summary>Sets integers, in the dictionary's VR.</summary>
    /// <exception cref="ArgumentException">A value does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, params ReadOnlySpan<long> values) => Set(tag, VrFor(tag), values);

    /// <summary>Sets integers, in a given VR.</summary>
    /// <exception cref="ArgumentException">A value does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, Vr vr, params ReadOnlySpan<long> values) => Put(vr.IsText
        ? new DicomElement(tag, vr, ValueNumbers.Format(tag, vr, values))
        : new DicomElement(tag, vr, ValueNumbers.Encode(tag, vr, values)));

    /// <summary>Sets numbers, in the dictionary's VR; DS values are rounded to what fits 16 characters.</summary>
    /// <exception cref="ArgumentException">A value is not finite where it must be, or does not fit the VR.</exception>
    public DicomDataSet Set(DicomTag tag, params ReadOnlySpan<double> values)
    {
        var vr = VrFor(tag);
        return Put(vr.IsText
            ? new DicomElement(tag, vr, ValueNumbers.Format(tag, vr, values))
            : new DicomElement(tag, vr, ValueNumbers.Encode(tag, vr, values)));
    }

    /// <summary>Sets the tags that an AT element points to.</summary>
    public DicomDataSet Set(DicomTag tag, params ReadOnlySpan<DicomTag> values)
    {
        var bytes = new byte[4 * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4 * i), values[i].Group);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4 * i + 2), values[i].Element);
        }

        return Put(new DicomElement(tag, Vr.AT, bytes));
    }

    /// <summary>
    /// Sets a value to bytes as they are to be encoded, least significant first. The VR is the dictionary's. The array is kept, not
    /// copied.
    /// </summary>
    public DicomDataSet Set(DicomTag tag, byte[] value) => Set(tag, VrFor(tag), value);

    /// <summary>Sets a value to bytes as they are to be encoded, least significant first. The array is kept, not copied.</summary>
    public DicomDataSet Set(DicomTag tag, Vr vr, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Put(new DicomElement(tag, vr, value));
    }

    /// <summary>Sets a sequence; no items make an empty one. The items become part of this data set.</summary>
    public DicomDataSet Set(DicomTag tag, params IReadOnlyList<DicomDataSet> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        foreach (var item in items) item._parent = this;
        return Put(new DicomElement(tag, items));
    }

    /// <summary>Sets a value in fragments, the offset table (possibly empty) first.</summary>
    public DicomDataSet SetFragments(DicomTag tag, Vr vr, IReadOnlyList<DicomFragment> fragments) =>
        Put(new DicomElement(tag, vr, fragments));

    /// <summary>Sets an element without a value, as type 2 attributes have (PS3.5 7.4.3). The VR is the dictionary's.</summary>
    public DicomDataSet SetEmpty(DicomTag tag)
    {
        var vr = VrFor(tag);
        return vr == Vr.SQ ? Set(tag, Array.Empty<DicomDataSet>()) : Set(tag, vr, Array.Empty<byte>());
    }

    /// <summary>Removes an element; false if there was none.</summary>
    public bool Remove(DicomTag tag)
    {
        var i = IndexOf(tag);
        if (i < 0) return false;
        _elements.RemoveAt(i);
        return true;
    }

    /// <summary>
    /// A copy, items and all, of which some elements may be left out or replaced; what it is made from stays as it is. Values left in a file are
    /// left there: whoever writes the copy needs the same file.
    /// </summary>
    /// <param name="choose">Asked for each element; null copies all.</param>
    public DicomDataSet Copy(DicomElementChooser? choose = null)
    {
        var root = new DicomDataSet();
        var open = new Stack<(DicomDataSet From, DicomDataSet To)>([(this, root)]);
        while (open.TryPop(out var level))
        {
            foreach (var element in level.From._elements)
            {
                if (choose?.Invoke(level.From, element, level.To) == false) continue;
                if (!element.IsSequence)
                {
                    level.To.Put(element);
                    continue;
                }

                var items = element.Items.Select(item => (From: item, To: new DicomDataSet(level.To))).ToList();
                items.ForEach(open.Push);
                level.To.Put(new DicomElement(element.Tag, [.. items.Select(item => item.To)]));
            }
        }

        return root;
    }

    /// <summary>The data set encoded.</summary>
    /// <param name="syntax">A little endian syntax.</param>
    /// <exception cref="DicomException">Text has characters that the data set's character set lacks, or a value was left in a
    /// file.</exception>
    public byte[] ToBytes(TransferSyntax syntax)
    {
        using var stream = new MemoryStream();
        var writer = new DicomWriter(stream, syntax);
        writer.Write(this);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>
    /// Loads elements as long as the next one is of a group: how file meta information is told from the data set behind it.
    /// </summary>
    internal static DicomDataSet LoadGroup(DicomReader reader, ushort group)
    {
        var set = new DicomDataSet();
        while (reader.TryPeekTag(out var tag) && tag.Group == group && reader.Read())
        {
            if (set._elements.Count == MaxGroupElements)
            {
                throw reader.Malformed($"Group {group:X4} has more than {MaxGroupElements} elements");
            }

            if (reader.Token == DicomToken.Element && reader.ValueLength <= reader.Limits.MaxLoadedValueBytes)
            {
                var range = new FileRange(reader.ValueOffset, reader.ValueLength);
                set.Append(new DicomElement(tag, reader.Vr, reader.ReadValue().ToArray(), range));
            }
            else
            {
                reader.Skip();
            }
        }

        foreach (var twice in set.SortLoaded()) reader.Warn($"{twice} is there more than once; the first one counts");
        return set;
    }

    /// <summary>Appends an element while loading, wherever it belongs.</summary>
    internal void Append(DicomElement element)
    {
        if (_elements.Count > 0 && element.Tag <= _elements[^1].Tag) WasInOrder = false;
        _elements.Add(element);
    }

    /// <summary>Puts loaded elements in order and drops all but the first of each tag; which tags those were.</summary>
    internal IEnumerable<DicomTag> SortLoaded()
    {
        if (WasInOrder) return [];
        var sorted = _elements.OrderBy(e => e.Tag).ToList(); // stable
        _elements.Clear();
        var twice = new List<DicomTag>();
        foreach (var element in sorted)
        {
            if (_elements.Count > 0 && _elements[^1].Tag == element.Tag) twice.Add(element.Tag);
            else _elements.Add(element);
        }

        return twice;
    }

    /// <summary>Adds an element, in place of the one of its tag if there is one.</summary>
    internal DicomDataSet Put(DicomElement element)
    {
        var i = IndexOf(element.Tag);
        if (i >= 0) _elements[i] = element;
        else _elements.Insert(~i, element);
        return this;
    }

    private int IndexOf(DicomTag tag)
    {
        if (_elements.Count == 0 || _elements[^1].Tag < tag) return ~_elements.Count; // sets are mostly built in order
        var (low, high) = (0, _elements.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (_elements[middle].Tag.CompareTo(tag))
            {
                case 0: return middle;
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return ~low;
    }

    private DicomCharacterSet FindCharacterSet()
    {
        for (var set = this; set is not null; set = set._parent)
        {
            if (set.Find(Tags.SpecificCharacterSet) is { } element &&
                ValueText.Read(element, DicomCharacterSet.Default) is { Length: > 0 } terms)
            {
                return DicomCharacterSet.Parse(terms.Split('\\'));
            }
        }

        return DicomCharacterSet.Default;
    }

    private static Vr VrFor(DicomTag tag)
    {
        var vr = DicomDictionary.VrOf(tag);
        return vr != Vr.UN ? vr : throw new ArgumentException($"{tag} is not in the dictionary: say which VR it has", nameof(tag));
    }
}
