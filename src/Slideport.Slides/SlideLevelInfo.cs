namespace Slideport.Slides;

/// <summary>A level, as <see cref="SlideInfo"/> tells it.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="TileWidth">Pixels across a tile.</param>
/// <param name="TileHeight">Pixels down a tile.</param>
/// <param name="Tiles">Number of tiles.</param>
/// <param name="Coding">How the tiles are coded.</param>
/// <param name="CodingName">The coding in the format's own words.</param>
/// <param name="MicronsPerPixel">Micrometres per pixel; null where not told.</param>
public sealed record SlideLevelInfo(
    int Width, int Height, int TileWidth, int TileHeight, int Tiles, TileCoding Coding, string CodingName, double? MicronsPerPixel);
