using System.Globalization;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi;

/// <summary>Brings what instances say of their slide into the model, whatever one producer or another left out.</summary>
internal static class DicomMetadata
{
    private const double MicronsPerMillimetre = 1000;

    /// <summary>
    /// First value of a text attribute without padding and control characters: GT 450 barcodes end in CR LF. Null if nothing is left.
    /// </summary>
    public static string? Text(DicomDataSet set, DicomTag tag)
    {
        if (set.GetStrings(tag) is not [var text, ..]) return null;
        text = new string([.. text.Where(c => !char.IsControl(c))]).Trim();
        return text.Length > 0 ? text : null;
    }

    /// <summary>Metadata of a slide. The largest level speaks first; what it does not tell, another instance may.</summary>
    /// <param name="instances">All instances of the slide, the levels from the largest first.</param>
    public static SlideMetadata Read(IReadOnlyList<WsiInstance> instances)
    {
        string? First(params ReadOnlySpan<DicomTag> tags)
        {
            foreach (var tag in tags)
            {
                foreach (var instance in instances)
                    if (Text(instance.File.DataSet, tag) is { } text) return text;
            }

            return null;
        }

        var set = instances[0].File.DataSet;
        var spacing = instances[0].Flavor == WsiFlavor.Volume ? instances[0].PixelSpacing : null;
        var (time, zone) = ScanTime(First);
        var origin = set.GetItem(Tags.TotalPixelMatrixOriginSequence);
        return new SlideMetadata
        {
            MicronsPerPixel = spacing is { } s ? (s.Column + s.Row) / 2 * MicronsPerMillimetre : null,
            ObjectivePower = Positive(set.GetItem(Tags.OpticalPathSequence)?.GetDouble(Tags.ObjectiveLensPower))
                ?? Positive(set.GetDouble(Tags.ObjectiveLensPower)),
            ContainerIdentifier = First(Tags.ContainerIdentifier),
            Barcode = First(Tags.BarcodeValue),
            LabelText = First(Tags.LabelText),
            ScanTime = time,
            TimeZone = zone,
            Manufacturer = First(Tags.Manufacturer),
            Model = First(Tags.ManufacturerModelName),
            SerialNumber = First(Tags.DeviceSerialNumber),
            SoftwareVersions = First(Tags.SoftwareVersions),
            Rack = NumberBehind("Rack", First(Tags.SeriesDescription)),
            Slot = NumberBehind("Slot", First(Tags.SeriesDescription)),
            Stains = instances.Select(i => StainsOf(i.File.DataSet)).FirstOrDefault(s => s is not null),
            Department = First(Tags.InstitutionalDepartmentName),
            Left = origin?.GetDouble(Tags.XOffsetInSlideCoordinateSystem),
            Top = origin?.GetDouble(Tags.YOffsetInSlideCoordinateSystem),
            StudyInstanceUid = instances[0].StudyInstanceUid is { Length: > 0 } study ? study : null,
            SeriesInstanceUid = instances[0].SeriesInstanceUid is { Length: > 0 } series ? series : null,
        };
    }

    /// <summary>
    /// The substances of the specimen's preparation steps (PS3.3 C.7.6.22, TID 8003): items of the concept "Using substance", by its SNOMED CT
    /// code or the older SRT one.
    /// </summary>
    private static string? StainsOf(DicomDataSet set)
    {
        var stains = set.GetSequence(Tags.SpecimenDescriptionSequence)
            .SelectMany(specimen => specimen.GetSequence(Tags.SpecimenPreparationSequence))
            .SelectMany(step => step.GetSequence(Tags.SpecimenPreparationStepContentItemSequence))
            .Where(item => item.GetItem(Tags.ConceptNameCodeSequence)?.GetString(Tags.CodeValue)?.Trim() is "424361007" or "G-C350")
            .Select(item => Text(item.GetItem(Tags.ConceptCodeSequence) ?? item, item.Contains(Tags.ConceptCodeSequence) ? Tags.CodeMeaning : Tags.TextValue))
            .OfType<string>().Distinct().ToArray();
        return stains.Length == 0 ? null : string.Join('\\', stains);
    }

    /// <summary>The number behind a word: 7 of <c>Rack 2 Slot 7</c>.</summary>
    private static string? NumberBehind(string word, string? text)
    {
        var words = text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var at = Array.IndexOf(words, word);
        return at >= 0 && at + 1 < words.Length && words[at + 1].All(char.IsAsciiDigit) ? words[at + 1] : null;
    }

    /// <summary>
    /// Distance of pixels in mm: Pixel Spacing (row spacing first, so the distance down comes first), shared or the first frame's own, else
    /// the imaged volume divided by the pixels. 0 and negative values occur and are passed over.
    /// </summary>
    public static (double Column, double Row)? PixelSpacing(WsiInstance instance, string? perFrame)
    {
        var set = instance.File.DataSet;
        var shared = set.GetItem(Tags.SharedFunctionalGroupsSequence)?.GetItem(Tags.PixelMeasuresSequence)?.GetDoubles(Tags.PixelSpacing);
        foreach (var values in (double[]?[])[shared, Numbers(perFrame), set.GetDoubles(Tags.PixelSpacing)])
        {
            if (values is [var row, var column, ..] && Positive(row) is not null && Positive(column) is not null) return (column, row);
        }

        if (instance.Geometry is not { } size) return null;
        return Positive(set.GetDouble(Tags.ImagedVolumeWidth)) is { } width
            && Positive(set.GetDouble(Tags.ImagedVolumeHeight)) is { } height
            ? (width / size.Width, height / size.Height)
            : null;
    }

    private delegate string? FirstText(params ReadOnlySpan<DicomTag> tags);

    private static (DateTime? Time, TimeSpan? Zone) ScanTime(FirstText first)
    {
        var zone = Zone(first(Tags.TimezoneOffsetFromUTC));
        if (first(Tags.AcquisitionDateTime) is { } text)
        {
            var sign = text.AsSpan(1).IndexOfAny('+', '-') + 1;
            if (Time(sign > 0 ? text[..sign] : text) is { } time) return (time, sign > 0 ? Zone(text[sign..]) ?? zone : zone);
        }

        return (Time(first(Tags.AcquisitionDate) + first(Tags.AcquisitionTime))
            ?? Time(first(Tags.ContentDate) + first(Tags.ContentTime)), zone);
    }

    /// <summary>DA and TM, or DT without zone: YYYYMMDD[HHMM[SS[.F]]].</summary>
    private static DateTime? Time(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0) text = text[..dot];
        string[] formats = ["yyyyMMddHHmmss", "yyyyMMddHHmm", "yyyyMMddHH", "yyyyMMdd"];
        return DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
    }

    /// <summary>&amp;ZZXX: +0100, -0530.</summary>
    private static TimeSpan? Zone(string? text)
    {
        if (text is not { Length: 5 } || text[0] is not ('+' or '-')) return null;
        if (!int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var hhmm) || hhmm > 1400 || hhmm % 100 > 59)
            return null;
        var offset = new TimeSpan(hhmm / 100, hhmm % 100, 0);
        return text[0] == '-' ? -offset : offset;
    }

    private static double[]? Numbers(string? text)
    {
        if (text is null) return null;
        var parts = text.Trim(' ', '\0').Split('\\');
        var numbers = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return numbers;
    }

    private static double? Positive(double? value) => value is > 0 && double.IsFinite(value.Value) ? value : null;
}
