using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>What an SVS says of the slide, in DICOM's attributes.</summary>
public static class SvsToDicomMetadata
{
    /// <summary>Micrometres per pixel of the full resolution; estimated from the magnification where the slide does not say.</summary>
    public static double MicronsPerPixel(SvsFile file) =>
        file.Description.MicronsPerPixel ?? SvsToDicom.AssumedMicronsPerPixel(file.Description.Magnification);

    /// <summary>
    /// The series of a slide, with new identifiers. The barcode, else the title, else the file's name becomes its container identifier; a
    /// slide that does not tell when it was scanned was scanned now.
    /// </summary>
    /// <param name="file">The slide; the ICC profile refers to it.</param>
    /// <param name="timeProvider">The clock.</param>
    public static WsiSeriesDescription Describe(SvsFile file, TimeProvider timeProvider)
    {
        var text = file.Description;
        var spacing = MicronsPerPixel(file) / 1000;
        var barcode = text.Find("Barcode") ?? "";
        var title = text.Find("Title") ?? "";
        return new WsiSeriesDescription
        {
            ContainerIdentifier = FirstOf(barcode, title, Path.GetFileNameWithoutExtension(file.Path)),
            Barcode = barcode,
            LabelText = title,
            Manufacturer = text.Banner.StartsWith("Aperio", StringComparison.Ordinal) ? "Leica Biosystems" : "Unknown",
            Model = FirstOf(text.Find("ScannerType") ?? "", text.Banner.Contains("GT450", StringComparison.Ordinal) ? "GT450" : "", "Aperio"),
            SerialNumber = FirstOf(text.Find("ScanScope ID") ?? "", "Unknown"),
            SoftwareVersions = FirstOf(text.Banner, "Unknown"),
            AcquisitionTime = text.ScanTime ?? timeProvider.GetLocalNow().DateTime,
            TimeZone = text.TimeZone,
            ImagedVolumeWidth = file.Levels[0].Width * spacing,
            ImagedVolumeHeight = file.Levels[0].Height * spacing,
            ObjectiveLensPower = text.Magnification,
            IccProfile = file.IccProfile is { } range ? new WsiIccProfile(file.Source, range) : null,
        };
    }

    private static string FirstOf(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
            if (!string.IsNullOrWhiteSpace(text)) return text;
        return "";
    }
}
