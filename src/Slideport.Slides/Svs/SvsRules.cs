using System.Buffers;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>
/// What must hold of an SVS's pages, each rule because a known reader fails or shows the wrong picture otherwise. Checked before the first
/// directory is written: a file that breaks one must never come to exist.
/// </summary>
internal static class SvsRules
{
    /// <summary>Longest side of a JPEG, and so of a tile.</summary>
    private const int MaxTileSide = 65535;

    private static readonly SearchValues<char> Printable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c =>
        (char)c), '\r', '\n']);

    public static void Check(SvsDirectories pages, long end)
    {
        Require(
            pages.Base.Description.StartsWith("Aperio ", StringComparison.Ordinal),
            "the first description must begin with \"Aperio \" (tifffile, cuCIM)");
        CheckLevel("base", pages.Base, end);
        var above = pages.Base;
        foreach (var level in pages.ReducedLevels)
        {
            var name = FormattableString.Invariant($"level {level.Width}x{level.Height}");
            CheckLevel(name, level, end);
            var isEqual = (level.Width, level.Height) == (above.Width, above.Height);
            var smaller = level.Width <= above.Width && level.Height <= above.Height && !isEqual;
            Require(
                smaller,
                $"{name} must be smaller than the one before it (else OpenSlide refuses the file, or tifffile sees a focal plane)");
            above = level;
        }

        CheckImage("thumbnail", pages.Thumbnail, end);
        Require(
            pages.Thumbnail.Height < above.Height,
            "the thumbnail must be lower than every level (Bio-Formats would drop a level in its place)");
        if (pages.Label is { } label) CheckAssociated("label", label, end);
        if (pages.Macro is { } macro) CheckAssociated("macro", macro, end);
        if (pages.IccProfile is { } icc) Require(icc.Range is { Offset: >= 0, Length: >= 128 }, "an ICC profile has at least 128 bytes");
    }

    private static void CheckLevel(string name, SvsLevelDirectory level, long end)
    {
        CheckPage(name, level);
        Require(
            level.TileWidth is > 0 and <= MaxTileSide && level.TileHeight is > 0 and <= MaxTileSide,
            $"{name}: tile size {level.TileWidth}x{level.TileHeight}");
        Require(
            level.Compression is TiffCompression.None or TiffCompression.Jpeg
                or TiffCompression.Jpeg2000Rgb or TiffCompression.Jpeg2000YCbCr,
            $"{name}: {level.Compression} is not a coding of tiles");
        Require(
            level.Color != ColorSpace.YCbCr || level.Compression is TiffCompression.Jpeg or TiffCompression.Jpeg2000YCbCr,
            $"{name}: {level.Compression} cannot hold YCbCr");

        var tiles = Tiles(level.Width, level.TileWidth) * Tiles(level.Height, level.TileHeight);
        Require(level.TileOffsets.Length == tiles && level.TileByteCounts.Length == tiles, $"{name} needs {tiles} tiles");
        for (var i = 0; i < level.TileOffsets.Length; i++)
        {
            if (IsInside(level.TileOffsets[i], level.TileByteCounts[i], end)) continue;
            throw new ArgumentException(
                $"{name}: tile {i} at {level.TileOffsets[i]} with {level.TileByteCounts[i]} bytes is empty or outside of {end} bytes");
        }
    }

    private static void CheckAssociated(string kind, SvsImageDirectory image, long end)
    {
        CheckImage(kind, image, end);
        Require(
            SvsDescription.NamesImage(image.Description, kind) && !image.Description.Contains('\r', StringComparison.Ordinal),
            $"the {kind}'s description must have \"{kind} WxH\" on its second line behind a bare LF (OpenSlide before 4.0.1 loses it)");
    }

    private static void CheckImage(string name, SvsImageDirectory image, long end)
    {
        CheckPage(name, image);
        Require(
            image.Compression is TiffCompression.None or TiffCompression.Lzw or TiffCompression.Jpeg,
            $"{name}: {image.Compression} makes OpenSlide refuse the whole file");
        Require(
            image.Compression == TiffCompression.Jpeg || image.Color != ColorSpace.YCbCr,
            $"{name}: {image.Compression} cannot hold YCbCr");
        Require(
            IsInside(image.Data.Offset, image.Data.Length, end),
            $"{name}: its {image.Data.Length} bytes at {image.Data.Offset} are not in the file");
    }

    private static void CheckPage(string name, SvsPageDirectory page)
    {
        var (horizontal, vertical) = page.Subsampling;
        Require(page.Width > 0 && page.Height > 0, $"{name}: size {page.Width}x{page.Height}");
        Require(horizontal is 1 or 2 or 4 && vertical is 1 or 2 or 4, $"{name}: subsampling {page.Subsampling}");
        Require((horizontal, vertical) == (1, 1) || page.Color == ColorSpace.YCbCr, $"{name}: only YCbCr can be subsampled");
        Require(page.Description.Length > 0, $"{name}: without a description Bio-Formats takes the page for something else");
        Require(!page.Description.EndsWith('|'), $"{name}: a trailing | makes OpenSlide 3.4.1 complain");
        Require(
            page.Description.AsSpan().IndexOfAnyExcept(Printable) < 0,
            $"{name}: the description must be printable ASCII (OpenSlide's Python binding)");
    }

    /// <summary>Behind the header and before the end, longer than nothing and shorter than 2 GiB (libtiff, Java).</summary>
    private static bool IsInside(long offset, long length, long end) =>
        offset >= BigTiffWriter.HeaderBytes && length is > 0 and <= int.MaxValue && offset <= end - length;

    private static long Tiles(int size, int tile) => ((long)size + tile - 1) / tile;

    private static void Require(bool holds, string message)
    {
        if (!holds) throw new ArgumentException(message);
    }
}
