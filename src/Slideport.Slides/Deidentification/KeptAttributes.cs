using System.Collections.Frozen;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.Deidentification;

/// <summary>
/// What stays in a de-identified instance. PS3.15 Annex E lists what is to go; here the little is listed that a whole-slide image needs, and all else goes,
/// so that an attribute nobody thought of goes, too. Private ones always do.
/// </summary>
internal static class KeptAttributes
{
    // Numbers and codes of these groups describe pixels, optics and places on the glass.
    private static readonly FrozenSet<ushort> TechnicalGroups = new ushort[] { 0x0020, 0x0028, 0x0048 }.ToFrozenSet();

    private static readonly FrozenSet<Vr> TechnicalVrs = new[] { Vr.CS, Vr.DS, Vr.IS, Vr.US, Vr.SS, Vr.UL, Vr.SL, Vr.FL, Vr.FD, Vr.AT }.ToFrozenSet();

    private static readonly FrozenSet<DicomTag> Kept = new[]
    {
        Tags.SpecificCharacterSet, Tags.ImageType, Tags.SOPClassUID, Tags.Modality, Tags.Manufacturer, Tags.ManufacturerModelName, Tags.SoftwareVersions,
        Tags.VolumetricProperties, Tags.PixelPresentation, Tags.VolumeBasedCalculationTechnique, Tags.FrameType, Tags.ContentQualification, Tags.SliceThickness,
        Tags.InstanceCreationTime, Tags.StudyTime, Tags.SeriesTime, Tags.AcquisitionTime, Tags.ContentTime,
        Tags.CodeValue, Tags.CodingSchemeDesignator, Tags.CodingSchemeVersion, Tags.CodeMeaning, Tags.LongCodeValue, Tags.URNCodeValue,
        Tags.PresentationLUTShape, Tags.OpticalPathIdentifier,
        Tags.XOffsetInSlideCoordinateSystem, Tags.YOffsetInSlideCoordinateSystem, Tags.ZOffsetInSlideCoordinateSystem, Tags.ValueType,
        // Sequences, whose items are looked at in turn.
        Tags.ContainerTypeCodeSequence, Tags.SpecimenDescriptionSequence, Tags.SpecimenPreparationSequence, Tags.SpecimenPreparationStepContentItemSequence,
        Tags.ConceptNameCodeSequence, Tags.ConceptCodeSequence, Tags.PrimaryAnatomicStructureSequence, Tags.PrimaryAnatomicStructureModifierSequence,
        Tags.OpticalPathSequence, Tags.IlluminationTypeCodeSequence, Tags.IlluminationColorCodeSequence, Tags.LensesCodeSequence,
        Tags.TotalPixelMatrixOriginSequence, Tags.DimensionOrganizationSequence, Tags.DimensionIndexSequence,
        Tags.SharedFunctionalGroupsSequence, Tags.PixelMeasuresSequence, Tags.WholeSlideMicroscopyImageFrameTypeSequence, Tags.FrameContentSequence,
        Tags.PlanePositionSlideSequence, Tags.OpticalPathIdentificationSequence,
    }.ToFrozenSet();

    /// <summary>UIDs, which others follow: the same one is always replaced by the same one.</summary>
    public static readonly FrozenSet<DicomTag> Uids = new[]
    {
        Tags.SOPInstanceUID, Tags.StudyInstanceUID, Tags.SeriesInstanceUID, Tags.FrameOfReferenceUID, Tags.PyramidUID, Tags.AcquisitionUID,
        Tags.DimensionOrganizationUID, Tags.SpecimenUID, Tags.ConcatenationUID, Tags.SOPInstanceUIDOfConcatenationSource,
    }.ToFrozenSet();

    /// <summary>Dates, which are moved.</summary>
    public static readonly FrozenSet<DicomTag> Dates = new[]
    {
        Tags.InstanceCreationDate, Tags.StudyDate, Tags.SeriesDate, Tags.AcquisitionDate, Tags.ContentDate, Tags.AcquisitionDateTime,
        Tags.FrameAcquisitionDateTime, Tags.FrameReferenceDateTime,
    }.ToFrozenSet();

    /// <summary>Identifiers that get a pseudonym, by the kind of thing they name: barcode, container and specimen are one glass slide.</summary>
    public static readonly FrozenDictionary<DicomTag, string> Identifiers = new Dictionary<DicomTag, string>
    {
        [Tags.PatientID] = Deidentifier.Patient,
        [Tags.AccessionNumber] = "accession",
        [Tags.ContainerIdentifier] = Deidentifier.Glass,
        [Tags.SpecimenIdentifier] = Deidentifier.Glass,
        [Tags.DeviceSerialNumber] = Deidentifier.Device,
    }.ToFrozenDictionary();

    /// <summary>Attributes of type 2 that a whole-slide image must have: there, and empty.</summary>
    public static readonly DicomTag[] Emptied =
        [Tags.PatientBirthDate, Tags.PatientSex, Tags.ReferringPhysicianName, Tags.StudyID, Tags.IssuerOfTheContainerIdentifierSequence, Tags.AcquisitionContextSequence];

    /// <summary>Whether an element stays as it is; of a sequence, whether its items are looked at.</summary>
    public static bool Has(DicomElement element) => Kept.Contains(element.Tag)
        || (!element.Tag.IsPrivate && TechnicalGroups.Contains(element.Tag.Group) && TechnicalVrs.Contains(DicomDictionary.VrOf(element.Tag)) && TechnicalVrs.Contains(element.Vr));
}
