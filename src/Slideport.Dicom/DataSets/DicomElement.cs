namespace Slideport.Dicom.DataSets;

/// <summary>
/// An element of a <see cref="DicomDataSet"/>: its tag, its VR and one of: bytes; text still to be encoded; items; fragments; or just the
/// place in the file where a long value was left. Immutable, but for the data sets that its items are.
/// </summary>
public sealed class DicomElement
{
    private readonly object? _content;

    internal DicomElement(DicomTag tag, Vr vr, byte[] bytes, FileRange range = default)
        : this(tag, vr, (object)bytes, range)
    {
    }

    internal DicomElement(DicomTag tag, Vr vr, string text)
        : this(tag, vr, (object)text, default)
    {
    }

    internal DicomElement(DicomTag tag, IReadOnlyList<DicomDataSet> items, FileRange range = default)
        : this(tag, Vr.SQ, items, range)
    {
    }

    internal DicomElement(DicomTag tag, Vr vr, IReadOnlyList<DicomFragment> fragments, FileRange range = default)
        : this(tag, vr, (object)fragments, range)
    {
    }

    internal DicomElement(DicomTag tag, Vr vr, FileRange range)
        : this(tag, vr, (object?)null, range)
    {
    }

    private DicomElement(DicomTag tag, Vr vr, object? content, FileRange range)
    {
        Tag = tag;
        Vr = vr;
        Range = range;
        _content = content;
    }

    /// <summary>Tag.</summary>
    public DicomTag Tag { get; }

    /// <summary>VR as read, or as set; SQ for whatever holds items.</summary>
    public Vr Vr { get; }

    /// <summary>Where the value lies in the stream it was loaded from; empty for elements that were set.</summary>
    public FileRange Range { get; }

    /// <summary>Whether the value was too long to be loaded: <see cref="Range"/> tells where it is.</summary>
    public bool IsDeferred => _content is null;

    /// <summary>Whether the element holds items.</summary>
    public bool IsSequence => _content is IReadOnlyList<DicomDataSet>;

    /// <summary>Whether the value consists of fragments.</summary>
    public bool IsEncapsulated => _content is IReadOnlyList<DicomFragment>;

    /// <summary>The items of a sequence; empty for other elements.</summary>
    public IReadOnlyList<DicomDataSet> Items => _content as IReadOnlyList<DicomDataSet> ?? [];

    /// <summary>The fragments of an encapsulated value, the offset table (possibly empty) first; empty for other elements.</summary>
    public IReadOnlyList<DicomFragment> Fragments => _content as IReadOnlyList<DicomFragment> ?? [];

    /// <summary>
    /// The value as bytes, least significant first; null for sequences, fragments, deferred values and text not encoded yet.
    /// </summary>
    internal byte[]? Bytes => _content as byte[];

    /// <summary>Text that was set and will be encoded in the data set's character set; null for other elements.</summary>
    internal string? Text => _content as string;

    /// <summary>Tag and VR, for the debugger.</summary>
    public override string ToString() => $"{Tag} {Vr}";
}
