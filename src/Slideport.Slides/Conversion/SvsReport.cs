using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Conversion;

/// <summary>What a finished conversion did.</summary>
public sealed record SvsReport
{
    /// <summary>The SVS.</summary>
    public required string Path { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Levels in it.</summary>
    public required int Levels { get; init; }

    /// <summary>Tiles in all levels, those the slide leaves out included.</summary>
    public required long Tiles { get; init; }

    /// <summary>Tiles the slide leaves out, which point at a shared white one.</summary>
    public required long WhiteTiles { get; init; }

    /// <summary>Tiles that were written one by one and not by the kernel's copy.</summary>
    public required long RewrittenTiles { get; init; }

    /// <summary>Lossless header changes that some or all tiles needed.</summary>
    public required JpegPatchKinds Patches { get; init; }

    /// <summary>Levels left out because readers of SVS would stumble over them, one sentence each.</summary>
    public required IReadOnlyList<string> DroppedLevels { get; init; }

    /// <summary>What somebody may want to know, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
