using Slideport.Slides.Svs;

namespace Slideport.Slides;

/// <summary>A picture that accompanies the pyramid.</summary>
public sealed class AssociatedImage
{
    private readonly Func<byte[]?> _readJpeg;
    private readonly Func<RgbPicture> _readRgb;

    internal AssociatedImage(
        AssociatedImageKind kind, int width, int height, TileCoding coding, Func<byte[]?> readJpeg, Func<RgbPicture> readRgb)
    {
        (Kind, Width, Height, Coding) = (kind, width, height, coding);
        (_readJpeg, _readRgb) = (readJpeg, readRgb);
    }

    /// <summary>What it shows.</summary>
    public AssociatedImageKind Kind { get; }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>How it is coded.</summary>
    public TileCoding Coding { get; }

    /// <summary>The picture as one complete JPEG, not re-encoded; null where it is not coded as one.</summary>
    /// <exception cref="SlideException">The picture is damaged or too large.</exception>
    public byte[]? ReadJpeg() => _readJpeg();

    /// <summary>The picture's pixels, decoded where it is coded.</summary>
    /// <exception cref="SlideException">The picture is damaged, too large, or coded in a way this product does not decode.</exception>
    public RgbPicture ReadRgb() => _readRgb();
}
