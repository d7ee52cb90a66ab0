namespace Slideport.Slides.Svs;

/// <summary>One tiled page. Its tiles are coded as None, Jpeg or one of the two JPEG 2000.</summary>
/// <remarks>
/// A gray or uncompressed level must not be narrower or lower than one of its tiles: OpenSlide reads those through libtiff's RGBA
/// interface, which then shows garbage (seen with OpenSlide 3.4.1 on libtiff 4.5.0). Use such a level as the thumbnail or leave it out.
/// </remarks>
public sealed record SvsLevelDirectory : SvsPageDirectory
{
    /// <summary>Pixels across each tile, exactly those of the coded tiles.</summary>
    public required int TileWidth { get; init; }

    /// <summary>Pixels down each tile, exactly those of the coded tiles.</summary>
    public required int TileHeight { get; init; }

    /// <summary>Where each tile lies in the file, row by row; several may share one place. Kept by reference.</summary>
    public required long[] TileOffsets { get; init; }

    /// <summary>Bytes of each tile, none 0. Kept by reference.</summary>
    public required long[] TileByteCounts { get; init; }
}
