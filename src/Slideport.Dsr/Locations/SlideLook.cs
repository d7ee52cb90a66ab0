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
            SeriesInstanceUid = Fit(metadata.SeriesInstanceUid, 128),
            StudyInstanceUid = Fit(metadata.StudyInstanceUid, 128),
            Width = largest.Width,
            Height = largest.Height,
            MicronsPerPixel = metadata.MicronsPerPixel,
            ObjectivePower = metadata.ObjectivePower,
            HasThumbnail = slide.Thumbnail is not null,
            HasLabel = slide.Label is not null,
            HasMacro = slide.Macro is not null,
        };
    }

    // A clock without a zone is taken for UTC's: off by hours at most, and in the right order among its own.
    private static DateTimeOffset? Instant(SlideMetadata metadata) => metadata.ScanTime is { Year: > 1 and < 9999 } time
        ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), metadata.TimeZone ?? TimeSpan.Zero)
        : null;

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

    // No database takes more than it was made for, nor all of them a zero.
    private static string? Fit(string? text, int length) => text is null ? null : text.Replace('\0', '\uFFFD') is var clean && clean.Length > length ? clean[..length] : clean;
}
