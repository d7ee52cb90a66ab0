namespace Slideport.Dicom.DataSets;

/// <summary>A fragment of an encapsulated value: its bytes, or where they lie in the file.</summary>
public sealed class DicomFragment
{
    /// <summary>A fragment in memory.</summary>
    /// <param name="bytes">Its bytes, without item header.</param>
    /// <param name="range">Where they were read from, if they were.</param>
    public DicomFragment(ReadOnlyMemory<byte> bytes, FileRange range = default)
    {
        Bytes = bytes;
        Range = range;
    }

    /// <summary>A fragment that stays in the file.</summary>
    /// <param name="range">Where it lies, without item header.</param>
    public DicomFragment(FileRange range)
    {
        Range = range;
    }

    /// <summary>The bytes; null if they were too many to be loaded.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; }

    /// <summary>Where the bytes lie in the stream they were loaded from.</summary>
    public FileRange Range { get; }
}
