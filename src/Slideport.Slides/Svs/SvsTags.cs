using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>
/// Which tags each kind of page carries, and in which order the pages are chained: full resolution, thumbnail, reduced levels, label,
/// macro. Readers tell the pages apart by this order and by explicit NewSubfileTypes, each by another mixture of them.
/// </summary>
internal static class SvsTags
{
    private const uint FullOrReducedLevel = 0;
    private const uint LabelSubfile = 1;
    private const uint MacroSubfile = 9;
    private const ushort HorizontalDifferencing = 2;

    public static List<BigTiffDirectory> Chain(SvsDirectories pages, FileRange? icc)
    {
        var first = Level(pages.Base);
        if (icc is { } range) first.AddWritten(TiffTags.IccProfile, range.Offset, range.Length);
        List<BigTiffDirectory> chain = [first, Image(pages.Thumbnail, FullOrReducedLevel)];
        foreach (var level in pages.ReducedLevels) chain.Add(Level(level));
        if (pages.Label is { } label) chain.Add(Image(label, LabelSubfile));
        if (pages.Macro is { } macro) chain.Add(Image(macro, MacroSubfile));
        return chain;
    }

    /// <summary>The PhotometricInterpretation of a page: JPEG 2000 pages say RGB whatever they hold, as Aperio's own do.</summary>
    public static TiffPhotometric Photometric(TiffCompression compression, ColorSpace color) => color switch
    {
        ColorSpace.Gray => TiffPhotometric.BlackIsZero,
        ColorSpace.YCbCr when compression == TiffCompression.Jpeg => TiffPhotometric.YCbCr,
        _ => TiffPhotometric.Rgb,
    };

    private static BigTiffDirectory Level(SvsLevelDirectory level)
    {
        var tags = Common(level, FullOrReducedLevel);
        tags.AddShortOrLong(TiffTags.TileWidth, level.TileWidth);
        tags.AddShortOrLong(TiffTags.TileLength, level.TileHeight);
        tags.AddLong8(TiffTags.TileOffsets, level.TileOffsets);
        tags.AddLong8(TiffTags.TileByteCounts, level.TileByteCounts);
        tags.AddLong(TiffTags.ImageDepth, 1);
        return tags;
    }

    private static BigTiffDirectory Image(SvsImageDirectory image, uint subfile)
    {
        var tags = Common(image, subfile);
        tags.AddLong8(TiffTags.StripOffsets, image.Data.Offset);
        tags.AddLong8(TiffTags.StripByteCounts, image.Data.Length);
        tags.AddShortOrLong(TiffTags.RowsPerStrip, image.Height);
        if (image.Compression == TiffCompression.Lzw) tags.AddShort(TiffTags.Predictor, HorizontalDifferencing);
        return tags;
    }

    private static BigTiffDirectory Common(SvsPageDirectory page, uint subfile)
    {
        var tags = new BigTiffDirectory();
        var isGray = page.Color == ColorSpace.Gray;
        var photometric = Photometric(page.Compression, page.Color);
        tags.AddLong(TiffTags.NewSubfileType, subfile);
        tags.AddShortOrLong(TiffTags.ImageWidth, page.Width);
        tags.AddShortOrLong(TiffTags.ImageLength, page.Height);
        tags.AddShort(TiffTags.BitsPerSample, isGray ? [8] : [8, 8, 8]);
        tags.AddShort(TiffTags.Compression, (ushort)page.Compression);
        tags.AddShort(TiffTags.PhotometricInterpretation, (ushort)photometric);
        tags.AddAscii(TiffTags.ImageDescription, page.Description);
        tags.AddShort(TiffTags.SamplesPerPixel, isGray ? (ushort)1 : (ushort)3);
        tags.AddShort(TiffTags.PlanarConfiguration, 1);
        // Never 1,1: Bio-Formats would then convert YCbCr to RGB a second time.
        var (horizontal, vertical) = page.Subsampling;
        if (photometric == TiffPhotometric.YCbCr && (horizontal, vertical) != (1, 1))
            tags.AddShort(TiffTags.YCbCrSubSampling, (ushort)horizontal, (ushort)vertical);
        return tags;
    }
}
