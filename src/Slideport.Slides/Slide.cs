using System.Globalization;
using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides;

/// <summary>
/// A slide in either format, open for reading: levels, pictures beside them, metadata. Nothing is decoded or loaded until asked for.
/// Disposing of it closes what it opened; a slide made of instances leaves those to their owner.
/// </summary>
public sealed class Slide : IDisposable
{
    private Slide(string path, DicomSlide dicom)
    {
        (Path, Format, Dicom, Metadata, IccProfile) = (path, SlideFormat.DicomWsi, dicom, dicom.Metadata, dicom.IccProfile);
        Levels = [.. dicom.Levels.Select(ToLevel)];
        Thumbnail = ToImage(AssociatedImageKind.Thumbnail, dicom.Thumbnail);
        Label = ToImage(AssociatedImageKind.Label, dicom.Label);
        Macro = ToImage(AssociatedImageKind.Macro, dicom.Overview);
    }

    private Slide(SvsFile svs)
    {
        (Path, Format, Svs) = (svs.Path, SlideFormat.Svs, svs);
        IccProfile = svs.IccProfile is { } range ? new ColorProfile(svs.Source, range) : null;
        var text = svs.Description;
        Metadata = new SlideMetadata
        {
            MicronsPerPixel = text.MicronsPerPixel,
            ObjectivePower = text.Magnification,
            ContainerIdentifier = text.Find("Title"),
            Barcode = text.Find("Barcode"),
            ScanTime = text.ScanTime,
            TimeZone = text.TimeZone,
            Model = text.Find("ScannerType"),
            SerialNumber = text.Find("ScanScope ID"),
            SoftwareVersions = text.Banner.Length > 0 ? text.Banner : null,
            Left = Number(text.Find("Left")),
            Top = Number(text.Find("Top")),
        };
        Levels = [.. svs.Levels.Select(level => ToLevel(svs, level))];
        Thumbnail = ToImage(svs, AssociatedImageKind.Thumbnail, svs.Thumbnail);
        Label = ToImage(svs, AssociatedImageKind.Label, svs.Label);
        Macro = ToImage(svs, AssociatedImageKind.Macro, svs.Macro);
    }

    /// <summary>The file, or the folder of the instances.</summary>
    public string Path { get; }

    /// <summary>Format.</summary>
    public SlideFormat Format { get; }

    /// <summary>The instances behind it; null for an SVS.</summary>
    public DicomSlide? Dicom { get; }

    /// <summary>The file behind it; null for DICOM.</summary>
    public SvsFile? Svs { get; }

    /// <summary>What the slide tells about itself.</summary>
    public SlideMetadata Metadata { get; }

    /// <summary>The pyramid from the largest level down; empty only for DICOM that has no VOLUME instance.</summary>
    public IReadOnlyList<Level> Levels { get; }

    /// <summary>A small picture of the scanned area.</summary>
    public AssociatedImage? Thumbnail { get; }

    /// <summary>The slide's paper label; may show patient data.</summary>
    public AssociatedImage? Label { get; }

    /// <summary>The whole slide as an overview camera sees it; may show patient data.</summary>
    public AssociatedImage? Macro { get; }

    /// <summary>ICC profile; null if there is none.</summary>
    public ColorProfile? IccProfile { get; }

    /// <summary>Thumbnail, label and macro, as far as there are.</summary>
    public IEnumerable<AssociatedImage> AssociatedImages => ((AssociatedImage?[])[Thumbnail, Label, Macro]).OfType<AssociatedImage>();

    /// <summary>Opens an SVS.</summary>
    /// <exception cref="SlideException">The file is not a sound SVS.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Slide OpenSvs(string path) => OfSvs(SvsFile.Open(path));

    /// <summary>Opens an SVS wherever it lies.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="source">The file; closed with the slide, or at once where there is none.</param>
    /// <exception cref="SlideException">The file is not a sound SVS.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Slide OpenSvs(string name, ByteSource source) => OfSvs(SvsFile.Open(name, source));

    /// <summary>The model of a slide whose instances are open; they stay their owner's.</summary>
    public static Slide Of(DicomSlide slide) => new(System.IO.Path.GetDirectoryName(slide.Instances[0].Path) ?? "", slide);

