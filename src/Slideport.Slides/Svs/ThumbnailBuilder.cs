namespace Slideport.Slides.Svs;

/// <summary>
/// Makes the thumbnail of a slide that has no small picture to copy, by decoding its smallest level tile by tile. Holds one canvas of at
/// most 2048 pixels a side whatever the level's size. The result is for finding slides, not for diagnosis.
/// </summary>
public sealed class ThumbnailBuilder
{
    /// <summary>Longest side of a thumbnail, as the GT 450's.</summary>
    public const int MaxSide = 1024;

    private const int MaxCanvasSide = 2 * MaxSide;

    /// <summary>Scaled decoding of JPEG goes down to an eighth: the DC coefficient of each block.</summary>
    private const int MaxJpegShrink = 8;

    private readonly int _canvasWidth;
    private readonly int _canvasHeight;
    private readonly byte[] _canvas;

    /// <summary>A thumbnail of a level of this size; white until tiles are added.</summary>
    public ThumbnailBuilder(int levelWidth, int levelHeight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(levelWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(levelHeight);
        var longest = Math.Max(levelWidth, levelHeight);
        while (longest / Shrink > MaxCanvasSide) Shrink *= 2;
        (_canvasWidth, _canvasHeight) = (CeilingDivide(levelWidth, Shrink), CeilingDivide(levelHeight, Shrink));
        _canvas = new byte[3 * _canvasWidth * _canvasHeight];
        _canvas.AsSpan().Fill(255);

        // It must be lower than the level (see SvsRules), so a level that is small already is halved.
        var ratio = longest > MaxSide ? (double)longest / MaxSide : 2;
        Width = Math.Max(1, (int)(levelWidth / ratio));
        Height = Math.Clamp((int)(levelHeight / ratio), 1, Math.Max(1, levelHeight - 1));
    }

    /// <summary>Pixels across the thumbnail.</summary>
    public int Width { get; }

    /// <summary>Pixels down the thumbnail.</summary>
    public int Height { get; }

    /// <summary>Level pixels for each canvas pixel: a power of two.</summary>
    public int Shrink { get; } = 1;

    /// <summary>What to pass to <see cref="PixelCodec.DecodeJpeg"/>; <see cref="Add"/> takes the result as it comes.</summary>
    public int JpegShrink => Math.Min(Shrink, MaxJpegShrink);

    /// <summary>Adds a decoded tile.</summary>
    /// <param name="tile">Its pixels, decoded at full size or at 1/shrink.</param>
    /// <param name="shrink">Level pixels for each pixel of <paramref name="tile"/>: 1 to <see cref="Shrink"/>, a power of two.</param>
    /// <param name="left">Level column of the tile's left edge.</param>
    /// <param name="top">Level row of the tile's upper edge.</param>
    public void Add(RgbPicture tile, int shrink, int left, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        if (shrink < 1 || Shrink % shrink != 0) throw new ArgumentOutOfRangeException(nameof(shrink));
        var box = Shrink / shrink;
        var (toX, toY) = (left / Shrink, top / Shrink);
        var columns = Math.Min(CeilingDivide(tile.Width, box), _canvasWidth - toX);
        var rows = Math.Min(CeilingDivide(tile.Height, box), _canvasHeight - toY);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var target = _canvas.AsSpan(3 * ((toY + row) * _canvasWidth + toX + column), 3);
                Average(tile, column * box, row * box, box, target);
            }
        }
    }

    /// <summary>The thumbnail's pixels.</summary>
    /// <exception cref="PixelException">libvips is missing or failed.</exception>
    public RgbPicture Build() => PixelCodec.Resize(new RgbPicture(_canvasWidth, _canvasHeight, _canvas), Width, Height);

    private static void Average(RgbPicture tile, int x, int y, int box, Span<byte> target)
    {
        var (right, bottom) = (Math.Min(x + box, tile.Width), Math.Min(y + box, tile.Height));
        long red = 0, green = 0, blue = 0;
        for (var row = y; row < bottom; row++)
        {
            var line = tile.Pixels.AsSpan(3 * (row * tile.Width + x), 3 * (right - x));
            for (var i = 0; i < line.Length; i += 3)
            {
                red += line[i];
                green += line[i + 1];
                blue += line[i + 2];
            }
        }

        var count = (right - x) * (bottom - y);
        target[0] = (byte)((red + count / 2) / count);
        target[1] = (byte)((green + count / 2) / count);
        target[2] = (byte)((blue + count / 2) / count);
    }

    private static int CeilingDivide(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
