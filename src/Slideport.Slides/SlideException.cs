namespace Slideport.Slides;

/// <summary>A slide file cannot be used: its bytes are wrong. The message says what, where, and in which file or page.</summary>
public class SlideException : Exception
{
    /// <summary>A problem described by <paramref name="message"/>.</summary>
    public SlideException(string message) : base(message)
    {
    }

    /// <summary>A problem described by <paramref name="message"/>, found because of <paramref name="inner"/>.</summary>
    public SlideException(string message, Exception inner) : base(message, inner)
    {
    }
}