    /// <inheritdoc/>
    public void Dispose() => Svs?.Dispose();

    private static Slide OfSvs(SvsFile svs)
    {
        try
        {
            return new Slide(svs);
        }
        catch
        {
            svs.Dispose();
            throw;
        }
    }

    private static Level ToLevel(DicomLevel level)
    {
        var (size, part) = (level.Geometry, level.Parts[0]);
        return new Level(size.Width, size.Height, size.TileWidth, size.TileHeight, Coding(part), new DicomTiles(level))
        {
            CodingName = part.TransferSyntax.Name,
            MicronsPerPixel = level.MicronsPerPixel,
            AbsentPixel = part.AbsentPixel,
            DeclaredColor = JpegColor.Declared(part.PhotometricInterpretation),
            IsPlanar = part is { IsPlanar: true, SamplesPerPixel: 3 } && Coding(part) == TileCoding.Raw,
        };
    }

    private static Level ToLevel(SvsFile svs, SvsLevel level) => new(
        level.Width, level.Height, level.TileWidth, level.TileHeight, Coding(level.Page), new SvsLevelTiles(svs, level))
    {
        CodingName = level.Page.Compression.ToString(),
        MicronsPerPixel = svs.Description.MicronsPerPixel is { } mpp ? mpp * svs.Levels[0].Width / level.Width : null,
        DeclaredColor = level.Page.Compression == TiffCompression.Jpeg2000YCbCr ? ColorSpace.YCbCr : level.Page.DeclaredColor,
        BitsPerSample = level.Page.BitsPerSample,
        IsDifferenced = level.Page.Predictor == 2,
    };

    private static Level ToLevel(SvsFile svs, SvsAssociatedImage image) => new(
        image.Width, image.Height, image.Width, image.RowsPerStrip, Coding(image.Page), new SvsStrips(svs, image))
    {
        CodingName = image.Page.Compression.ToString(),
        DeclaredColor = image.Page.DeclaredColor,
        BitsPerSample = image.Page.BitsPerSample,
        IsDifferenced = image.Page.Predictor == 2,
    };

    private static TileCoding Coding(WsiInstance instance)
    {
        var syntax = instance.TransferSyntax;
        if (!syntax.IsEncapsulated || syntax == TransferSyntax.EncapsulatedUncompressed) return TileCoding.Raw;
        if (syntax == TransferSyntax.JpegBaseline8Bit || syntax == TransferSyntax.JpegExtended12Bit) return TileCoding.Jpeg;
        return syntax == TransferSyntax.Jpeg2000 || syntax == TransferSyntax.Jpeg2000Lossless ? TileCoding.Jpeg2000 : TileCoding.Other;
    }

    private static TileCoding Coding(SvsPage page) => page.Compression switch
    {
        TiffCompression.Jpeg => TileCoding.Jpeg,
        TiffCompression.Jpeg2000Rgb or TiffCompression.Jpeg2000YCbCr => TileCoding.Jpeg2000,
        TiffCompression.None => TileCoding.Raw,
        TiffCompression.Lzw => TileCoding.Lzw,
        _ => TileCoding.Other,
    };

    private static AssociatedImage? ToImage(AssociatedImageKind kind, WsiInstance? instance)
    {
        if (instance?.Geometry is null) return null;
        DicomPicture Open() => DicomPicture.Open(instance, []) is (not null and var picture, _)
            ? picture
            : throw new PixelException($"{instance} cannot be read as a picture: {DicomPicture.Open(instance, []).Refusal?.Reason}");
        return new AssociatedImage(kind, ToLevel(new DicomLevel([instance], [0])), () => Open().ReadJpeg(), () => Open().ReadRgb());
    }

    private static AssociatedImage? ToImage(SvsFile svs, AssociatedImageKind kind, SvsAssociatedImage? image) => image is null
        ? null
        : new AssociatedImage(kind, ToLevel(svs, image), () => SvsPictures.ReadJpeg(svs, image), () => SvsPictures.ReadRgb(svs, image));

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
