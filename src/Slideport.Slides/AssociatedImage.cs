using Slideport.Slides.Svs;

namespace Slideport.Slides;

/// <summary>A picture that accompanies the pyramid.</summary>
public sealed class AssociatedImage
{
    private readonly Func<byte[]?> _readJpeg;
    private readonly Func<RgbPicture> _readRgb;

    internal AssociatedImage(AssociatedImageKind kind, Level parts, Func<byte[]?> readJpeg, Func<RgbPicture> readRgb)
    {
        (Kind, Parts) = (kind, parts);
        (_readJpeg, _readRgb) = (readJpeg, readRgb);
    }

    /// <summary>What it shows.</summary>
    public AssociatedImageKind Kind { get; }

    /// <summary>Pixels across.</summary>
    public int Width => Parts.Width;

    /// <summary>Pixels down.</summary>
    public int Height => Parts.Height;

    /// <summary>How it is coded.</summary>
    public TileCoding Coding => Parts.Coding;

    /// <summary>
    /// The picture as a level of its own, for whoever has others decode it: its tiles are frames, or the strips of an SVS, the last of which
    /// may hold fewer rows.
    /// </summary>
    public Level Parts { get; }

    /// <summary>The picture as one complete JPEG, not re-encoded; null where it is not coded as one.</summary>
    /// <exception cref="SlideException">The picture is damaged or too large.</exception>
    public byte[]? ReadJpeg() => _readJpeg();

    /// <summary>The picture's pixels, decoded where it is coded.</summary>
    /// <exception cref="SlideException">The picture is damaged, too large, or coded in a way this product does not decode.</exception>
    public RgbPicture ReadRgb() => _readRgb();
}
