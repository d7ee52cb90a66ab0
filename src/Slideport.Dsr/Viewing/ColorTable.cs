using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides;
using Slideport.Slides.Jpeg;

namespace Slideport.Dsr.Viewing;

/// <summary>
/// A slide's ICC profile as browsers can apply it to tiles they decode themselves: what becomes in sRGB of 33 steps of red, green and blue each, which a
/// browser's graphics processor interpolates between. A GT 450's profile has 13 MB, its table some 60 KB.
/// </summary>
/// <remarks>A picture of 33 squares side by side, one for each step of blue: red grows from left to right in each, green from top to bottom.</remarks>
internal static class ColorTable
{
    /// <summary>Steps of each colour, both ends among them.</summary>
    internal const int Steps = 33;

    private const int Bytes = 3 * Steps * Steps * Steps;

    /// <summary>The table of a slide without a profile; RGB, 8 bits.</summary>
    internal static ReadOnlyMemory<byte> AsScanned { get; } = Build();

    /// <summary>The request for a table; <see cref="AsScanned"/> and the profile follow it.</summary>
    internal static PixelRequest Request(int profileBytes) => new()
    {
        Width = Steps * Steps,
        Height = Steps,
        OutputWidth = Steps * Steps,
        OutputHeight = Steps,
        TileWidth = Steps * Steps,
        TileHeight = Steps,
        Coding = TileCoding.Raw,
        DeclaredColor = ColorSpace.Rgb,
        Format = PictureFormat.Png,
        Tiles = [new PixelTile(0, 0, Bytes, IsJpeg: false)],
        ProfileBytes = profileBytes,
    };

    private static byte[] Build()
    {
        var table = new byte[Bytes];
        for (var at = 0; at < table.Length; at += 3)
        {
            var (green, across) = Math.DivRem(at / 3, Steps * Steps);
            var (blue, red) = Math.DivRem(across, Steps);
            (table[at], table[at + 1], table[at + 2]) = (Sample(red), Sample(green), Sample(blue));
        }

        return table;
    }

    private static byte Sample(int step) => (byte)((255 * step + (Steps - 1) / 2) / (Steps - 1));
}
