using System.Text.Json.Serialization;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Iiif;

/// <summary>A size.</summary>
internal sealed record IiifSize(int Width, int Height);

/// <summary>Tiles of one size in several resolutions.</summary>
internal sealed record IiifTiles(int Width, int Height, IReadOnlyList<int> ScaleFactors);

/// <summary>The description of an image (IIIF Image API 3.0, clause 5).</summary>
internal sealed record IiifInformation
{
    internal const string MediaType = "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"";

    [JsonPropertyName("@context")]
    public string Context { get; } = "http://iiif.io/api/image/3/context.json";

    public required string Id { get; init; }

    public string Type { get; } = "ImageService3";

    public string Protocol { get; } = "http://iiif.io/api/image";

    public string Profile { get; } = "level2";

    public required int Width { get; init; }

    public required int Height { get; init; }

    public int MaxWidth { get; } = PixelLimits.MaxSide;

    public int MaxHeight { get; } = PixelLimits.MaxSide;

    public required IReadOnlyList<IiifSize> Sizes { get; init; }

    public required IReadOnlyList<IiifTiles> Tiles { get; init; }

    public IReadOnlyList<string> ExtraQualities { get; } = ["color", "gray", "bitonal"];

    public IReadOnlyList<string> ExtraFeatures { get; } = ["mirroring", "regionSquare", "sizeUpscaling", "profileLinkHeader"];

    /// <summary>Describes a slide.</summary>
    /// <param name="view">The slide.</param>
    /// <param name="id">Its address.</param>
    internal static IiifInformation Of(SlideView view, string id)
    {
        var first = view.Levels[0].Level;
        var factors = view.Levels.Select(l => ScaleFactor(view, l)).OfType<int>().Distinct().ToList();
        // Beyond the smallest level by halves, until all of it is one tile: a client would otherwise ask for all tiles of the smallest at once.
        for (var factor = 2 * factors[^1]; first.Width > (long)factor / 2 * first.TileWidth || first.Height > (long)factor / 2 * first.TileHeight; factor *= 2)
            factors.Add(factor);
        return new IiifInformation
        {
            Id = id,
            Width = first.Width,
            Height = first.Height,
            Sizes = [.. view.Levels.Where(l => l.Level is { Width: <= PixelLimits.MaxSide, Height: <= PixelLimits.MaxSide }).Select(l => new IiifSize(l.Level.Width, l.Level.Height)).Reverse()],
            Tiles = [new IiifTiles(first.TileWidth, first.TileHeight, factors)],
        };
    }

    /// <summary>The whole number by which a level is smaller and its tiles are what an address with it means; null if there is none.</summary>
    internal static int? ScaleFactor(SlideView view, LevelView level)
    {
        var (first, own) = (view.Levels[0].Level, level.Level);
        var factor = (int)Math.Round(level.Downsample);
        // A level that was rounded to one pixel less still has each of its pixels where it should be.
        return (own.TileWidth, own.TileHeight) == (first.TileWidth, first.TileHeight)
            && Ceiling(first.Width, factor) - own.Width is 0 or 1 && Ceiling(first.Height, factor) - own.Height is 0 or 1 ? factor : null;
    }

    private static int Ceiling(int size, int factor) => (int)(((long)size + factor - 1) / factor);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IiifInformation))]
internal sealed partial class IiifJson : JsonSerializerContext;
