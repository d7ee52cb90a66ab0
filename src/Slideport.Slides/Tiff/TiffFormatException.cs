namespace Slideport.Slides.Tiff;

/// <summary>The bytes of a TIFF file are wrong or exceed a limit of the reader.</summary>
public sealed class TiffFormatException : SlideException
{
    /// <summary>A problem at byte <paramref name="offset"/> of the file.</summary>
    public TiffFormatException(string message, long offset) : base(FormattableString.Invariant($"{message} (byte {offset})")) =>
        Offset = offset;

    /// <summary>Where in the file the problem was met, in bytes from its start.</summary>
    public long Offset { get; }
}
