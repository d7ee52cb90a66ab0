namespace Slideport.Dicom;

/// <summary>
/// The bytes are not what PS3.5 or PS3.10 allow, or they ask for more than the limits grant. The message names the offset and the path of
/// tags that leads there.
/// </summary>
public sealed class DicomFormatException : DicomException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, without the place.</param>
    /// <param name="offset">Byte position in the stream or file.</param>
    /// <param name="path">Tags from the outermost sequence to the element, as <c>(0048,0105)[0] (0028,2000)</c>; empty if not inside
    /// one.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DicomFormatException(string message, long offset, string path = "", Exception? innerException = null)
        : base(path.Length == 0 ? $"{message} (at byte {offset})" : $"{message} (in {path}, at byte {offset})", innerException)
    {
        Offset = offset;
        Path = path;
    }

    /// <summary>Byte position in the stream or file that was read.</summary>
    public long Offset { get; }

    /// <summary>Tags from the outermost sequence to the element; empty if the error is not inside one.</summary>
    public string Path { get; }
}
