using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Viewing;

/// <summary>A part of a slide in pixels of its largest level, which need not be whole.</summary>
internal readonly record struct Region(double X, double Y, double Width, double Height);

/// <summary>Which tiles of which level a picture of a part of the slide is made of.</summary>
/// <param name="Level">The smallest level that has all the detail.</param>
/// <param name="X">Left edge in pixels of that level.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Shrink">By how much tiles are shrunk while they are decoded.</param>
internal sealed record RegionPlan(LevelView Level, int X, int Y, int Width, int Height, int Shrink)
{
    // Levels are rounded to whole pixels: one of half the size may be said to be of 1/2.003.
    private const double Tolerance = 1.01;
    private const double Whole = 1e-6;

    /// <summary>Columns of tiles.</summary>
    internal (int First, int Last) Columns => (X / Level.Level.TileWidth, (X + Width - 1) / Level.Level.TileWidth);

    /// <summary>Rows of tiles.</summary>
    internal (int First, int Last) Rows => (Y / Level.Level.TileHeight, (Y + Height - 1) / Level.Level.TileHeight);

    /// <summary>All of a level, which may be a picture beside the pyramid.</summary>
    /// <exception cref="SlideException">It is too large.</exception>
    internal static RegionPlan All(LevelView level, int width, int height) => Within(level, (0, 0, level.Level.Width, level.Level.Height), width, height);

    /// <summary>One tile as it is stored, what hangs over the edge included.</summary>
    /// <exception cref="SlideException">It is too large.</exception>
    internal static RegionPlan Tile(LevelView level, int column, int row)
    {
        var (width, height) = (level.Level.TileWidth, level.Level.TileHeight);
        return new RegionPlan(level, column * width, row * height, width, height, 1).Checked();
    }

    /// <summary>A part of the slide in a size.</summary>
    /// <exception cref="SlideException">It would be made of too much: the slide has no level that is small enough.</exception>
    internal static RegionPlan Of(SlideView view, Region region, int width, int height)
    {
        var scale = Tolerance * Math.Min(region.Width / width, region.Height / height);
        var level = view.Levels.LastOrDefault(l => l.Downsample <= scale) ?? view.Levels[0];
        var (first, here) = (view.Levels[0].Level, level.Level);
        var (across, down) = ((double)first.Width / here.Width, (double)first.Height / here.Height);
        var left = Math.Clamp((int)Math.Floor(region.X / across + Whole), 0, here.Width - 1);
        var top = Math.Clamp((int)Math.Floor(region.Y / down + Whole), 0, here.Height - 1);
        var right = Math.Clamp((int)Math.Ceiling((region.X + region.Width) / across - Whole), left + 1, here.Width);
        var bottom = Math.Clamp((int)Math.Ceiling((region.Y + region.Height) / down - Whole), top + 1, here.Height);
        return Within(level, (left, top, right - left, bottom - top), width, height);
    }

    /// <summary>The request for it, but for the tiles.</summary>
    internal PixelRequest Request(int width, int height)
    {
        var level = Level.Level;
        var absent = level.AbsentPixel;
        return new PixelRequest
        {
            Width = Width,
            Height = Height,
            OutputWidth = width,
            OutputHeight = height,
            Shrink = Shrink,
            Background = absent.Red << 16 | absent.Green << 8 | absent.Blue,
            TileWidth = level.TileWidth,
            TileHeight = level.TileHeight,
            Coding = level.Coding,
            DeclaredColor = level.DeclaredColor,
            IsPlanar = level.IsPlanar,
            IsDifferenced = level.IsDifferenced,
            Tiles = [],
        };
    }

    private static RegionPlan Within(LevelView level, (int X, int Y, int Width, int Height) part, int width, int height)
    {
        var shrink = 1;
        foreach (var by in (ReadOnlySpan<int>)[2, 4, 8])
        {
            // At least twice as many pixels are left as are shown, for a better filter than JPEG's own to choose from.
            if (part.Width / by >= 2 * width && part.Height / by >= 2 * height && level.Level.TileWidth % by == 0 && level.Level.TileHeight % by == 0)
                shrink = by;
        }

        // Tiles are shrunk from their own corner on.
        var (left, top) = (part.X - part.X % shrink, part.Y - part.Y % shrink);
        return new RegionPlan(level, left, top, part.X + part.Width - left, part.Y + part.Height - top, shrink).Checked();
    }

    private RegionPlan Checked()
    {
        var tiles = (Columns.Last - Columns.First + 1L) * (Rows.Last - Rows.First + 1L);
        return (long)Width * Height / (Shrink * Shrink) <= PixelLimits.MaxPixels && tiles <= PixelLimits.MaxTiles
            ? this
            : throw new SlideException($"A picture of this part would be made of {Width}x{Height} pixels in {tiles} tiles, which is too much: the slide has no smaller level");
    }
}
