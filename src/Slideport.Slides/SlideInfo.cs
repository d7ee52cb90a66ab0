namespace Slideport.Slides;

/// <summary>What there is to tell about a slide, as values that serialise to JSON as they stand.</summary>
public sealed record SlideInfo
{
    /// <summary>The file, or the folder of the instances.</summary>
    public required string Path { get; init; }

    /// <summary>Format.</summary>
    public required SlideFormat Format { get; init; }

    /// <summary>Files it is made of.</summary>
    public required int Files { get; init; }

    /// <summary>What the slide tells about itself.</summary>
    public required SlideMetadata Metadata { get; init; }

    /// <summary>The pyramid from the largest level down.</summary>
    public required IReadOnlyList<SlideLevelInfo> Levels { get; init; }

    /// <summary>Thumbnail, label and macro, as far as there are.</summary>
    public required IReadOnlyList<SlidePictureInfo> Pictures { get; init; }

    /// <summary>Bytes of the ICC profile; null if there is none.</summary>
    public long? IccProfileBytes { get; init; }

    /// <summary>What of a DICOM slide has certainly not arrived.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Why a DICOM slide cannot become an SVS; null if nothing is known to stand in the way.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>What somebody should look at.</summary>
    public IReadOnlyList<string> Alerts { get; init; } = [];

    /// <summary>Tells about the slides at a path: an SVS, a DICOM instance, or a folder of instances.</summary>
    /// <exception cref="SlideException">There is no slide, or it cannot be read.</exception>
    /// <exception cref="IOException">The path does not exist or cannot be read.</exception>
    public static IReadOnlyList<SlideInfo> Read(string path)
    {
        using var source = SlideSource.Open(path);
        return [.. source.Slides.Select(slide => Of(slide, source.Problems))];
    }

    /// <summary>Tells about an open slide.</summary>
    public static SlideInfo Of(Slide slide, IReadOnlyList<string>? problems = null) => new()
    {
        Path = slide.Path,
        Format = slide.Format,
        Files = slide.Dicom?.Instances.Count ?? 1,
        Metadata = slide.Metadata,
        Levels = [.. slide.Levels.Select(
            l => new SlideLevelInfo(
                l.Width, l.Height, l.TileWidth, l.TileHeight, l.Tiles.Count, l.Coding, l.CodingName, l.MicronsPerPixel))],
        Pictures = [.. slide.AssociatedImages.Select(i => new SlidePictureInfo(i.Kind, i.Width, i.Height, i.Coding))],
        IccProfileBytes = slide.IccProfile?.Length,
        Missing = slide.Dicom?.Completeness.Missing ?? [],
        Refusal = slide.Dicom?.Refusal,
        Alerts = [.. slide.Dicom?.Alerts ?? [], .. problems ?? []],
    };
}
