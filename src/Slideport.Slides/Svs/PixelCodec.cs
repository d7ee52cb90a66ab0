using NetVips;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Svs;

/// <summary>
/// Decodes and encodes the few small pictures that cannot be copied: thumbnails and labels. The only place that calls libvips. Sizes are
/// taken from our own header parsers and limited before libvips sees a byte; only the decoder asked for is ever tried.
/// </summary>
public static class PixelCodec
{
    /// <summary>Most pixels of a picture that is decoded: 192 MB of RGB.</summary>
    public const long MaxPixels = 64L << 20;

    /// <summary>
    /// Decodes a complete JPEG; its markers decide the colours (patch them first where they mislead, see <see cref="JpegPatch"/>).
    /// </summary>
    /// <param name="jpeg">The JPEG.</param>
    /// <param name="shrink">1, 2, 4 or 8: decodes to a 1/shrink of the size, rounded up, at a fraction of the cost.</param>
    /// <exception cref="PixelException">Not gray or three components of 8 bits, too large, or damaged.</exception>
    public static RgbPicture DecodeJpeg(ReadOnlySpan<byte> jpeg, int shrink = 1)
    {
        if (JpegHeader.Parse(jpeg) is not { Precision: 8, ComponentCount: 1 or 3, Height: > 0 } header)
            throw new PixelException("Not a JPEG of 8-bit gray or colour.");
        CheckSize(header.Width, header.Height);
        var bytes = jpeg.ToArray();
        return Decode(() => Image.JpegloadBuffer(bytes, shrink: shrink, failOn: Enums.FailOn.Error));
    }

    /// <summary>Decodes a raw JPEG 2000 codestream.</summary>
    /// <param name="codestream">The codestream, from SOC.</param>
    /// <param name="color">What its components are where it does not use the component transform, which implies RGB.</param>
    /// <exception cref="PixelException">Not three components of 8 bits, too large, or damaged.</exception>
    public static RgbPicture DecodeJpeg2000(ReadOnlySpan<byte> codestream, ColorSpace color)
    {
        if (Jpeg2000Header.Parse(codestream) is not { IsEightBitColor: true, IsHighThroughput: false } header)
            throw new PixelException("Not a JPEG 2000 picture of 8-bit colour.");
        CheckSize(header.Width, header.Height);
        var bytes = codestream.ToArray();
        var picture = Decode(() => Image.Jp2kloadBuffer(bytes, failOn: Enums.FailOn.Error));
        // In a raw codestream libvips takes chroma that is coarser both ways for YCbCr, and anything else for RGB.
        var converted = header.Component1 is { Horizontal: > 1, Vertical: > 1 };
        if (color == ColorSpace.YCbCr && !header.UsesComponentTransform && !converted) YCbCrToRgb(picture.Pixels);
        return picture;
    }

    /// <summary>Encodes a baseline JFIF JPEG, YCbCr 4:2:0.</summary>
    /// <param name="picture">The pixels.</param>
    /// <param name="quality">IJG quality, 1 to 100.</param>
    /// <exception cref="PixelException">libvips is missing or failed.</exception>
    public static byte[] EncodeJpeg(RgbPicture picture, int quality = 90) => Guarded(() =>
    {
        using var image = ToImage(picture);
        return WithJfif(image.JpegsaveBuffer(q: quality, subsampleMode: Enums.ForeignSubsample.On, keep: Enums.ForeignKeep.None));
    });

    /// <summary>Encodes for a screen: a JPEG with all of its colours' detail (4:4:4), since stains differ in colour first; or a PNG.</summary>
    /// <param name="picture">The pixels.</param>
    /// <param name="isPng">Whether nothing may be lost.</param>
    /// <param name="quality">IJG quality of a JPEG, 1 to 100.</param>
    /// <exception cref="PixelException">libvips is missing or failed.</exception>
    public static byte[] EncodeForScreen(RgbPicture picture, bool isPng, int quality = 90) => Guarded(() =>
    {
        using var image = ToImage(picture);
        if (isPng) return image.PngsaveBuffer(keep: Enums.ForeignKeep.None);
        return WithJfif(image.JpegsaveBuffer(q: quality, subsampleMode: Enums.ForeignSubsample.Off, keep: Enums.ForeignKeep.None));
    });

    /// <summary>Resamples to exactly this size (Lanczos).</summary>
    /// <exception cref="PixelException">libvips is missing or failed.</exception>
    public static RgbPicture Resize(RgbPicture picture, int width, int height)
    {
        if ((picture.Width, picture.Height) == (width, height)) return picture;
        return Decode(() => ToImage(picture).Resize((double)width / picture.Width, vscale: (double)height / picture.Height));
    }

