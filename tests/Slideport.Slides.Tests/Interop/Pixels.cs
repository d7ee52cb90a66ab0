using NetVips;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Tests.Interop;

/// <summary>Compares what another program shows with what it must show.</summary>
internal static class Pixels
{
    /// <summary>An image of libvips as 8-bit RGB, alpha dropped, gray tripled.</summary>
    public static RgbPicture Of(Image image)
    {
        using var rgb = image.Bands >= 3 ? image.ExtractBand(0, n: 3) : image.ExtractBand(0).Bandjoin(image.ExtractBand(0), image.ExtractBand(0));
        return new RgbPicture(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>());
    }

    /// <summary>Asserts equal size and no sample further off than the tolerance.</summary>
    public static void AssertEqual(RgbPicture expected, RgbPicture actual, int tolerance)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        for (var i = 0; i < expected.Pixels.Length; i++)
        {
            if (Math.Abs(expected.Pixels[i] - actual.Pixels[i]) <= tolerance) continue;
            var pixel = i / 3;
            Assert.Fail($"Pixel ({pixel % expected.Width}, {pixel / expected.Width}) sample {i % 3}: expected {expected.Pixels[i]}, shown {actual.Pixels[i]}");
        }
    }

    /// <summary>The columns from left on.</summary>
    public static RgbPicture From(RgbPicture picture, int left)
    {
        var width = picture.Width - left;
        var pixels = new byte[3 * width * picture.Height];
        for (var row = 0; row < picture.Height; row++)
            picture.Pixels.AsSpan(3 * (row * picture.Width + left), 3 * width).CopyTo(pixels.AsSpan(3 * row * width));
        return new RgbPicture(width, picture.Height, pixels);
    }
}
