namespace Slideport.Dicom;

/// <summary>A stretch of a file.</summary>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct FileRange(long Offset, long Length);
