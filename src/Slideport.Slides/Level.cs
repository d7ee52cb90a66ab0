using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides;

/// <summary>One resolution of a slide, in tiles of one size; tiles at the right and lower edge may hang over.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="TileWidth">Pixels across a tile.</param>
/// <param name="TileHeight">Pixels down a tile.</param>
/// <param name="Coding">How the tiles are coded.</param>
/// <param name="Tiles">The tiles.</param>
public sealed record Level(int Width, int Height, int TileWidth, int TileHeight, TileCoding Coding, TileSource Tiles)
{
    /// <summary>The coding in the format's own words: a transfer syntax, a TIFF compression.</summary>
    public required string CodingName { get; init; }

    /// <summary>Micrometres per pixel; null where the slide does not tell.</summary>
    public double? MicronsPerPixel { get; init; }

    /// <summary>
    /// What the format says of the samples' colours; the tiles themselves decide where they can. Null where it says nothing.
    /// </summary>
    public ColorSpace? DeclaredColor { get; init; }

    /// <summary>Whether uncompressed samples are in planes: all red, all green, all blue.</summary>
    public bool IsPlanar { get; init; }

    /// <summary>Bits of each sample; 8 but for other people's TIFF files.</summary>
    public int BitsPerSample { get; init; } = 8;

    /// <summary>Whether uncompressed or LZW samples are differences to the pixel on their left (TIFF's Predictor 2).</summary>
    public bool IsDifferenced { get; init; }

    /// <summary>The colour of tiles that are left out.</summary>
    public AbsentPixel AbsentPixel { get; init; } = AbsentPixel.White;

    /// <summary>Tiles in a row.</summary>
    public int TilesAcross => CeilingDivide(Width, TileWidth);

    /// <summary>Rows of tiles.</summary>
    public int TilesDown => CeilingDivide(Height, TileHeight);

    /// <summary>Size as messages have it: 46000x32914.</summary>
    public override string ToString() => FormattableString.Invariant($"{Width}x{Height}");

    internal static int CeilingDivide(int size, int tile) => (int)(((long)size + tile - 1) / tile);
}
