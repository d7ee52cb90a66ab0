namespace Slideport.Dicom.DataSets;

/// <summary>What a <see cref="NestingLevel"/> holds.</summary>
internal enum NestingKind : byte
{
    /// <summary>Elements: the outermost data set, or an item.</summary>
    DataSet,

    /// <summary>Items that are data sets.</summary>
    Sequence,

    /// <summary>Items that are fragments.</summary>
    Fragments,
}

/// <summary>One open data set, sequence or value in fragments of a <see cref="DicomReader"/>.</summary>
internal struct NestingLevel
{
    /// <summary>What this level holds.</summary>
    public NestingKind Kind;

    /// <summary>Whether elements carry no VR.</summary>
    public bool IsImplicit;

    /// <summary>Whether numbers have their most significant byte first.</summary>
    public bool IsBigEndian;

    /// <summary>Whether the first element has been looked at, to tell implicit from explicit VR.</summary>
    public bool IsSniffed;

    /// <summary>Tag of the sequence, or of the sequence this item is in.</summary>
    public DicomTag Tag;

    /// <summary>VR as it was written.</summary>
    public Vr Vr;

    /// <summary>Position behind the last byte, where a length was written; -1 where a delimiter closes the level.</summary>
    public long End;

    /// <summary>The least End of this level and those around it: nothing in here may reach beyond.</summary>
    public long Limit;

    /// <summary>Items begun so far; in an item, its own index.</summary>
    public int Items;
}
