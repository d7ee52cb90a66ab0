namespace Slideport.Slides.Svs;

/// <summary>A picture could not be decoded, or is larger than this product decodes.</summary>
public sealed class PixelException : SlideException
{
    /// <summary>A problem described by <paramref name="message"/>.</summary>
    public PixelException(string message) : base(message)
    {
    }

    /// <summary>A problem described by <paramref name="message"/>, reported by the decoder as <paramref name="inner"/>.</summary>
    public PixelException(string message, Exception inner) : base(message, inner)
    {
    }
}
