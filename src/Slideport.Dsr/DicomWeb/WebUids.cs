using System.Globalization;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.DicomWeb;

/// <summary>
/// What slides are called in DICOM. Where nobody has named a slide's study, series or instances, the names are made of its id, below its own
/// UUID (PS3.5 B.2): the same each time, and an id can be read from them again.
/// </summary>
internal static class WebUids
{
    private const string UuidRoot = "2.25.";
    private const int StudyArc = 1;
    private const int FrameOfReferenceArc = 2;
    private const int AcquisitionArc = 3;
    private const int PyramidArc = 4;
    private const int DimensionOrganizationArc = 5;
    private const int SpecimenArc = 6;
    private const int InstancesArc = 10;

    internal static string StudyOf(CatalogueSlide slide) => slide.StudyInstanceUid ?? Below(slide.Id, StudyArc);

    internal static string SeriesOf(CatalogueSlide slide) => slide.SeriesInstanceUid ?? SlideId.UidOf(slide.Id);

    /// <summary>An instance that lies nowhere as DICOM; numbers count from 1.</summary>
    internal static string InstanceOf(CatalogueSlide slide, int number) => string.Create(CultureInfo.InvariantCulture, $"{Below(slide.Id, InstancesArc)}.{number}");

    internal static string FrameOfReferenceOf(CatalogueSlide slide) => Below(slide.Id, FrameOfReferenceArc);

    internal static string AcquisitionOf(CatalogueSlide slide) => Below(slide.Id, AcquisitionArc);

    internal static string PyramidOf(CatalogueSlide slide) => Below(slide.Id, PyramidArc);

    internal static string DimensionOrganizationOf(CatalogueSlide slide) => Below(slide.Id, DimensionOrganizationArc);

    internal static string SpecimenOf(CatalogueSlide slide) => Below(slide.Id, SpecimenArc);

    /// <summary>The slide whose series, made of its id, this is; null: it is none of these.</summary>
    internal static string? SlideOfSeries(string uid)
    {
        if (!uid.StartsWith(UuidRoot, StringComparison.Ordinal) || !UInt128.TryParse(uid.AsSpan(UuidRoot.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        var id = number.ToString("x32", CultureInfo.InvariantCulture);
        return SlideId.UidOf(id) == uid ? id : null;
    }

    /// <summary>The slide whose study, made of its id, this is; null: it is none of these.</summary>
    internal static string? SlideOfStudy(string uid) =>
        uid.LastIndexOf('.') is > 0 and var dot && SlideOfSeries(uid[..dot]) is { } id && Below(id, StudyArc) == uid ? id : null;

    private static string Below(string id, int arc) => string.Create(CultureInfo.InvariantCulture, $"{SlideId.UidOf(id)}.{arc}");
}
