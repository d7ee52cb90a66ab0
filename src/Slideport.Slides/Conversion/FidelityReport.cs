namespace Slideport.Slides.Conversion;

/// <summary>Whether an output carries its source's tiles, and what was found on the way.</summary>
public sealed record FidelityReport
{
    /// <summary>Whether every tile of every level that is to be carried has the source's coded bytes.</summary>
    public bool IsFaithful => Difference is null;

    /// <summary>The first difference; null if there is none.</summary>
    public FidelityDifference? Difference { get; init; }

    /// <summary>Tiles compared.</summary>
    public required long Tiles { get; init; }

    /// <summary>Tiles the source leaves out, where the output has nothing or plain white.</summary>
    public required long Holes { get; init; }

    /// <summary>Coded bytes found equal.</summary>
    public required long Bytes { get; init; }

    /// <summary>Lossless changes of headers, with the number of tiles each was found in.</summary>
    public required IReadOnlyList<FidelityChange> Changes { get; init; }

    /// <summary>
    /// What of the source the output does not carry as it was, for a stated reason: dropped levels, thumbnails made anew.
    /// </summary>
    public required IReadOnlyList<string> NotCarried { get; init; }
}
