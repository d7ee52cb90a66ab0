namespace Slideport.Dicom.DataSets;

/// <summary>
/// Turns the tokens of a <see cref="DicomReader"/> into a <see cref="DicomDataSet"/>, with a stack of its own instead of recursion.
/// </summary>
internal sealed class DataSetLoader(DicomReader reader, DicomElementHandler? handler, DicomDataSet? parent = null)
{
    private readonly Stack<OpenSequence> _open = new();
    private DicomDataSet _set = parent is null ? new() : new(parent);
    private int _loaded;
    private long _loadedBytes;

    private readonly record struct OpenSequence(DicomTag Tag, long ValueOffset, List<DicomDataSet> Items, DicomDataSet Parent);

    /// <summary>Loads from where the reader stands to the end of its data, or of the item it stands at the beginning of.</summary>
    public DicomDataSet Load()
    {
        var root = _set;
        while (reader.Read())
        {
            switch (reader.Token)
            {
                case DicomToken.Element or DicomToken.SequenceStart or DicomToken.PixelDataStart:
                    if (handler is not null && Handle()) continue;
                    Begin();
                    break;
                case DicomToken.ItemStart:
                    Count();
                    _set = new DicomDataSet(_open.Peek().Parent);
                    _open.Peek().Items.Add(_set);
                    break;
                case DicomToken.ItemEnd:
                    Finish(_set);
                    if (_open.Count == 0) return root;
                    break;
                case DicomToken.SequenceEnd:
                    var closed = _open.Pop();
                    _set = closed.Parent;
                    var range = new FileRange(closed.ValueOffset, reader.ValueOffset - closed.ValueOffset);
                    _set.Append(new DicomElement(closed.Tag, closed.Items, range));
                    break;
            }
        }

        Finish(root);
        return root;
    }

    /// <summary>Offers the element to the handler; whatever the handler has left of one it took is passed over.</summary>
    private bool Handle()
    {
        var level = reader.Token == DicomToken.Element ? reader.LevelCount : reader.LevelCount - 1;
        if (!handler!(reader)) return false;
        reader.SkipToLevel(level);
        return true;
    }

    private void Begin()
    {
        Count();
        switch (reader.Token)
        {
            case DicomToken.SequenceStart:
                _open.Push(new OpenSequence(reader.Tag, reader.ValueOffset, [], _set));
                break;
            case DicomToken.PixelDataStart:
                _set.Append(LoadFragments());
                break;
            case DicomToken.Element when reader.Tag.IsGroupLength && reader.Tag.Group is not (0 or 2):
                break; // Retired, often wrong, and wrong at the latest when the data set is written again.
            default:
                var range = new FileRange(reader.ValueOffset, reader.ValueLength);
                _set.Append(TakesIntoMemory(range.Length)
                    ? new DicomElement(reader.Tag, reader.Vr, reader.ReadValue().ToArray(), range)
                    : new DicomElement(reader.Tag, reader.Vr, range));
                break;
        }
    }

    private DicomElement LoadFragments()
    {
        var (tag, vr, start) = (reader.Tag, reader.Vr, reader.ValueOffset);
        var fragments = new List<DicomFragment>();
        while (reader.Read() && reader.Token == DicomToken.Fragment)
        {
            Count();
            var range = new FileRange(reader.ValueOffset, reader.ValueLength);
            fragments.Add(TakesIntoMemory(range.Length) ? new DicomFragment(reader.ReadValue().ToArray(), range) : new DicomFragment(range));
        }

        return new DicomElement(tag, vr, fragments, new FileRange(start, reader.ValueOffset - start));
    }

    private bool TakesIntoMemory(long length)
    {
        if (length > reader.Limits.MaxLoadedValueBytes || _loadedBytes + length > reader.Limits.MaxLoadedBytes)
            return false;
        _loadedBytes += length;
        return true;
    }

    private void Finish(DicomDataSet set)
    {
        foreach (var tag in set.SortLoaded()) reader.Warn($"{tag} is there more than once; the first one counts");
        if (!set.WasInOrder) reader.Warn("The elements are not in ascending order");
    }

    private void Count()
    {
        if (++_loaded > reader.Limits.MaxLoadedElements)
        {
            throw reader.Malformed($"There are more than the {reader.Limits.MaxLoadedElements} elements and items that are kept in memory");
        }
    }
}
