namespace Slideport.Dicom.DataSets;

/// <summary>What a data set may ask of whoever reads it. Each breach is a <see cref="DicomFormatException"/>.</summary>
public sealed record DicomReaderLimits
{
    /// <summary>The limits that hold where none are given.</summary>
    public static DicomReaderLimits Default { get; } = new();

    /// <summary>How deep sequences may nest; real slides have 4 levels.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Elements, items and fragments that are walked through: 140 000 frames with full functional groups have 3 million.</summary>
    public long MaxElements { get; init; } = 1L << 26;

    /// <summary>The longest value that is read into memory as a whole: a GT 450's ICC profile has 13 MB.</summary>
    public int MaxValueBytes { get; init; } = 64 << 20;

    /// <summary>Bytes taken from a stream that cannot tell its length: the bound of what a deflated data set may blow up to.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Elements, items and fragments that loading a <see cref="DicomDataSet"/> keeps in memory (some 100 bytes each).</summary>
    public int MaxLoadedElements { get; init; } = 1 << 18;

    /// <summary>Bytes of values that loading a <see cref="DicomDataSet"/> keeps in memory, all together; what comes after them stays where it is.</summary>
    public long MaxLoadedBytes { get; init; } = 64 << 20;

    /// <summary>Values longer than this stay where they are when a data set is loaded; only their place is kept.</summary>
    public int MaxLoadedValueBytes { get; init; } = 64 << 10;
}
