namespace Slideport.Slides.Svs;

/// <summary>All pages of an SVS, in the order <see cref="SvsWriter.Finish"/> chains them.</summary>
public sealed record SvsDirectories
{
    /// <summary>The full resolution.</summary>
    public required SvsLevelDirectory Base { get; init; }

    /// <summary>A small picture of the scanned area: without it tifffile and opentile lose the first reduced level.</summary>
    public required SvsImageDirectory Thumbnail { get; init; }

    /// <summary>The reduced levels, each smaller than the one before, all taller than the thumbnail.</summary>
    public IReadOnlyList<SvsLevelDirectory> ReducedLevels { get; init; } = [];

    /// <summary>The paper label.</summary>
    public SvsImageDirectory? Label { get; init; }

    /// <summary>The overview camera's picture.</summary>
    public SvsImageDirectory? Macro { get; init; }

    /// <summary>
    /// The ICC profile, written once, on the first page only: 13 MB of it on every page make OpenSlide open 20 times slower.
    /// </summary>
    public SvsIccProfile? IccProfile { get; init; }
}
