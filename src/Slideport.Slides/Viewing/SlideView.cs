namespace Slideport.Slides.Viewing;

/// <summary>A slide as a browser can show it. Owns neither the slide nor its files.</summary>
public sealed class SlideView
{
    /// <summary>Makes the view of an open slide; no tile is read yet.</summary>
    /// <exception cref="SlideException">It has no level, or the tables its tiles share are damaged.</exception>
    public SlideView(Slide slide)
    {
        if (slide.Levels.Count == 0) throw new SlideException($"There is nothing to show in {slide.Path}: it has no picture of the whole slide");
        Slide = slide;
        var first = slide.Levels[0];
        Levels = [.. slide.Levels.Select((l, i) => new LevelView(l, i, ((double)first.Width / l.Width + (double)first.Height / l.Height) / 2))];
    }

    /// <summary>The slide.</summary>
    public Slide Slide { get; }

    /// <summary>The pyramid from the largest level down.</summary>
    public IReadOnlyList<LevelView> Levels { get; }
}
