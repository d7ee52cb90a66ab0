using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;

namespace Slideport.Dsr.Iiif;

/// <summary>What an address of the IIIF Image API 3.0 asks for (clause 4), resolved against an image: whole pixels, within it and within our limits.</summary>
/// <param name="Region">The part, in pixels of the whole image.</param>
/// <param name="Form">The picture to be made of it.</param>
internal sealed record IiifRequest((int X, int Y, int Width, int Height) Region, PictureForm Form)
{
    /// <summary>Reads an address.</summary>
    /// <param name="image">Size of the whole image.</param>
    /// <param name="region">Clause 4.1.</param>
    /// <param name="size">Clause 4.2.</param>
    /// <param name="rotation">Clause 4.3.</param>
    /// <param name="qualityAndFormat">Clauses 4.4 and 4.5, with the dot between them.</param>
    /// <param name="problem">What is wrong with it, a sentence.</param>
    /// <returns>Null when it asks for nothing we have.</returns>
    internal static IiifRequest? Parse(
        (int Width, int Height) image, string region, string size, string rotation, string qualityAndFormat, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (RegionOf(image, region) is not { } part)
            problem = $"The region '{region}' is none of: full, square, x,y,w,h or pct:x,y,w,h, or lies outside of the image of {image.Width}x{image.Height} pixels.";
        else if (SizeOf((part.Width, part.Height), size, out problem) is not { } form)
            problem ??= $"The size '{size}' is none of: max, w, or ,h or w,h or !w,h or pct:n, with a ^ before it to enlarge.";
        else if (RotationOf(rotation) is not { } turn)
            problem = $"The rotation '{rotation}' is none of 0, 90, 180 or 270, with a ! before it to mirror.";
        else if (qualityAndFormat.Split('.') is not [var quality, var format] || ColorsOf(quality) is not { } colors || FormatOf(format) is not { } coded)
            problem = $"'{qualityAndFormat}' is none of default, color, gray or bitonal as jpg or png.";
        else
            return new IiifRequest(part, new PictureForm(form.Width, form.Height) { Rotation = turn.Degrees, IsMirrored = turn.IsMirrored, Colors = colors, Format = coded });
        return null;
    }

    private static (int X, int Y, int Width, int Height)? RegionOf((int Width, int Height) image, string text)
    {
        if (text == "full")
            return (0, 0, image.Width, image.Height);
        if (text == "square")
        {
            var side = Math.Min(image.Width, image.Height);
            return ((image.Width - side) / 2, (image.Height - side) / 2, side, side);
        }

        var isPercent = text.StartsWith("pct:", StringComparison.Ordinal);
        if (Numbers(isPercent ? text[4..] : text, isWhole: !isPercent) is not [var x, var y, var width, var height])
            return null;
        if (isPercent)
            (x, y, width, height) = (x * image.Width / 100, y * image.Height / 100, width * image.Width / 100, height * image.Height / 100);
        if (x >= image.Width || y >= image.Height)
            return null;
        var (left, top) = ((int)Math.Round(x), (int)Math.Round(y));
        // What lies beyond the image is cropped.
        var (right, bottom) = ((int)Math.Min(image.Width, Math.Round(x + width)), (int)Math.Min(image.Height, Math.Round(y + height)));
        return right > left && bottom > top ? (left, top, right - left, bottom - top) : null;
    }

    private static (int Width, int Height)? SizeOf((int Width, int Height) region, string text, out string? problem)
    {
        problem = null;
        var mayEnlarge = text.StartsWith('^');
        if (Asked(region, mayEnlarge ? text[1..] : text, mayEnlarge) is not { } size)
            return null;
        var (width, height) = ((int)Math.Min(int.MaxValue, Math.Round(size.Width)), (int)Math.Min(int.MaxValue, Math.Round(size.Height)));
        if (width < 1 || height < 1)
            problem = $"The size '{text}' would be a picture without pixels.";
        else if (width > PixelLimits.MaxSide || height > PixelLimits.MaxSide)
            problem = $"A picture of {width}x{height} pixels is larger than {PixelLimits.MaxSide}x{PixelLimits.MaxSide}, the most that is made.";
        else if (!mayEnlarge && (width > region.Width || height > region.Height))
            problem = $"A picture of {width}x{height} pixels would enlarge a region of {region.Width}x{region.Height}: write a ^ before the size if that is wanted.";
        return problem is null ? (width, height) : null;
    }

    private static (double Width, double Height)? Asked((int Width, int Height) region, string text, bool mayEnlarge)
    {
        if (text == "max")
            return Within(region, PixelLimits.MaxSide, PixelLimits.MaxSide, mayEnlarge);
        if (text.StartsWith("pct:", StringComparison.Ordinal))
            return Numbers(text[4..], isWhole: false) is [var percent] ? (region.Width * percent / 100, region.Height * percent / 100) : null;
        var isConfined = text.StartsWith('!');
        if ((isConfined ? text[1..] : text).Split(',') is not [var across, var down])
            return null;
        // A side that is not told follows from the other, and is never nothing because of that.
        return (Side(across), Side(down)) switch
        {
            (int w, int h) when isConfined => Within(region, Math.Min(w, PixelLimits.MaxSide), Math.Min(h, PixelLimits.MaxSide), mayEnlarge),
            (int w, int h) => (w, h),
            (int w, null) when down.Length == 0 && !isConfined => (w, w == 0 ? 0 : Math.Max(1, (double)region.Height * w / region.Width)),
            (null, int h) when across.Length == 0 && !isConfined => (h == 0 ? 0 : Math.Max(1, (double)region.Width * h / region.Height), h),
            _ => null,
        };
    }

    /// <summary>The largest size of the region's shape within another.</summary>
    private static (double Width, double Height) Within((int Width, int Height) region, int width, int height, bool mayEnlarge)
    {
        var ratio = Math.Min((double)width / region.Width, (double)height / region.Height);
        if (!mayEnlarge)
            ratio = Math.Min(ratio, 1);
        return ratio == 0 ? (0, 0) : (Math.Max(1, region.Width * ratio), Math.Max(1, region.Height * ratio));
    }

    private static (int Degrees, bool IsMirrored)? RotationOf(string text)
    {
        var isMirrored = text.StartsWith('!');
        return (isMirrored ? text[1..] : text) switch
        {
            "0" or "360" => (0, isMirrored),
            "90" => (90, isMirrored),
            "180" => (180, isMirrored),
            "270" => (270, isMirrored),
            _ => null,
        };
    }

    private static PictureColors? ColorsOf(string quality) => quality switch
    {
        "default" or "color" => PictureColors.All,
        "gray" => PictureColors.Gray,
        "bitonal" => PictureColors.Bitonal,
        _ => null,
    };

    private static PictureFormat? FormatOf(string format) => format switch
    {
        "jpg" => PictureFormat.Jpeg,
        "png" => PictureFormat.Png,
        _ => null,
    };

    private static double[]? Numbers(string text, bool isWhole)
    {
        var parts = text.Split(',');
        var numbers = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], isWhole ? NumberStyles.None : NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out numbers[i]) || !(numbers[i] <= int.MaxValue))
                return null;
        }

        return numbers;
    }

    private static int? Side(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
