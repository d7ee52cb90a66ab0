namespace Slideport.Slides.DicomWsi;

/// <summary>Sizes of a picture in tiles, all positive and such that the number of tiles fits an int.</summary>
/// <param name="Width">Total Pixel Matrix Columns (0048,0006).</param>
/// <param name="Height">Total Pixel Matrix Rows (0048,0007).</param>
/// <param name="TileWidth">Columns (0028,0011).</param>
/// <param name="TileHeight">Rows (0028,0010).</param>
public readonly record struct WsiGeometry(int Width, int Height, int TileWidth, int TileHeight)
{
    /// <summary>More tiles than any slide has; 1 GiB of tile arrays.</summary>
    public const int MaxTiles = 1 << 26;

    /// <summary>Tiles in a row.</summary>
    public int TilesAcross => Level.CeilingDivide(Width, TileWidth);

    /// <summary>Rows of tiles.</summary>
    public int TilesDown => Level.CeilingDivide(Height, TileHeight);

    /// <summary>TilesAcross * TilesDown.</summary>
    public int TileCount => TilesAcross * TilesDown;

    /// <summary>
    /// Checks sizes as they were read. Everything is 64-bit: devices and attackers wrote 0, -1 and 2^31 here.
    /// </summary>
    /// <returns>The geometry, or null and the attribute that stands in the way with the reason.</returns>
    internal static (WsiGeometry? Geometry, string Attribute, string Reason) Create(
        long? width, long? height, long? tileWidth, long? tileHeight)
    {
        if (tileWidth is not (> 0 and <= ushort.MaxValue)) return (null, "Columns", $"Columns is {Text(tileWidth)}");
        if (tileHeight is not (> 0 and <= ushort.MaxValue)) return (null, "Rows", $"Rows is {Text(tileHeight)}");
        if (width is not (> 0 and <= int.MaxValue))
            return (null, "TotalPixelMatrixColumns", $"Total Pixel Matrix Columns is {Text(width)}");
        if (height is not (> 0 and <= int.MaxValue)) return (null, "TotalPixelMatrixRows", $"Total Pixel Matrix Rows is {Text(height)}");

        var geometry = new WsiGeometry((int)width, (int)height, (int)tileWidth, (int)tileHeight);
        return (long)geometry.TilesAcross * geometry.TilesDown > MaxTiles
            ? (null, "TotalPixelMatrixColumns", $"{width}x{height} pixels in tiles of {tileWidth}x{tileHeight} are more tiles than can be")
            : (geometry, "", "");
    }

    private static string Text(long? value) => value is { } v ? FormattableString.Invariant($"{v}") : "absent or no number";
}
