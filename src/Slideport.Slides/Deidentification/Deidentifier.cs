using System.Globalization;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Rewriting;

namespace Slideport.Slides.Deidentification;

/// <summary>
/// Takes from one slide what tells whose it is: Basic Application Level Confidentiality Profile (PS3.15 Annex E) with Clean Pixel Data (label and
/// overview are left out) and Retain Longitudinal Temporal Information with Modified Dates. Frames are not changed.
/// </summary>
public sealed class Deidentifier
{
    internal const string Patient = "patient";
    internal const string Glass = "slide";
    internal const string Device = "device";

    private const string Method = "Slideport: listed attributes, keyed pseudonyms, shifted dates";

    private readonly DeidentificationKey _key;
    private readonly int _shiftDays;

    private Deidentifier(DeidentificationKey key, string patient) => (_key, _shiftDays) = (key, key.ShiftDays(patient));

    /// <summary>For one slide. Its dates are moved by as much as those of all other slides of its patient.</summary>
    public static Deidentifier For(DicomSlide slide, DeidentificationKey key)
    {
        string? First(DicomTag tag) => slide.Instances.Select(i => DicomMetadata.Text(i.File.DataSet, tag)).FirstOrDefault(t => t is not null);
        return new Deidentifier(key, First(Tags.PatientID) ?? First(Tags.AccessionNumber) ?? First(Tags.ContainerIdentifier) ?? slide.Instances[0].StudyInstanceUid);
    }

    /// <summary>Why a slide cannot be de-identified; null when it can.</summary>
    public static Refusal? RefusalOf(DicomSlide slide)
    {
        foreach (var instance in slide.Levels.SelectMany(l => l.Parts))
        {
            var set = instance.File.DataSet;
            if (DicomMetadata.Text(set, Tags.SpecimenLabelInImage) is var label and not "NO")
                return WsiRules.Refuse(instance, $"it does not say that its pixels show no label ('{label}'), which could not be taken out of them", nameof(Tags.SpecimenLabelInImage));
            if (DicomMetadata.Text(set, Tags.BurnedInAnnotation) is var writing and not (null or "NO"))
                return WsiRules.Refuse(instance, $"its pixels show writing ('{writing}'), which cannot be taken out of them", nameof(Tags.BurnedInAnnotation));
        }

        if (slide.IccProfile is { } profile && ProfileWords.Blank(profile) is null)
            return new Refusal($"The colour profile of {profile.Range.Length.ToString(CultureInfo.InvariantCulture)} bytes is none, so that nobody knows what it holds", nameof(Tags.ICCProfile));

        return null;
    }

    /// <summary>The instances that a de-identified slide has: the pyramid, and the picture that is made from it where it says that it shows no label.</summary>
    public static IEnumerable<WsiInstance> Carried(DicomSlide slide) =>
        slide.Levels.SelectMany(l => l.Parts).Concat(slide.Instances.Where(i => i is { IsWholeSlide: true, Flavor: WsiFlavor.Thumbnail } && ShowsNoLabel(i)));

    /// <summary>Whether an instance says that its pixels show neither label nor writing.</summary>
    internal static bool ShowsNoLabel(WsiInstance instance) =>
        DicomMetadata.Text(instance.File.DataSet, Tags.SpecimenLabelInImage) == "NO" && DicomMetadata.Text(instance.File.DataSet, Tags.BurnedInAnnotation) is null or "NO";

    /// <summary>What the slide may say of itself: pseudonyms, and the time of the scan on another day.</summary>
    public SlideMetadata Clean(SlideMetadata metadata) => new()
    {
        MicronsPerPixel = metadata.MicronsPerPixel,
        ObjectivePower = metadata.ObjectivePower,
        ContainerIdentifier = metadata.ContainerIdentifier is { } container ? _key.Pseudonym(Glass, container) : null,
        Barcode = metadata.Barcode is { } barcode ? _key.Pseudonym(Glass, barcode) : null,
        ScanTime = metadata.ScanTime is { } time ? Shift(time) : null,
        Manufacturer = metadata.Manufacturer,
        Model = metadata.Model,
        SerialNumber = metadata.SerialNumber is { } serial ? _key.Pseudonym(Device, serial) : null,
        SoftwareVersions = metadata.SoftwareVersions,
        Stains = metadata.Stains,
        Left = metadata.Left,
        Top = metadata.Top,
        StudyInstanceUid = metadata.StudyInstanceUid is { } study ? _key.Uid(study) : null,
        SeriesInstanceUid = metadata.SeriesInstanceUid is { } series ? _key.Uid(series) : null,
    };

