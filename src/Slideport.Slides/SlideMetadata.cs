namespace Slideport.Slides;

/// <summary>What a slide tells about itself. Texts are trimmed, never empty: null means that it does not tell.</summary>
public sealed record SlideMetadata
{
    /// <summary>Micrometres per pixel of the full resolution, mean of both directions.</summary>
    public double? MicronsPerPixel { get; init; }

    /// <summary>Magnification of the objective.</summary>
    public double? ObjectivePower { get; init; }

    /// <summary>Identifier of the glass slide: DICOM's Container Identifier.</summary>
    public string? ContainerIdentifier { get; init; }

    /// <summary>Barcode on the label.</summary>
    public string? Barcode { get; init; }

    /// <summary>Text on the label.</summary>
    public string? LabelText { get; init; }

    /// <summary>When the slide was scanned, on the scanner's clock.</summary>
    public DateTime? ScanTime { get; init; }

    /// <summary>Offset of that clock from UTC.</summary>
    public TimeSpan? TimeZone { get; init; }

    /// <summary>Who made the scanner.</summary>
    public string? Manufacturer { get; init; }

    /// <summary>Model of the scanner.</summary>
    public string? Model { get; init; }

    /// <summary>Serial number of the scanner.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>Version of the scanner's software; several are joined by backslashes. SVS: the banner, its first line.</summary>
    public string? SoftwareVersions { get; init; }

    /// <summary>Rack of the scanner the slide was in. DICOM has no attribute for it: read from a Series Description such as <c>Rack 2 Slot 7</c>.</summary>
    public string? Rack { get; init; }

    /// <summary>Its slot in the rack.</summary>
    public string? Slot { get; init; }

    /// <summary>Stains of the specimen, as codes' meanings or text; several are joined by backslashes. DICOM only.</summary>
    public string? Stains { get; init; }

    /// <summary>Department of the institution; DICOM only.</summary>
    public string? Department { get; init; }

    /// <summary>Left edge of the scanned area on the glass in mm.</summary>
    public double? Left { get; init; }

    /// <summary>Upper edge of the scanned area on the glass in mm.</summary>
    public double? Top { get; init; }

    /// <summary>Study Instance UID; DICOM only.</summary>
    public string? StudyInstanceUid { get; init; }

    /// <summary>Series Instance UID; DICOM only.</summary>
    public string? SeriesInstanceUid { get; init; }

    /// <summary>Whether a GT 450 made it: such files have rules of their own.</summary>
    public bool IsGt450 =>
        Model?.Replace(" ", "", StringComparison.Ordinal).Contains("GT450", StringComparison.OrdinalIgnoreCase) == true
        || SoftwareVersions?.Contains("GT450", StringComparison.Ordinal) == true;
}
