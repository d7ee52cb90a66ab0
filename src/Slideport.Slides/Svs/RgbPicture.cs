namespace Slideport.Slides.Svs;

/// <summary>Decoded pixels: rows without padding, three bytes a pixel in the order red, green, blue.</summary>
public sealed class RgbPicture
{
    /// <summary>Wraps pixels; the array is kept.</summary>
    /// <exception cref="ArgumentException">The array has not exactly 3 * width * height bytes.</exception>
    public RgbPicture(int width, int height, byte[] pixels)
    {
        if (width <= 0 || height <= 0 || pixels.Length != 3L * width * height)
            throw new ArgumentException("Not 3 * width * height bytes.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>The pixels, 3 * Width * Height bytes.</summary>
    public byte[] Pixels { get; }
}
