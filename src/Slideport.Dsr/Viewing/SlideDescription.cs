using System.Text.Json.Serialization;
using Slideport.Slides;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Viewing;

/// <summary>A level, as a viewer needs to know it.</summary>
internal sealed record LevelDescription(int Width, int Height, int TileWidth, int TileHeight, int Columns, int Rows, double Downsample);

/// <summary>A picture beside the slide: label, macro or thumbnail.</summary>
internal sealed record PictureDescription(string Kind, int Width, int Height);

/// <summary>All that a viewer needs to know of a slide before its first tile.</summary>
internal sealed record SlideDescription
{
    /// <summary>Belongs into the addresses of tiles (<c>?v=</c>), which may then be kept.</summary>
    public required string Version { get; init; }

    /// <summary>What people call it: its barcode, as far as anybody knows it.</summary>
    public required string Title { get; init; }

    /// <summary>svs or dicom.</summary>
    public required string Format { get; init; }

    /// <summary>From the largest down.</summary>
    public required IReadOnlyList<LevelDescription> Levels { get; init; }

    /// <summary>Of the largest level; null where the slide does not tell.</summary>
    public double? MicronsPerPixel { get; init; }

    /// <summary>Magnification of the objective; null where the slide does not tell.</summary>
    public double? ObjectivePower { get; init; }

    /// <summary>The colour of what was not scanned, as CSS has it.</summary>
    public required string Background { get; init; }

    public required IReadOnlyList<PictureDescription> Pictures { get; init; }

    /// <summary>Whether there is an ICC profile.</summary>
    public bool HasIccProfile { get; init; }

    /// <summary>What the slide tells about itself.</summary>
    public required SlideMetadata Metadata { get; init; }

    internal static SlideDescription Of(OpenSlide open)
    {
        var (view, slide) = (open.View, open.View.Slide);
        var absent = slide.Levels[0].AbsentPixel;
        return new SlideDescription
        {
            Version = open.Version,
            Title = open.Title,
            Format = slide.Format == SlideFormat.Svs ? "svs" : "dicom",
            Levels = [.. view.Levels.Select(Of)],
            MicronsPerPixel = slide.Metadata.MicronsPerPixel ?? slide.Levels[0].MicronsPerPixel,
            ObjectivePower = slide.Metadata.ObjectivePower,
            Background = $"#{absent.Red:x2}{absent.Green:x2}{absent.Blue:x2}",
            Pictures = [.. slide.AssociatedImages.Select(i => new PictureDescription(i.Kind.ToString().ToLowerInvariant(), i.Width, i.Height))],
            HasIccProfile = slide.IccProfile is not null,
            Metadata = slide.Metadata,
        };
    }

    private static LevelDescription Of(LevelView view)
    {
        var level = view.Level;
        return new LevelDescription(level.Width, level.Height, level.TileWidth, level.TileHeight, level.TilesAcross, level.TilesDown, view.Downsample);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SlideDescription))]
internal sealed partial class ViewerJson : JsonSerializerContext;
