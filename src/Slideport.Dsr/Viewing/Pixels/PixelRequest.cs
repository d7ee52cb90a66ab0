using System.Text.Json.Serialization;
using Slideport.Slides;
using Slideport.Slides.Jpeg;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>What a picture is written as.</summary>
internal enum PictureFormat
{
    Jpeg,
    Png,
}

/// <summary>What is left of a picture's colours.</summary>
internal enum PictureColors
{
    All,
    Gray,

    /// <summary>Black and white.</summary>
    Bitonal,
}

/// <summary>A tile of the picture; its coded bytes follow the request, in the order of the tiles.</summary>
/// <param name="X">Where its left edge lies in the picture, in pixels of the level; may be negative.</param>
/// <param name="Y">Where its upper edge lies.</param>
/// <param name="Bytes">How many coded bytes it has.</param>
/// <param name="IsJpeg">Whether it is a complete JPEG; else <see cref="PixelRequest.Coding"/> tells what it is.</param>
internal readonly record struct PixelTile(int X, int Y, int Bytes, bool IsJpeg);

/// <summary>A picture to be made of tiles: pasted, scaled, turned, and coded.</summary>
internal sealed record PixelRequest
{
    /// <summary>Pixels across of the part of the level that is shown.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required int Height { get; init; }

    /// <summary>Pixels across of the picture that is made, before it is turned.</summary>
    public required int OutputWidth { get; init; }

    /// <summary>Pixels down.</summary>
    public required int OutputHeight { get; init; }

    /// <summary>1, 2, 4 or 8: tiles are taken at 1/shrink of their size, which JPEG decodes at a fraction of the cost.</summary>
    public int Shrink { get; init; } = 1;

    /// <summary>Clockwise: 0, 90, 180 or 270.</summary>
    public int Rotation { get; init; }

    /// <summary>Whether it is mirrored at its vertical axis, before it is turned.</summary>
    public bool IsMirrored { get; init; }

    public PictureColors Colors { get; init; }

    public PictureFormat Format { get; init; }

    /// <summary>The colour where there is no tile, red first.</summary>
    public int Background { get; init; } = 0xFFFFFF;

    /// <summary>Pixels across a tile.</summary>
    public required int TileWidth { get; init; }

    /// <summary>Pixels down a tile; one with fewer rows is cut short.</summary>
    public required int TileHeight { get; init; }

    /// <summary>How tiles are coded that are no JPEGs.</summary>
    public TileCoding Coding { get; init; }

    /// <summary>What the slide says of their colours.</summary>
    public ColorSpace? DeclaredColor { get; init; }

    public bool IsPlanar { get; init; }

    public bool IsDifferenced { get; init; }

    public required PixelTile[] Tiles { get; init; }

    /// <summary>Bytes of the ICC profile by which the picture's colours become sRGB; it follows the tiles. 0: they stay as they are.</summary>
    public int ProfileBytes { get; init; }
}

/// <summary>What comes of it; the picture's bytes follow.</summary>
/// <param name="Bytes">How many.</param>
/// <param name="Problem">Why there are none: a sentence.</param>
internal sealed record PixelAnswer(int Bytes, string? Problem = null);

[JsonSerializable(typeof(PixelRequest))]
[JsonSerializable(typeof(PixelAnswer))]
internal sealed partial class PixelJson : JsonSerializerContext;
