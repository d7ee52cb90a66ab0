using System.Buffers;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>Brings thumbnail, label and macro out of their strips: as one JPEG with the same coefficients, or as pixels.</summary>
public static class SvsPictures
{
    /// <summary>Most bytes of coded strips that are read for one picture.</summary>
    private const long MaxCodedBytes = 256L << 20;

    /// <summary>
    /// The page as one complete JPEG whose markers tell its colours, without re-encoding; null when it is not coded as JPEG, or its strips
    /// cannot be joined (<see cref="JpegStrips"/>), so that its pixels must be taken.
    /// </summary>
    /// <exception cref="PixelException">The page is too large to be read whole.</exception>
    /// <exception cref="TiffFormatException">The file has become shorter meanwhile.</exception>
    public static byte[]? ReadJpeg(SvsFile svs, SvsAssociatedImage image)
    {
        if (image.Page.Compression != TiffCompression.Jpeg) return null;
        var status = JpegStrips.Join(image.Page.JpegTables.Span, ReadStrips(svs, image), image.RowsPerStrip, image.Height, out var joined);
        if (status != OperationStatus.Done) return null;
        if (JpegHeader.Parse(joined) is not { } header || header.Width != image.Width || header.Height != image.Height) return null;
        if (JpegColor.Resolve(header, image.Page.DeclaredColor) is not { } color) return null;
        var patch = JpegPatch.For(header, color);
        if (patch.Kinds == JpegPatchKinds.None) return joined;
        var patched = new byte[joined!.Length + JpegPatch.MaxGrowth];
        return patch.Apply(joined, patched, out var written) == OperationStatus.Done ? patched[..written] : null;
    }

    /// <summary>The page's pixels: raw or LZW as they are, JPEG decoded.</summary>
    /// <exception cref="PixelException">The page is too large, damaged, or coded in another way.</exception>
    /// <exception cref="TiffFormatException">The file has become shorter meanwhile.</exception>
    public static RgbPicture ReadRgb(SvsFile svs, SvsAssociatedImage image)
    {
        var page = image.Page;
        if (page.Compression == TiffCompression.Jpeg)
        {
            var jpeg = ReadJpeg(svs, image) ?? throw new PixelException($"The strips of TIFF directory {page.Index} do not make one JPEG.");
            return PixelCodec.DecodeJpeg(jpeg);
        }

        if (page.Compression is not (TiffCompression.None or TiffCompression.Lzw) || !IsEightBitRgb(page))
            throw new PixelException($"TIFF directory {page.Index} is not 8-bit RGB in a coding this product decodes.");
        if ((long)image.Width * image.Height > PixelCodec.MaxPixels)
            throw new PixelException($"A picture of {image.Width}x{image.Height} pixels is too large to be decoded here.");

        var strips = ReadStrips(svs, image);
        var pixels = new byte[3 * image.Width * image.Height];
        var stripBytes = 3 * image.Width * image.RowsPerStrip;
        for (var i = 0; i < strips.Length; i++)
        {
            var target = pixels.AsSpan(i * stripBytes, Math.Min(stripBytes, pixels.Length - i * stripBytes));
            if (!Decode(page, strips[i].Span, target)) throw new PixelException($"Strip {i} of TIFF directory {page.Index} is damaged.");
        }

        if (page.Predictor == 2) LzwTiff.UndoDifference(pixels, image.Width, 3);
        return new RgbPicture(image.Width, image.Height, pixels);
    }

    private static bool IsEightBitRgb(SvsPage page) => page is { BitsPerSample: 8, SamplesPerPixel: 3, Photometric: TiffPhotometric.Rgb };

    private static bool Decode(SvsPage page, ReadOnlySpan<byte> strip, Span<byte> target)
    {
        if (page.Compression == TiffCompression.Lzw)
            return LzwTiff.Decode(strip, target, out var written) == OperationStatus.Done && written == target.Length;
        if (strip.Length < target.Length) return false;
        strip[..target.Length].CopyTo(target);
        return true;
    }

    private static ReadOnlyMemory<byte>[] ReadStrips(SvsFile svs, SvsAssociatedImage image)
    {
        // Strips may overlap in a hostile file: their sum is not bounded by the file's length.
        var total = 0L;
        foreach (var strip in image.Strips)
        {
            total += strip.Length;
            if (total > MaxCodedBytes)
                throw new PixelException($"The strips of TIFF directory {image.Page.Index} are too large to be read whole.");
        }

        var bytes = new byte[total];
        var strips = new ReadOnlyMemory<byte>[image.Strips.Count];
        var at = 0;
        for (var i = 0; i < strips.Length; i++)
        {
            var length = (int)image.Strips[i].Length;
            svs.Read(image.Strips[i], bytes.AsSpan(at));
            strips[i] = bytes.AsMemory(at, length);
            at += length;
        }

        return strips;
    }
}
