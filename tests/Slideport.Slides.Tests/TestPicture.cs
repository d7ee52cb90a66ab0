namespace Slideport.Slides.Tests;

/// <summary>An RGB picture, three interleaved bytes a pixel, made by code a reader can see.</summary>
internal sealed record TestPicture(int Width, int Height, byte[] Rgb)
{
    /// <summary>Smooth colours over the whole picture: nearly lossless in JPEG, and every place is different.</summary>
    public static TestPicture Gradient(int width, int height) => Window(0, 0, width, height, width, height);

    /// <summary>The window at (x, y) of a smooth picture of fullWidth x fullHeight; beyond that picture colours run on.</summary>
    public static TestPicture Window(int x, int y, int width, int height, int fullWidth, int fullHeight)
    {
        var rgb = new byte[3 * width * height];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                var (u, v) = ((x + column) / (double)fullWidth, (y + row) / (double)fullHeight);
                var at = 3 * (row * width + column);
                rgb[at] = Level(40 + 180 * u);
                rgb[at + 1] = Level(220 - 160 * v);
                rgb[at + 2] = Level(128 + 100 * Math.Sin(3 * (u + v)));
            }
        }

        return new TestPicture(width, height, rgb);
    }

    private static byte Level(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
