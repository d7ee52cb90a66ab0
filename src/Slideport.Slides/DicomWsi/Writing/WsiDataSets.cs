using System.Globalization;
using System.Text;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// The attributes of a VL Whole Slide Microscopy Image (PS3.3 A.32.8) in the order of tags, in two pieces: those before and those behind the
/// Optical Path Sequence, which is written around an ICC profile that may be too large for memory.
/// </summary>
internal sealed class WsiDataSets(WsiSeriesDescription series, WsiImageDescription image, DicomLayout layout, WsiPart part)
{
    // Where the first pixel lies on the slide, mm from its corner: inside the area a cover slip has on a 25 x 75 mm slide. No reader depends on
    // it, but thumbnail and levels must agree (Slim).
    private const double OriginX = 25;
    private const double OriginY = 50;
    private const double LabelOriginY = 75;

    /// <summary>Whether there are colours for an ICC profile to say something about; with gray pixels it may not be present.</summary>
    public bool HasColors => image.Coding.SamplesPerPixel > 1;

    private bool IsScan => image.Flavor is WsiImageFlavor.Volume or WsiImageFlavor.Thumbnail;

    private string[] ImageType => image.Flavor switch
    {
        WsiImageFlavor.Volume when image.IsOriginal => ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        WsiImageFlavor.Volume => ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"],
        WsiImageFlavor.Thumbnail => ["DERIVED", "PRIMARY", "THUMBNAIL", "RESAMPLED"],
        WsiImageFlavor.Label => ["ORIGINAL", "PRIMARY", "LABEL", "NONE"],
        _ => ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"],
    };

    /// <summary>Where the first pixel lies on the slide, in mm.</summary>
    public (double X, double Y) Origin => (OriginX, IsScan ? OriginY : LabelOriginY);

    /// <summary>The slide's own ICC profile, where it lies; null where there is none, or nothing for it to say.</summary>
    public WsiIccProfile? ProfileInFile => HasColors && IsScan ? series.IccProfile : null;

    /// <summary>Writes all attributes before the ICC profile (0028,2000) of the optical path.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="compressedBytes">Bytes of all frames of the image as coded.</param>
    /// <param name="now">When the instance is written.</param>
    public void WriteBeforeProfile(DicomWriter output, long compressedBytes, DateTimeOffset now)
    {
        output.Write(BeforeOpticalPath(compressedBytes, now));
        output.StartSequence(Tags.OpticalPathSequence);
        output.StartItem();
        output.Write(OpticalPath().Before);
    }

    /// <summary>Writes all attributes behind the ICC profile up to the Shared Functional Groups.</summary>
    public void WriteBehindProfile(DicomWriter output)
    {
        output.Write(OpticalPath().After);
        output.EndItem();
        output.EndSequence();
        output.Write(AfterOpticalPath());
    }

    /// <summary>All before (0048,0105).</summary>
    private DicomDataSet BeforeOpticalPath(long compressedBytes, DateTimeOffset now)
    {
        var set = new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 192");
        SetIdentity(set, now);
        SetEquipmentAndPatient(set);
        SetRelations(set);
        SetPixels(set, compressedBytes);
        SetSpecimen(set);
        SetGeometry(set);
        return set;
    }

    /// <summary>All behind (0048,0105) up to the Shared Functional Groups.</summary>
    private DicomDataSet AfterOpticalPath()
    {
        var set = new DicomDataSet();
        if (layout == DicomLayout.Full) set.Set(Tags.NumberOfOpticalPaths, 1).Set(Tags.TotalPixelMatrixFocalPlanes, 1);
        if (image.Flavor == WsiImageFlavor.Label)
            set.Set(Tags.LabelText, Vr.UT, LongText(series.LabelText)).Set(Tags.BarcodeValue, Vr.LT, LongText(series.Barcode));

        if (!HasColors) set.Set(Tags.PresentationLUTShape, "IDENTITY");
        var measures = new DicomDataSet().Set(Tags.SliceThickness, Math.Max(series.ImagedVolumeDepth, 0.001) / 1000)
            .Set(Tags.PixelSpacing, image.RowSpacing, image.ColumnSpacing);
        var frameType = new DicomDataSet().Set(Tags.FrameType, ImageType);
        return set.Set(Tags.SharedFunctionalGroupsSequence, new DicomDataSet()
            .Set(Tags.PixelMeasuresSequence, measures)
            .Set(Tags.WholeSlideMicroscopyImageFrameTypeSequence, frameType));
    }

