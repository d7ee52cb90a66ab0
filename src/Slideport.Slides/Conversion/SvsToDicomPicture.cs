using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Thumbnail, label and macro of an SVS as single frames: strips of JPEG are joined without decoding, strips of LZW become the pixels they
/// stand for.
/// </summary>
internal static class SvsToDicomPicture
{
    /// <summary>The picture; null, and why, when it can only be left out.</summary>
    public static (WsiImageDescription? Image, string? Warning) Open(SvsFile file, SvsAssociatedImage picture, WsiImageFlavor flavor, SvsToDicomOptions options)
    {
        if (picture.Width > ushort.MaxValue || picture.Height > ushort.MaxValue)
            return (null, FormattableString.Invariant($"The {flavor} of {picture.Width}x{picture.Height} pixels is too large for a single frame; it was left out"));
        try
        {
            if (ReadJpeg(file, picture, flavor) is { } jpeg) return (jpeg, null);
            if (!options.DecodesPictures && picture.Page.Compression == TiffCompression.Jpeg) return (null, $"The {flavor} was left out: its JPEG is none that DICOM carries");
            return (long)picture.Width * picture.Height <= options.MaxPicturePixels
                ? (ReadPixels(file, picture, flavor), null)
                : (null, FormattableString.Invariant($"The {flavor} of {picture.Width}x{picture.Height} pixels was left out: it is too large to be kept uncompressed"));
        }
        catch (PixelException e)
        {
            return (null, $"The {flavor} was left out: {e.Message}");
        }
    }

    private static WsiImageDescription? ReadJpeg(SvsFile file, SvsAssociatedImage picture, WsiImageFlavor flavor)
    {
        if (SvsPictures.ReadJpeg(file, picture) is not { } jpeg) return null;
        if (JpegHeader.Parse(jpeg) is not { Process: JpegProcess.Baseline, Precision: 8, ComponentCount: 3 } header) return null;
        var coding = JpegColor.Resolve(header, picture.Page.DeclaredColor) == ColorSpace.Rgb ? WsiCoding.JpegRgb : WsiCoding.JpegYCbCr;
        return Describe(picture, flavor, coding, jpeg);
    }

    private static WsiImageDescription ReadPixels(SvsFile file, SvsAssociatedImage picture, WsiImageFlavor flavor)
    {
        var image = Describe(picture, flavor, WsiCoding.NativeRgb, SvsPictures.ReadRgb(file, picture).Pixels);
        return picture.Page.Compression == TiffCompression.Jpeg ? image with { FormerLossyMethod = WsiCoding.JpegRgb.LossyMethod } : image;
    }

    private static WsiImageDescription Describe(SvsAssociatedImage picture, WsiImageFlavor flavor, WsiCoding coding, byte[] frame) =>
        new(flavor, picture.Width, picture.Height, picture.Width, picture.Height, coding, new MemoryFrame(frame));
}
