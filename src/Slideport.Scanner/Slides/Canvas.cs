using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>A picture to draw rectangles, letters and bar codes on: what a paper label needs, without a font on the machine.</summary>
internal sealed class Canvas
{
    // What bare glass looks like in a scan: laid on it changes nothing.
    private const int Clear = 240;

    private readonly byte[] _pixels;

    /// <summary>A canvas of one colour.</summary>
    public Canvas(int width, int height, (byte R, byte G, byte B) color)
    {
        (Width, Height, _pixels) = (width, height, new byte[3 * width * height]);
        Fill(0, 0, width, height, color);
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>The pixels; later drawing changes them.</summary>
    public RgbPicture Picture => new(Width, Height, _pixels);

    /// <summary>Fills a rectangle; what lies outside is cut.</summary>
    public void Fill(int left, int top, int width, int height, (byte R, byte G, byte B) color)
    {
        for (var y = Math.Max(0, top); y < Math.Min(Height, top + height); y++)
        {
            for (var x = Math.Max(0, left); x < Math.Min(Width, left + width); x++)
            {
                var at = 3 * (y * Width + x);
                (_pixels[at], _pixels[at + 1], _pixels[at + 2]) = color;
            }
        }
    }

    /// <summary>Lays a picture on, multiplying light as glass on glass does.</summary>
    public void Lay(RgbPicture picture, int left, int top)
    {
        for (var y = Math.Max(0, -top); y < Math.Min(picture.Height, Height - top); y++)
        {
            for (var x = Math.Max(0, -left); x < Math.Min(picture.Width, Width - left); x++)
            {
                var (from, to) = (3 * (y * picture.Width + x), 3 * ((top + y) * Width + left + x));
                for (var c = 0; c < 3; c++) _pixels[to + c] = (byte)Math.Min(_pixels[to + c], _pixels[to + c] * picture.Pixels[from + c] / Clear);
            }
        }
    }

    /// <summary>Writes a line of capitals.</summary>
    /// <param name="text">The text; other letters become capitals, unknown characters blanks.</param>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Upper edge.</param>
    /// <param name="dot">Pixels a side of each of a letter's 5 x 7 dots.</param>
    public void Write(string text, int left, int top, int dot)
    {
        foreach (var letter in text)
        {
            for (var column = 0; column < LabelFont.Columns; column++)
            {
                for (var row = 0; row < LabelFont.Rows; row++)
                    if (LabelFont.IsInk(letter, column, row)) Fill(left + column * dot, top + row * dot, dot, dot, Ink);
            }

            left += (LabelFont.Columns + 1) * dot;
        }
    }

    /// <summary>Draws a bar code.</summary>
    /// <param name="text">The text; see <see cref="Code39"/>.</param>
    /// <param name="left">Left edge of the first bar.</param>
    /// <param name="top">Upper edge.</param>
    /// <param name="height">Height of the bars.</param>
    /// <param name="narrow">Pixels of a narrow bar.</param>
    public void DrawBarcode(string text, int left, int top, int height, int narrow)
    {
        foreach (var (isBar, width) in Code39.Encode(text))
        {
            if (isBar) Fill(left, top, width * narrow, height, Ink);
            left += width * narrow;
        }
    }

    private static (byte R, byte G, byte B) Ink => (24, 24, 28);
}
