using System.Runtime.CompilerServices;
using Slideport.Dsr.Database;
using Slideport.Dsr.Viewing;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>The instances of open slides, found out once for each as long as it is open.</summary>
internal sealed class WebInstances(TimeProvider time)
{
    // Kept as long as the slide is open; a label has one million.
    private const long MaxPicturePixels = 8 << 20;

    private readonly ConditionalWeakTable<OpenSlide, Lazy<IReadOnlyList<WebInstance>>> _known = [];

    /// <summary>The instances of a slide: from the largest level down, then its pictures.</summary>
    /// <param name="slide">The open slide; what is returned reads from it.</param>
    /// <param name="entry">What the catalogue knows of it.</param>
    /// <exception cref="SlideException">It is damaged, or cannot be told in DICOM.</exception>
    internal IReadOnlyList<WebInstance> Of(OpenSlide slide, CatalogueSlide entry) => _known.GetValue(slide, opened => new Lazy<IReadOnlyList<WebInstance>>(
        () => opened.View.Slide.Svs is { } svs ? Of(opened.View, svs, entry) : Of(opened.View, opened.View.Slide.Dicom!))).Value;

    private static WebInstance[] Of(SlideView view, DicomSlide dicom)
    {
        var instances = new List<WebInstance>();
        foreach (var (level, index) in dicom.Levels.Select((l, i) => (l, i)))
        {
            for (var part = 0; part < level.Parts.Count; part++)
            {
                var (instance, first) = (level.Parts[part], level.FirstFrame(part));
                instances.Add(new WebInstance(instance) { Level = view.Levels[index], TileOf = frame => TileOf(instance, first + frame, frame) });
            }
        }

        var slide = view.Slide;
        foreach (var other in dicom.Instances.Where(i => !dicom.Levels.Any(l => l.Parts.Contains(i))))
            instances.Add(new WebInstance(other) { Picture = other == dicom.Thumbnail ? slide.Thumbnail : other == dicom.Label ? slide.Label : other == dicom.Overview ? slide.Macro : null });
        return [.. instances.Where(i => i.Uid.Length > 0)];
    }

    private static long TileOf(WsiInstance instance, long frameOfLevel, int frame)
    {
        if (instance.Tiling == WsiTiling.Full || instance.Positions is not { } positions)
            return frameOfLevel;
        var (size, (column, row)) = (instance.Geometry!.Value, positions[frame]);
        return (row - 1L) / size.TileHeight * size.TilesAcross + (column - 1L) / size.TileWidth;
    }

    private WebInstance[] Of(SlideView view, SvsFile svs, CatalogueSlide entry)
    {
        // A picture that would have to be decoded is left out: nothing a store holds is decoded in this process.
        var (images, refusal, _) = SvsToDicom.Open(svs, new SvsToDicomOptions { DecodesPictures = false, MaxPicturePixels = MaxPicturePixels });
        if (refusal is not null)
            throw new SlideException($"It cannot be told in DICOM: {refusal.Reason}");
        var series = Describe(svs, entry);
        return [.. images.Select((image, index) =>
        {
            var uid = WebUids.InstanceOf(entry, index + 1);
            return new WebInstance(uid, image, new WsiBytes(series, image, (uid, index + 1), entry.LastWrite))
            {
                Level = image.Flavor == WsiImageFlavor.Volume ? view.Levels[index] : null,
                Picture = PictureOf(view.Slide, image.Flavor),
            };
        })];
    }

    private static AssociatedImage? PictureOf(Slide slide, WsiImageFlavor flavor) => flavor switch
    {
        WsiImageFlavor.Thumbnail => slide.Thumbnail,
        WsiImageFlavor.Label => slide.Label,
        WsiImageFlavor.Overview => slide.Macro,
        _ => null,
    };

    private WsiSeriesDescription Describe(SvsFile svs, CatalogueSlide entry)
    {
        var series = SvsToDicomMetadata.Describe(svs, time);
        return series with
        {
            StudyInstanceUid = WebUids.StudyOf(entry),
            SeriesInstanceUid = WebUids.SeriesOf(entry),
            FrameOfReferenceUid = WebUids.FrameOfReferenceOf(entry),
            AcquisitionUid = WebUids.AcquisitionOf(entry),
            PyramidUid = WebUids.PyramidOf(entry),
            DimensionOrganizationUid = WebUids.DimensionOrganizationOf(entry),
            SpecimenUid = WebUids.SpecimenOf(entry),
            ContainerIdentifier = entry.Barcode ?? series.ContainerIdentifier,
            Barcode = entry.Barcode ?? series.Barcode,
            AccessionNumber = entry.Accession ?? "",
            PatientId = entry.PatientId ?? "",
            // What does not tell when it was scanned counts as scanned when it was written, and not now.
            AcquisitionTime = svs.Description.ScanTime ?? entry.ScanTime.UtcDateTime,
        };
    }
}
