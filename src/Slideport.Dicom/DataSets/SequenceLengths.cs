namespace Slideport.Dicom.DataSets;

/// <summary>How a <see cref="DicomWriter"/> delimits sequences and items (PS3.5 7.5).</summary>
public enum SequenceLengths
{
    /// <summary>By delimiters: nothing need be known beforehand.</summary>
    Undefined,

    /// <summary>By lengths: some readers are quicker with them.</summary>
    Defined,
}
