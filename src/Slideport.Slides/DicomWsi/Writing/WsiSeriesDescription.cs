using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>What all instances of a slide have in common. Texts longer than their attribute allows are cut; characters it forbids become spaces.</summary>
public sealed record WsiSeriesDescription
{
    /// <summary>Study Instance UID (0020,000D).</summary>
    public string StudyInstanceUid { get; init; } = Uids.New();

    /// <summary>Series Instance UID (0020,000E): the scan.</summary>
    public string SeriesInstanceUid { get; init; } = Uids.New();

    /// <summary>Frame of Reference UID (0020,0052): the slide's coordinate system, one for all instances.</summary>
    public string FrameOfReferenceUid { get; init; } = Uids.New();

    /// <summary>Acquisition UID (0008,0017).</summary>
    public string AcquisitionUid { get; init; } = Uids.New();

    /// <summary>Pyramid UID (0008,0019), on levels and thumbnail.</summary>
    public string PyramidUid { get; init; } = Uids.New();

    /// <summary>Dimension Organization UID (0020,9164).</summary>
    public string DimensionOrganizationUid { get; init; } = Uids.New();

    /// <summary>Specimen UID (0040,0554).</summary>
    public string SpecimenUid { get; init; } = Uids.New();

    /// <summary>Container Identifier (0040,0512) and Specimen Identifier (0040,0551): the slide's name; never empty.</summary>
    public required string ContainerIdentifier { get; init; }

    /// <summary>Barcode Value (2200,0005); written with the label.</summary>
    public string Barcode { get; init; } = "";

    /// <summary>Label Text (2200,0002); written with the label.</summary>
    public string LabelText { get; init; } = "";

    /// <summary>Patient's Name (0010,0010), in DICOM's form with carets.</summary>
    public string PatientName { get; init; } = "";

    /// <summary>Patient ID (0010,0020).</summary>
    public string PatientId { get; init; } = "";

    /// <summary>Accession Number (0008,0050).</summary>
    public string AccessionNumber { get; init; } = "";

    /// <summary>Study ID (0020,0010).</summary>
    public string StudyId { get; init; } = "1";

    /// <summary>Series Description (0008,103E); left out when empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Manufacturer (0008,0070).</summary>
    public string Manufacturer { get; init; } = "Unknown";

    /// <summary>Manufacturer's Model Name (0008,1090).</summary>
    public string Model { get; init; } = "Unknown";

    /// <summary>Device Serial Number (0018,1000).</summary>
    public string SerialNumber { get; init; } = "Unknown";

    /// <summary>Software Versions (0018,1020).</summary>
    public string SoftwareVersions { get; init; } = "Unknown";

    /// <summary>When the slide was scanned, on the scanner's clock; every instance states it in four attributes.</summary>
    public required DateTime AcquisitionTime { get; init; }

    /// <summary>Offset of the scanner's clock from UTC (0008,0201); null where unknown.</summary>
    public TimeSpan? TimeZone { get; init; }

    /// <summary>Width of the scanned area in mm (0048,0001).</summary>
    public required double ImagedVolumeWidth { get; init; }

    /// <summary>Height of the scanned area in mm (0048,0002).</summary>
    public required double ImagedVolumeHeight { get; init; }

    /// <summary>Depth of the scanned volume in µm (0048,0003).</summary>
    public double ImagedVolumeDepth { get; init; } = 1;

    /// <summary>Magnification of the objective (0048,0112); null where unknown.</summary>
    public double? ObjectiveLensPower { get; init; }

    /// <summary>Colours of levels and thumbnail; null = sRGB.</summary>
    public WsiIccProfile? IccProfile { get; init; }
}
