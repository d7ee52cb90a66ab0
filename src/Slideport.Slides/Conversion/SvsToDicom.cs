using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Turns an SVS into the DICOM instances a scanner would send: one for each level, thumbnail, label and overview. No tile of the pyramid is
/// decoded; see <see cref="SvsToDicomFrames"/>.
/// </summary>
public static class SvsToDicom
{
    // A micrometre per pixel is near enough for a slide that does not tell; with a magnification it is 10 µm over that, as scanners have it.
    private const double DefaultMicronsPerPixel = 0.5;
    private const double MicronsAtMagnificationOne = 10;
    private const double SlideWidth = 75; // mm; a macro shows the whole slide
    private const double SlideHeight = 25; // mm; a label is as high as the slide

    /// <summary>Converts a slide.</summary>
    /// <param name="svsPath">The SVS.</param>
    /// <param name="outputFolder">Where the instances go; created if missing.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; files finished by then stay.</param>
    /// <returns>The files, or the refusal, in which case nothing was written.</returns>
    /// <exception cref="SlideException">The SVS is damaged.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static SvsToDicomResult Convert(
        string svsPath, string outputFolder, SvsToDicomOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SvsToDicomOptions();
        using var file = SvsFile.Open(svsPath);
        var (images, refusal, warnings) = Open(file, options);
        if (refusal is not null) return new SvsToDicomResult([], refusal, warnings);

        var series = SvsToDicomMetadata.Describe(file, options.Writer.TimeProvider);
        if (options.Describe is { } describe) series = describe(series);
        Directory.CreateDirectory(outputFolder);
        var writer = new WsiWriter(outputFolder, series, options.Writer with { Layout = options.Layout });
        var files = new List<string>();
        foreach (var image in images) files.AddRange(writer.Write(image, cancellationToken));
        return new SvsToDicomResult(files, null, warnings);
    }

    /// <summary>
    /// The pictures of a slide, ready to be written by a <see cref="WsiWriter"/> or to be the material of another slide. They read from
    /// <paramref name="file"/>, which must stay open.
    /// </summary>
    /// <exception cref="SlideException">The SVS is damaged.</exception>
    public static (IReadOnlyList<WsiImageDescription> Images, Refusal? Refusal, IReadOnlyList<string> Warnings) Open(
        SvsFile file, SvsToDicomOptions options)
    {
        var images = new List<WsiImageDescription>();
        var warnings = new List<string>();
        var (spacing, baseLevel) = (SvsToDicomMetadata.MicronsPerPixel(file) / 1000, file.Levels[0]);
        foreach (var level in file.Levels)
        {
            var (frames, refusal) = SvsToDicomFrames.Open(file, level);
            refusal ??= options.Layout == DicomLayout.Full ? FindHole(level) : null;
            if (refusal is not null) return ([], refusal, warnings);
            images.Add(new WsiImageDescription(
                WsiImageFlavor.Volume, level.Width, level.Height, level.TileWidth, level.TileHeight, frames!.Coding, frames)
            {
                IsOriginal = level == baseLevel,
                ColumnSpacing = spacing * baseLevel.Width / level.Width,
                RowSpacing = spacing * baseLevel.Height / level.Height,
            });
        }

        if (options.IncludeThumbnail) Add(file.Thumbnail, WsiImageFlavor.Thumbnail);
        if (options.IncludeLabel) Add(file.Label, WsiImageFlavor.Label);
        if (options.IncludeOverview) Add(file.Macro, WsiImageFlavor.Overview);
        return (images, null, warnings);

        void Add(SvsAssociatedImage? picture, WsiImageFlavor flavor)
        {
            if (picture is null) return;
            var (image, warning) = SvsToDicomPicture.Open(file, picture, flavor, options);
            if (warning is not null) warnings.Add(warning);
            if (image is not null) images.Add(WithSpacing(image, spacing * baseLevel.Width, spacing * baseLevel.Height));
        }
    }

    private static WsiImageDescription WithSpacing(WsiImageDescription image, double scanWidth, double scanHeight) => image.Flavor switch
    {
        WsiImageFlavor.Thumbnail => image with { ColumnSpacing = scanWidth / image.Columns, RowSpacing = scanHeight / image.Rows },
        WsiImageFlavor.Overview => image with { ColumnSpacing = SlideWidth / image.Columns, RowSpacing = SlideWidth / image.Columns },
        _ => image with { ColumnSpacing = SlideHeight / image.Rows, RowSpacing = SlideHeight / image.Rows },
    };

    private static Refusal? FindHole(SvsLevel level)
    {
        for (var tile = 0; tile < level.Tiles.Count; tile++)
        {
            if (level.Tiles[tile].Length > 0) continue;
            return new Refusal(
                FormattableString.Invariant($"Level of {level.Width}x{level.Height}: tile {tile} is missing, which TILED_FULL cannot express; use the sparse layout"),
                "TileByteCounts");
        }

        return null;
    }

    /// <summary>Micrometres per pixel where the SVS does not say.</summary>
    internal static double AssumedMicronsPerPixel(double? magnification) =>
        magnification is { } power ? MicronsAtMagnificationOne / power : DefaultMicronsPerPixel;
}
