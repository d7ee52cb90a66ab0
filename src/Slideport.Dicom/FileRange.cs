namespace Slideport.Dicom;

/// <summary>Bytes of a file that are referred to instead of being held in memory.</summary>
/// <param name="Offset">Position of the first byte in the file.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct FileRange(long Offset, long Length)
{
    /// <summary>Position behind the last byte.</summary>
    public long End => Offset + Length;
}
