namespace Slideport.Protocol.Slides;

/// <summary>Slides whose state has changed, each as it is now, in the order they changed: <c>GET /role/slides</c>.</summary>
/// <param name="Slides">At most <see cref="MaxSlides"/>; empty when nothing has changed.</param>
/// <param name="Next">To be given back with the next question: whoever does so misses no slide, whichever SAM answers.</param>
public sealed record SlideFeed(IReadOnlyList<ConverterSlide> Slides, long Next)
{
    /// <summary>Most slides in one answer.</summary>
    public const int MaxSlides = 500;
}

/// <summary>A slide at a converter.</summary>
/// <param name="Converter">The converter's name.</param>
/// <param name="Slide">Where the slide is.</param>
public sealed record ConverterSlide(string Converter, SlideReport Slide);
