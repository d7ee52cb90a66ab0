using Slideport.Dicom;
using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Conversion;

/// <summary>
/// The pictures beside the pyramid as pages of an SVS: a JPEG that is one frame goes in as it is, everything else as LZW of its pixels,
/// since one JPEG 2000 strip makes OpenSlide refuse the whole file. Only thumbnails are ever encoded anew with loss.
/// </summary>
internal static class PictureConversion
{
    /// <summary>A thumbnail made from a slide of so many tiles takes a sample of them: it is for finding slides.</summary>
    private const int MaxSampledTiles = 1024;

    /// <summary>Label or macro.</summary>
    /// <returns>The page; or why the picture cannot be carried.</returns>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static (SvsImageDirectory? Page, Refusal? Refusal) Convert(
        WsiInstance instance, string kind, SvsText text, SvsWriter writer, List<string> warnings)
    {
        var (picture, refusal) = DicomPicture.Open(instance, warnings);
        if (picture is null) return (null, refusal);
        var size = instance.Geometry!.Value;
        var description = text.Picture(kind, size.Width, size.Height);
        try
        {
            if (picture.ReadJpeg() is { } jpeg) return (Jpeg(jpeg, picture.Coding.Color, description, writer), null);
            var rgb = picture.ReadRgb();
            var lzw = LzwTiff.Encode(rgb.Pixels, rgb.Width, 3);
            return (new SvsImageDirectory
            {
                Width = rgb.Width,
                Height = rgb.Height,
                Compression = TiffCompression.Lzw,
                Color = ColorSpace.Rgb,
                Description = description,
                Data = new FileRange(writer.Append(lzw), lzw.Length),
            }, null);
        }
        catch (PixelException e)
        {
            return (null, WsiRules.Refuse(instance, e.Message, "PixelData"));
        }
    }

    /// <summary>
    /// The thumbnail: the chosen picture as it is, if it is one JPEG; else a small one encoded from its pixels or from the smallest
    /// level's.
    /// </summary>
    /// <returns>The page; or why not even that can be made.</returns>
    public static (SvsImageDirectory? Page, Refusal? Refusal) Thumbnail(
        LevelPlan plan, SvsText text, SvsWriter writer, List<string> warnings, bool withoutWords, CancellationToken cancellationToken)
    {
        var lowest = plan.Kept[^1];
        var first = plan.Kept[0].Geometry;
        string Describe(byte[] jpeg, ColorSpace color) => JpegHeader.Parse(jpeg) is { } h
            ? text.Page(h.Width, h.Height, first.TileWidth, first.TileHeight, TiffCompression.Jpeg, color, h.EstimatedQuality)
            : throw new PixelException("The thumbnail's JPEG cannot be read.");
        try
        {
            if (plan.Thumbnail is { } chosen && (!withoutWords || Deidentifier.ShowsNoLabel(chosen)) && DicomPicture.Open(chosen, warnings) is (not null and var picture, _))
            {
                if (LevelPlan.IsSmall(chosen.Geometry!.Value) && picture.ReadJpeg() is { } jpeg && (!withoutWords || HasNoWords(jpeg)))
                    return (Jpeg(jpeg, picture.Coding.Color, Describe(jpeg, picture.Coding.Color), writer), null);
                var made = PixelCodec.EncodeJpeg(Shrink(picture.ReadRgb(), lowest.Geometry.Height));
                return (Jpeg(made, ColorSpace.YCbCr, Describe(made, ColorSpace.YCbCr), writer), null);
            }

            var built = PixelCodec.EncodeJpeg(Build(lowest, warnings, cancellationToken));
            warnings.Add($"The slide has no thumbnail; one was made from {lowest}");
            return (Jpeg(built, ColorSpace.YCbCr, Describe(built, ColorSpace.YCbCr), writer), null);
        }
        catch (PixelException e)
        {
            return (null, new Refusal($"No thumbnail can be made, which an SVS needs: {e.Message}", "PixelData"));
        }
    }

    // One that cannot be searched is encoded anew.
    private static bool HasNoWords(byte[] jpeg)
    {
        FrameWords.Blank(jpeg);
        return FrameWords.TryFind(jpeg, []);
    }

    private static SvsImageDirectory Jpeg(byte[] jpeg, ColorSpace color, string description, SvsWriter writer)
    {
        var header = JpegHeader.Parse(jpeg) ?? throw new PixelException("The JPEG cannot be read.");
        return new SvsImageDirectory
        {
            Width = header.Width,
            Height = header.Height,
            Compression = TiffCompression.Jpeg,
            Color = color,
            Subsampling = color == ColorSpace.YCbCr ? header.Subsampling : (1, 1),
            Description = description,
            Data = new FileRange(writer.Append(jpeg), jpeg.Length),
        };
    }

    /// <summary>At most 1024 pixels a side, and lower than the lowest level.</summary>
    private static RgbPicture Shrink(RgbPicture picture, int below)
    {
        var bySide = (double)Math.Max(picture.Width, picture.Height) / ThumbnailBuilder.MaxSide;
        var ratio = Math.Max(1, Math.Max(bySide, picture.Height / (double)Math.Max(1, below - 1)));
        return PixelCodec.Resize(picture, Math.Max(1, (int)(picture.Width / ratio)), Math.Max(1, (int)(picture.Height / ratio)));
    }

    private static RgbPicture Build(DicomLevel level, List<string> warnings, CancellationToken cancellationToken)
    {
        var size = level.Geometry;
        var builder = new ThumbnailBuilder(size.Width, size.Height);
        var pictures = new List<DicomPicture>();
        foreach (var part in level.Parts)
        {
            var (picture, refusal) = DicomPicture.Open(part, warnings, asLevel: true);
            pictures.Add(picture ?? throw new PixelException(refusal!.Reason));
        }

        var step = (int)Math.Ceiling(Math.Sqrt((double)size.TileCount / MaxSampledTiles));
        for (var row = 0; row < size.TilesDown; row += step)
        {
            for (var column = 0; column < size.TilesAcross; column += step)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (at, frame) = level.Locate(row * size.TilesAcross + column);
                if (at < 0) continue;
                var shrink = pictures[at].Coding.Coding == TileCoding.Jpeg ? builder.JpegShrink : 1;
                var tile = pictures[at].ReadRgb(frame, shrink);
                for (var y = row; y < Math.Min(row + step, size.TilesDown); y++)
                    for (var x = column; x < Math.Min(column + step, size.TilesAcross); x++)
                        builder.Add(tile, shrink, x * size.TileWidth, y * size.TileHeight);
            }
        }

        return builder.Build();
    }
}