    /// <summary>The optical path's item before and behind its ICC Profile (0028,2000).</summary>
    private (DicomDataSet Before, DicomDataSet After) OpticalPath()
    {
        var before = new DicomDataSet().Set(Tags.IlluminationTypeCodeSequence, Code("111744", "DCM", "Brightfield illumination"));
        var after = new DicomDataSet().Set(Tags.OpticalPathIdentifier, "1")
            .Set(Tags.IlluminationColorCodeSequence, Code("414298005", "SCT", "Full Spectrum"));
        if (HasColors && (!IsScan || series.IccProfile is null)) after.Set(Tags.ColorSpace, "SRGB");
        if (image.Flavor == WsiImageFlavor.Volume && series.ObjectiveLensPower is { } power) after.Set(Tags.ObjectiveLensPower, power);
        return (before, after);
    }

    private void SetIdentity(DicomDataSet set, DateTimeOffset now)
    {
        var scanned = series.AcquisitionTime;
        set.Set(Tags.ImageType, ImageType)
            .Set(Tags.InstanceCreationDate, Date(now.DateTime)).Set(Tags.InstanceCreationTime, Time(now.DateTime))
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.SOPInstanceUID, part.SopInstanceUid)
            .Set(Tags.AcquisitionUID, series.AcquisitionUid);
        if (IsScan) set.Set(Tags.PyramidUID, series.PyramidUid);
        set.Set(Tags.StudyDate, Date(scanned)).Set(Tags.SeriesDate, Date(scanned)).Set(Tags.ContentDate, Date(scanned))
            .Set(Tags.AcquisitionDateTime, Date(scanned) + Time(scanned) + Zone())
            .Set(Tags.StudyTime, Time(scanned)).Set(Tags.SeriesTime, Time(scanned)).Set(Tags.ContentTime, Time(scanned))
            .Set(Tags.AccessionNumber, Text(series.AccessionNumber, 16)).Set(Tags.Modality, "SM");
    }

    private void SetEquipmentAndPatient(DicomDataSet set)
    {
        set.Set(Tags.Manufacturer, Text(series.Manufacturer, 64, "Unknown")).Set(Tags.ReferringPhysicianName, "");
        if (Zone() is { Length: > 0 } zone) set.Set(Tags.TimezoneOffsetFromUTC, zone);
        if (series.Description.Length > 0) set.Set(Tags.SeriesDescription, Text(series.Description, 64));
        set.Set(Tags.ManufacturerModelName, Text(series.Model, 64, "Unknown")).Set(Tags.VolumetricProperties, "VOLUME")
            .Set(Tags.PatientName, Text(series.PatientName, 64)).Set(Tags.PatientID, Text(series.PatientId, 64))
            .SetEmpty(Tags.PatientBirthDate).SetEmpty(Tags.PatientSex)
            .Set(Tags.DeviceSerialNumber, Text(series.SerialNumber, 64, "Unknown"))
            .Set(Tags.SoftwareVersions, Text(series.SoftwareVersions, 64, "Unknown"));
    }

    private void SetRelations(DicomDataSet set)
    {
        set.Set(Tags.StudyInstanceUID, series.StudyInstanceUid).Set(Tags.SeriesInstanceUID, series.SeriesInstanceUid)
            .Set(Tags.StudyID, Text(series.StudyId, 16)).Set(Tags.SeriesNumber, 1).Set(Tags.InstanceNumber, part.InstanceNumber)
            .Set(Tags.FrameOfReferenceUID, series.FrameOfReferenceUid).Set(Tags.PositionReferenceIndicator, "SLIDE_CORNER");
        if (part.Concatenation is { } whole)
        {
            set.Set(Tags.SOPInstanceUIDOfConcatenationSource, whole.SourceUid).Set(Tags.ConcatenationUID, whole.Uid)
                .Set(Tags.InConcatenationNumber, whole.Number).Set(Tags.InConcatenationTotalNumber, whole.Total)
                .Set(Tags.ConcatenationFrameOffsetNumber, part.FirstFrame);
        }

        var organization = series.DimensionOrganizationUid;
        set.Set(Tags.DimensionOrganizationSequence, new DicomDataSet().Set(Tags.DimensionOrganizationUID, organization));
        // An empty Dimension Index Sequence is an error, so TILED_FULL has none.
        if (layout != DicomLayout.Full)
        {
            set.Set(Tags.DimensionIndexSequence,
                DimensionIndex(organization, Tags.ColumnPositionInTotalImagePixelMatrix),
                DimensionIndex(organization, Tags.RowPositionInTotalImagePixelMatrix));
        }

        set.Set(Tags.DimensionOrganizationType, layout switch { DicomLayout.Full => "TILED_FULL", DicomLayout.Sparse => "TILED_SPARSE", _ => "3D" });
    }

    private void SetPixels(DicomDataSet set, long compressedBytes)
    {
        var coding = image.Coding;
        set.Set(Tags.SamplesPerPixel, coding.SamplesPerPixel).Set(Tags.PhotometricInterpretation, coding.PhotometricInterpretation);
        if (coding.SamplesPerPixel > 1) set.Set(Tags.PlanarConfiguration, 0);
        set.Set(Tags.NumberOfFrames, part.FrameCount).Set(Tags.Rows, image.TileRows).Set(Tags.Columns, image.TileColumns)
            .Set(Tags.BitsAllocated, 8).Set(Tags.BitsStored, 8).Set(Tags.HighBit, 7).Set(Tags.PixelRepresentation, 0)
            .Set(Tags.BurnedInAnnotation, IsScan ? "NO" : "YES");
        if (coding.SamplesPerPixel == 1) set.Set(Tags.RescaleIntercept, 0).Set(Tags.RescaleSlope, 1);
        if ((coding.LossyMethod ?? image.FormerLossyMethod) is not { } method)
        {
            set.Set(Tags.LossyImageCompression, "00");
            return;
        }

        // What a former compression saved is not known here; 1 is what this one saves.
        var raw = (double)image.Frames.Count * image.TileColumns * image.TileRows * coding.SamplesPerPixel;
        var ratio = coding.LossyMethod is null ? 1 : Math.Round(raw / Math.Max(1, compressedBytes), 2);
        set.Set(Tags.LossyImageCompression, "01").Set(Tags.LossyImageCompressionRatio, ratio).Set(Tags.LossyImageCompressionMethod, method);
    }

    private void SetSpecimen(DicomDataSet set)
    {
        var container = Text(series.ContainerIdentifier, 64, "Unknown");
        var specimen = new DicomDataSet().Set(Tags.SpecimenIdentifier, container).Set(Tags.SpecimenUID, series.SpecimenUid)
            .SetEmpty(Tags.IssuerOfTheSpecimenIdentifierSequence).SetEmpty(Tags.SpecimenPreparationSequence);
        set.Set(Tags.ContainerIdentifier, container).SetEmpty(Tags.IssuerOfTheContainerIdentifierSequence)
            .Set(Tags.ContainerTypeCodeSequence, Code("433466003", "SCT", "Microscope slide"))
            .SetEmpty(Tags.AcquisitionContextSequence).Set(Tags.SpecimenDescriptionSequence, specimen);
    }

    private void SetGeometry(DicomDataSet set)
    {
        var (width, height) = IsScan
            ? (series.ImagedVolumeWidth, series.ImagedVolumeHeight)
            : (image.Columns * image.ColumnSpacing, image.Rows * image.RowSpacing);
        set.Set(Tags.ImagedVolumeWidth, width).Set(Tags.ImagedVolumeHeight, height).Set(Tags.ImagedVolumeDepth, series.ImagedVolumeDepth)
            .Set(Tags.TotalPixelMatrixColumns, image.Columns).Set(Tags.TotalPixelMatrixRows, image.Rows)
            .Set(Tags.TotalPixelMatrixOriginSequence, new DicomDataSet()
                .Set(Tags.XOffsetInSlideCoordinateSystem, Origin.X).Set(Tags.YOffsetInSlideCoordinateSystem, Origin.Y))
            .Set(Tags.SpecimenLabelInImage, IsScan ? "NO" : "YES")
            .Set(Tags.FocusMethod, "AUTO").Set(Tags.ExtendedDepthOfField, "NO").Set(Tags.ImageOrientationSlide, 0, -1, 0, -1, 0, 0);
    }

    private string Zone() => series.TimeZone is { } zone
        ? (zone < TimeSpan.Zero ? "-" : "+") + zone.ToString("hhmm", CultureInfo.InvariantCulture)
        : "";

    private static DicomDataSet DimensionIndex(string organization, DicomTag pointer) => new DicomDataSet()
        .Set(Tags.DimensionOrganizationUID, organization).Set(Tags.DimensionIndexPointer, pointer)
        .Set(Tags.FunctionalGroupPointer, Tags.PlanePositionSlideSequence);

    private static DicomDataSet Code(string value, string scheme, string meaning) => new DicomDataSet()
        .Set(Tags.CodeValue, value).Set(Tags.CodingSchemeDesignator, scheme).Set(Tags.CodeMeaning, meaning);

    private static string Date(DateTime time) => time.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private static string Time(DateTime time) => time.ToString("HHmmss", CultureInfo.InvariantCulture);

    /// <summary>Text fit for a short string VR: one value, no control characters, at most so many characters.</summary>
    private static string Text(string text, int maxChars, string whenEmpty = "")
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text) clean.Append(char.IsControl(c) || c == '\\' ? ' ' : c);
        var result = clean.ToString().Trim();
        if (result.Length > maxChars) result = result[..maxChars].TrimEnd();
        return result.Length > 0 ? result : whenEmpty;
    }

    /// <summary>
    /// Long text in UTF-8. Encoded here, since the data set behind the optical path does not know the character set the one before it names.
    /// </summary>
    private static byte[] LongText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length % 2 == 0 ? bytes : [.. bytes, (byte)' '];
    }
}