    /// <summary>A whole data set without what tells whose it is.</summary>
    internal DicomDataSet Clean(DicomDataSet source)
    {
        var set = CleanItem(source);
        foreach (var tag in KeptAttributes.Emptied) set.SetEmpty(tag);
        var patient = DicomMetadata.Text(source, Tags.PatientID) is { } id ? _key.Pseudonym(Patient, id) : "";
        set.Set(Tags.PatientName, patient).Set(Tags.PatientID, patient);
        if (!set.Contains(Tags.AccessionNumber)) set.SetEmpty(Tags.AccessionNumber);
        set.Set(Tags.PositionReferenceIndicator, source.GetString(Tags.PositionReferenceIndicator) == "SLIDE_CORNER" ? "SLIDE_CORNER" : "");
        foreach (var specimen in set.GetSequence(Tags.SpecimenDescriptionSequence)) KeepCodes(specimen);
        return set.Set(Tags.PatientIdentityRemoved, "YES")
            .Set(Tags.DeidentificationMethod, Method)
            .Set(Tags.DeidentificationMethodCodeSequence,
                InstanceReferences.Code("113100", "DCM", "Basic Application Confidentiality Profile"),
                InstanceReferences.Code("113101", "DCM", "Clean Pixel Data Option"),
                InstanceReferences.Code("113107", "DCM", "Retain Longitudinal Temporal Information Modified Dates Option"))
            .Set(Tags.LongitudinalTemporalInformationModified, "MODIFIED");
    }

    /// <summary>The same of an instance, with its colour profiles, of which only the colours are left.</summary>
    /// <param name="set">The attributes to be written: the instance's, or made from them.</param>
    /// <param name="instance">Where values lie that were left in their file.</param>
    /// <exception cref="DicomFormatException">A profile is none.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    internal DicomDataSet Clean(DicomDataSet set, WsiInstance instance)
    {
        var clean = Clean(set);
        foreach (var (path, kept) in set.GetSequence(Tags.OpticalPathSequence).Zip(clean.GetSequence(Tags.OpticalPathSequence)))
        {
            if (!path.Contains(Tags.ICCProfile)) continue;
            var profile = path.GetBytes(Tags.ICCProfile) is { } bytes ? ProfileWords.Blank(bytes)
                : path.GetRange(Tags.ICCProfile) is { } range && !instance.TransferSyntax.IsDeflated ? ProfileWords.Blank(new ColorProfile(instance.File.Source, range))
                : null;
            kept.Set(Tags.ICCProfile, profile ?? throw new DicomFormatException("A colour profile is none, so that nobody knows what it holds", 0));
        }

        return clean;
    }

    /// <summary>The same for an item that is written by itself, such as a frame's functional groups.</summary>
    internal DicomDataSet CleanItem(DicomDataSet source) => source.Copy(Choose);

    private bool Choose(DicomDataSet source, DicomElement element, DicomDataSet copy)
    {
        var tag = element.Tag;
        if (KeptAttributes.Uids.Contains(tag)) Replace(copy, tag, DicomMetadata.Text(source, tag), _key.Uid);
        else if (KeptAttributes.Dates.Contains(tag)) Replace(copy, tag, DicomMetadata.Text(source, tag), Shift);
        else if (KeptAttributes.Identifiers.TryGetValue(tag, out var kind)) Replace(copy, tag, DicomMetadata.Text(source, tag), text => _key.Pseudonym(kind, text));
        else return KeptAttributes.Has(element);
        return false;
    }

    private static void Replace(DicomDataSet copy, DicomTag tag, string? text, Func<string, string> by)
    {
        if (text is not null && by(Slideport.Dicom.Dictionary.Uids.Trim(text)) is { Length: > 0 } other) copy.Set(tag, other);
        else copy.SetEmpty(tag);
    }

    // What is said in words may say anything; what is said by a code is the stain, the fixative, the method.
    private static void KeepCodes(DicomDataSet specimen)
    {
        specimen.SetEmpty(Tags.IssuerOfTheSpecimenIdentifierSequence);
        foreach (var step in specimen.GetSequence(Tags.SpecimenPreparationSequence))
        {
            var coded = step.GetSequence(Tags.SpecimenPreparationStepContentItemSequence).Where(i => DicomMetadata.Text(i, Tags.ValueType) == "CODE").ToArray();
            step.Set(Tags.SpecimenPreparationStepContentItemSequence, coded);
        }

        specimen.Set(Tags.SpecimenPreparationSequence, [.. specimen.GetSequence(Tags.SpecimenPreparationSequence).Where(s => s.GetSequence(Tags.SpecimenPreparationStepContentItemSequence).Count > 0)]);
    }

    private DateTime Shift(DateTime time) => time.Year > 1900 ? time.AddDays(-_shiftDays) : time.Date;

    /// <summary>DA or DT: the date moved, the time of day kept, the zone left out; empty where it is no date.</summary>
    private string Shift(string text)
    {
        if (text.Length < 8 || !DateTime.TryParseExact(text[..8], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year <= 1900) return "";
        var time = text[8..];
        var zone = time.IndexOfAny(['+', '-']);
        if (zone >= 0) time = time[..zone];
        return time.All(c => char.IsAsciiDigit(c) || c == '.') ? date.AddDays(-_shiftDays).ToString("yyyyMMdd", CultureInfo.InvariantCulture) + time : "";
    }
}
