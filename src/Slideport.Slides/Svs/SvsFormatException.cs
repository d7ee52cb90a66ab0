namespace Slideport.Slides.Svs;

/// <summary>A TIFF file is not an Aperio slide, or one that contradicts itself.</summary>
public sealed class SvsFormatException : SlideException
{
    /// <summary>A problem with the directory of this index.</summary>
    public SvsFormatException(int directory, string message)
        : base(FormattableString.Invariant($"TIFF directory {directory}: {message}")) =>
        Directory = directory;

    /// <summary>Index of the TIFF directory, from 0.</summary>
    public int Directory { get; }
}
