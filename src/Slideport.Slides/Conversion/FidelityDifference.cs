namespace Slideport.Slides.Conversion;

/// <summary>The first place where an output is not what its source is.</summary>
/// <param name="What">One sentence.</param>
/// <param name="Level">The level as 46000x32914; null if it is not in one.</param>
/// <param name="Tile">Tile of the level, row by row from 0; null if it is not in one.</param>
/// <param name="Offset">Byte of the source's tile, from 0, up to which both are equal; null where that means nothing.</param>
public sealed record FidelityDifference(string What, string? Level = null, int? Tile = null, long? Offset = null)
{
    /// <summary>The sentence with its place.</summary>
    public override string ToString()
    {
        var place = Level is null ? "" : Tile is null ? $"Level {Level}: " : FormattableString.Invariant($"Level {Level}, tile {Tile}: ");
        return Offset is null ? place + What : FormattableString.Invariant($"{place}{What} (at byte {Offset})");
    }
}
