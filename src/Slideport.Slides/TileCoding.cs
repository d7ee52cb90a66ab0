namespace Slideport.Slides;

/// <summary>How the tiles of a level, or a picture, are coded.</summary>
public enum TileCoding
{
    /// <summary>In a way this product does not read; it can only hand the file on.</summary>
    Other,

    /// <summary>JPEG, ITU-T T.81.</summary>
    Jpeg,

    /// <summary>JPEG 2000, ITU-T T.800.</summary>
    Jpeg2000,

    /// <summary>Uncompressed samples.</summary>
    Raw,

    /// <summary>LZW, as TIFF has it.</summary>
    Lzw,
}