    /// <summary>Colours as sRGB has them, in the rendering intent that the profile asks for.</summary>
    /// <param name="picture">The pixels as the scanner gave them.</param>
    /// <param name="profile">The scanner's ICC profile (ICC.1); RGB.</param>
    /// <exception cref="PixelException">The profile is damaged or not one of RGB; libvips is missing or failed.</exception>
    public static RgbPicture ToSrgb(RgbPicture picture, ReadOnlySpan<byte> profile)
    {
        if (profile.Length < ColorProfile.IccHeaderBytes || !profile[36..].StartsWith("acsp"u8)) throw new PixelException("The colour profile is none.");
        if (!profile[16..].StartsWith("RGB "u8)) throw new PixelException("The colour profile is not one of RGB.");
        var intent = profile[67] <= (int)Enums.Intent.Absolute ? (Enums.Intent)profile[67] : throw new PixelException("The colour profile has no rendering intent.");
        var bytes = profile.ToArray();
        return Decode(() =>
        {
            using var image = ToImage(picture);
            using var told = image.Mutate(m => m.Set(GValue.BlobType, "icc-profile-data", bytes));
            // A profile that it cannot use is a warning to libvips, which goes on without.
            LastWarning = null;
            var transformed = told.IccTransform("srgb", embedded: true, intent: intent);
            if (LastWarning is { } warning) throw new PixelException($"The colour profile cannot be used: {warning}.");
            return transformed;
        });
    }

    // Without metadata libvips leaves JFIF out too; with it, every reader knows that this is YCbCr.
    private static byte[] WithJfif(byte[] jpeg) =>
        JpegHeader.Parse(jpeg) is { HasJfif: true } ? jpeg : [.. jpeg[..2], .. JpegPatch.JfifSegment, .. jpeg[2..]];

    private static void CheckSize(long width, long height)
    {
        if (width * height > MaxPixels) throw new PixelException($"A picture of {width}x{height} pixels is too large to be decoded here.");
    }

    /// <summary>Runs a loader and brings what it yields to 8-bit RGB without alpha.</summary>
    private static RgbPicture Decode(Func<Image> load) => Guarded(() =>
    {
        using var loaded = load();
        using var rgb = loaded.Bands == 3 ? loaded.Copy() : loaded.ExtractBand(0).Bandjoin(loaded.ExtractBand(0), loaded.ExtractBand(0));
        using var bytes = rgb.Cast(Enums.BandFormat.Uchar);
        return new RgbPicture(bytes.Width, bytes.Height, bytes.WriteToMemory<byte>());
    });

    private static T Guarded<T>(Func<T> work)
    {
        if (!Libvips.Value)
            throw new PixelException("libvips is not installed (Debian: libvips42); it makes thumbnails and decodes labels.");
        try
        {
            return work();
        }
        catch (VipsException e)
        {
            throw new PixelException($"libvips: {e.Message.ReplaceLineEndings(" ").Trim()}", e);
        }
    }

    // Kept in a field: native code holds no reference that the garbage collector sees.
    private static readonly Log.LogDelegate Noted = static (_, _, message) => LastWarning = message;

    [ThreadStatic]
    private static string? LastWarning;

    private static readonly Lazy<bool> Libvips = new(() =>
    {
        if (!ModuleInitializer.VipsInitialized) return false;
        // Every picture is seen once: a cache of results would only hold memory. They are small: threads would only compete.
        Cache.Max = 0;
        NetVips.NetVips.Concurrency = 1;
        // Damage comes back as an exception as a rule; libvips would also print it to this process's standard error.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Noted);
        return true;
    });

    private static Image ToImage(RgbPicture picture)
    {
        using var raw = Image.NewFromMemory(picture.Pixels, picture.Width, picture.Height, 3, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    /// <summary>JFIF's inverse transform (BT.601, full range), in 16-bit fixed point.</summary>
    private static void YCbCrToRgb(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 3; i += 3)
        {
            var (y, cb, cr) = ((pixels[i] << 16) + (1 << 15), pixels[i + 1] - 128, pixels[i + 2] - 128);
            pixels[i] = (byte)Math.Clamp((y + 91881 * cr) >> 16, 0, 255);
            pixels[i + 1] = (byte)Math.Clamp((y - 22554 * cb - 46802 * cr) >> 16, 0, 255);
            pixels[i + 2] = (byte)Math.Clamp((y + 116130 * cb) >> 16, 0, 255);
        }
    }
}
