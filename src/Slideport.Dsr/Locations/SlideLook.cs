using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dsr.Catalogue;
using Slideport.Slides;

namespace Slideport.Dsr.Locations;

/// <summary>What an open slide tells the catalogue.</summary>
internal static class SlideLook
{
    // CID 8110: "Using substance", in SNOMED CT and as older objects have it. Of a step of staining, the substances are the stain.
    private const string UsingSubstance = "424361007";
    private const string UsingSubstanceSrt = "G-C350";

    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(14);

    /// <summary>The facts of a slide.</summary>
    internal static SlideFacts At(Slide slide)
    {
        var (metadata, set, largest) = (slide.Metadata, slide.Dicom?.Instances[0].File.DataSet, slide.Levels[0]);
        return new SlideFacts
        {
            Problem = slide.Dicom?.Completeness.Missing is [var missing, ..] ? $"It is not complete: {missing}" : null,
            Format = slide.Format.ToString(),
            Barcode = Fit(metadata.Barcode ?? metadata.ContainerIdentifier, 400),
            Accession = Text(set, Tags.AccessionNumber),
            PatientId = Text(set, Tags.PatientID),
            Stain = set is null ? null : StainOf(set),
            ScannerSerialNumber = Fit(metadata.SerialNumber, 64),
            ScannerModel = Fit(metadata.Model, 400),
            ScanTime = Instant(metadata),
            SeriesInstanceUid = Uid(metadata.SeriesInstanceUid),
            StudyInstanceUid = Uid(metadata.StudyInstanceUid),
            Width = largest.Width,
            Height = largest.Height,
            MicronsPerPixel = metadata.MicronsPerPixel,
            ObjectivePower = metadata.ObjectivePower,
            HasThumbnail = slide.Thumbnail is not null,
            HasLabel = slide.Label is not null,
            HasMacro = slide.Macro is not null,
        };
    }

    /// <summary>A text as every database takes it: no longer than it was made for, no zero, no half of a pair at its end.</summary>
    internal static string? Fit(string? text, int length)
    {
        var clean = text?.Replace('\0', '\uFFFD');
        if (clean is null || clean.Length <= length)
            return clean;
        return clean[..(char.IsHighSurrogate(clean[length - 1]) ? length - 1 : length)];
    }

    // A clock without a zone, or with one that there is not, is taken for UTC's: off by hours at most, and in the right order among its own.
    private static DateTimeOffset? Instant(SlideMetadata metadata) => metadata.ScanTime is { Year: > 1 and < 9999 } time
        ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), metadata.TimeZone is { } zone && zone.Duration() <= LargestOffset ? zone : TimeSpan.Zero)
        : null;

    // What is none leads to no other object, and is refused by whoever takes UIDs only.
    private static string? Uid(string? text) => text is { Length: > 0 and <= 128 } && text.All(c => char.IsAsciiDigit(c) || c == '.') ? text : null;

    private static string? StainOf(DicomDataSet set)
    {
        var substances =
            from specimen in set.GetSequence(Tags.SpecimenDescriptionSequence)
            from step in specimen.GetSequence(Tags.SpecimenPreparationSequence)
            from item in step.GetSequence(Tags.SpecimenPreparationStepContentItemSequence)
            where Text(item.GetItem(Tags.ConceptNameCodeSequence), Tags.CodeValue) is UsingSubstance or UsingSubstanceSrt
            select Text(item.GetItem(Tags.ConceptCodeSequence), Tags.CodeMeaning);
        var stain = string.Join(", ", substances.OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase));
        return stain.Length > 0 ? Fit(stain, 400) : null;
    }

    private static string? Text(DicomDataSet? set, DicomTag tag) =>
        set?.GetStrings(tag) is [var text, ..] && new string([.. text.Where(c => !char.IsControl(c))]).Trim() is { Length: > 0 } found ? Fit(found, 400) : null;
}
