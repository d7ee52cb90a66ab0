using Slideport.Slides.DicomWsi;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Which levels of a slide become levels of an SVS. Readers disagree on odd ones: opentile and large_image reject levels off a power of
/// two, large_image's TIFF reader other tile sizes, Bio-Formats takes the lowest picture for the thumbnail.
/// </summary>
internal sealed record LevelPlan(IReadOnlyList<DicomLevel> Kept, WsiInstance? Thumbnail, IReadOnlyList<string> Dropped)
{
    /// <summary>
    /// Levels with no side longer than this may turn out to be thumbnail, or lower than it; larger ones never do but for an odd factor.
    /// </summary>
    public const int MaxThumbnailSide = 2048;

    // log2 of W0/Wi off an integer by more than this: opentile's limit.
    private const double MaxOff = 0.01;

    /// <summary>Chooses levels and the picture that is to be the thumbnail; a slide without one gets one made.</summary>
    public static LevelPlan Choose(DicomSlide slide)
    {
        var first = slide.Levels[0].Geometry;
        List<DicomLevel> kept = [slide.Levels[0]];
        var dropped = new List<string>();
        WsiInstance? small = null;
        foreach (var level in slide.Levels.Skip(1))
        {
            var size = level.Geometry;
            var octaves = Math.Log2((double)first.Width / size.Width);
            if (size.TileCount == 1 && (size.TileWidth, size.TileHeight) != (first.TileWidth, first.TileHeight))
            {
                // A frame of its own size makes no tile; as a strip it is what the thumbnail needs.
                dropped.Add($"{level} is a single frame of its own size");
                if (IsPicture(size)) small ??= level.Parts[0];
            }
            else if (Math.Abs(octaves - Math.Round(octaves)) > MaxOff)
            {
                var factor = (double)first.Width / size.Width;
                dropped.Add(FormattableString.Invariant($"{level} is {factor:F2} times smaller than the first, which is no power of two"));
            }
            else
            {
                kept.Add(level);
            }
        }

        var thumbnail = slide.Thumbnail?.Geometry is { } own && IsPicture(own) && own.Height < first.Height ? slide.Thumbnail : small;
        if (thumbnail?.Geometry is not { } limit) return new LevelPlan(kept, slide.Thumbnail, dropped);
        foreach (var level in kept.Skip(1).Where(l => l.Geometry.Height <= limit.Height).ToList())
        {
            dropped.Add(FormattableString.Invariant($"{level} is not taller than the thumbnail of {limit.Width}x{limit.Height}"));
            kept.Remove(level);
        }

        return new LevelPlan(kept, limit.Height < first.Height ? thumbnail : null, dropped);
    }

    /// <summary>Whether a level is worth waiting with: it may become the thumbnail, or be dropped because of it.</summary>
    public static bool IsSmall(WsiGeometry size) => size.Width <= MaxThumbnailSide && size.Height <= MaxThumbnailSide;

    private static bool IsPicture(WsiGeometry size) =>
        size.TileCount == 1 && (size.Width, size.Height) == (size.TileWidth, size.TileHeight) && IsSmall(size);
}
