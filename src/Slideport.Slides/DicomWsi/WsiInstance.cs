using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// One Whole Slide Microscopy instance: a Part 10 file with its attributes typed, its frames found, and its pixels left where they are.
/// Takes what real producers send; what makes the frames unusable is a <see cref="Defect"/>, not an exception, since the instance can still
/// be stored and handed on. Reading is safe for concurrent use once <see cref="Frames"/> has been read.
/// </summary>
public sealed class WsiInstance : IDisposable
{
    private readonly FrameGroupsReader _groups;
    private readonly List<string> _warnings = [];
    private FrameIndex? _frames;

    private WsiInstance(Part10File file, FrameGroupsReader groups)
    {
        (File, _groups) = (file, groups);
        var set = file.DataSet;
        SopClassUid = Uid(Tags.SOPClassUID);
        SopInstanceUid = Uid(Tags.SOPInstanceUID);
        StudyInstanceUid = Uid(Tags.StudyInstanceUID);
        SeriesInstanceUid = Uid(Tags.SeriesInstanceUID);
        PyramidUid = Uid(Tags.PyramidUID);
        FrameOfReferenceUid = Uid(Tags.FrameOfReferenceUID);
        ContainerIdentifier = DicomMetadata.Text(set, Tags.ContainerIdentifier);
        InstanceNumber = set.GetInt32(Tags.InstanceNumber);
        ImageType = set.GetStrings(Tags.ImageType);
        Flavor = FlavorOf(ImageType);
        SamplesPerPixel = set.GetInt32(Tags.SamplesPerPixel) ?? 0;
        BitsAllocated = set.GetInt32(Tags.BitsAllocated) ?? 0;
        IsPlanar = set.GetInt32(Tags.PlanarConfiguration) == 1;
        PhotometricInterpretation = DicomMetadata.Text(set, Tags.PhotometricInterpretation);
        AbsentPixel = AbsentPixel.Of(set);
        Concatenation = ReadConcatenation();
        Positions = _groups.Positions ?? ReadSharedPosition();
        Tiling = Positions is not null && set.GetString(Tags.DimensionOrganizationType)?.Trim() != "TILED_FULL"
            ? WsiTiling.Sparse
            : WsiTiling.Full;
        IccProfile = set.GetItem(Tags.OpticalPathSequence)?.GetRange(Tags.ICCProfile) is { Length: > 0 } icc
            && !file.TransferSyntax.IsDeflated
            ? new ColorProfile(file.Source, icc)
            : null;
        (Geometry, FrameCount, Defect) = WsiRules.Check(this, _groups, _warnings);
    }

    /// <summary>The file underneath.</summary>
    public Part10File File { get; }

    /// <summary>Where the file was opened.</summary>
    public string Path => File.Path;

    /// <summary>How the data set and the frames are encoded.</summary>
    public TransferSyntax TransferSyntax => File.TransferSyntax;

    /// <summary>SOP Class UID (0008,0016); empty if absent.</summary>
    public string SopClassUid { get; }

    /// <summary>SOP Instance UID (0008,0018); empty if absent.</summary>
    public string SopInstanceUid { get; }

    /// <summary>Study Instance UID (0020,000D); empty if absent.</summary>
    public string StudyInstanceUid { get; }

    /// <summary>Series Instance UID (0020,000E): the scan of one slide; empty if absent.</summary>
    public string SeriesInstanceUid { get; }

    /// <summary>Pyramid UID (0008,0019): tells several pyramids in a series apart; empty if absent.</summary>
    public string PyramidUid { get; }

    /// <summary>Frame of Reference UID (0020,0052); empty if absent.</summary>
    public string FrameOfReferenceUid { get; }

    /// <summary>Container Identifier (0040,0512): the glass slide; null if absent.</summary>
    public string? ContainerIdentifier { get; }

    /// <summary>Instance Number (0020,0013); null if absent.</summary>
    public int? InstanceNumber { get; }

    /// <summary>Values of Image Type (0008,0008).</summary>
    public IReadOnlyList<string> ImageType { get; }

    /// <summary>What the instance shows.</summary>
    public WsiFlavor Flavor { get; }

    /// <summary>Whether the instance is of the VL Whole Slide Microscopy Image Storage class.</summary>
    public bool IsWholeSlide => SopClassUid == Uids.VLWholeSlideMicroscopyImageStorage;

    /// <summary>Samples per Pixel (0028,0002); 0 if absent.</summary>
    public int SamplesPerPixel { get; }

    /// <summary>Bits Allocated (0028,0100); 0 if absent.</summary>
    public int BitsAllocated { get; }

    /// <summary>
    /// Whether Planar Configuration (0028,0006) says that all red comes first, then all green; means something in native frames only.
    /// </summary>
    public bool IsPlanar { get; }

    /// <summary>Photometric Interpretation (0028,0004), which is often wrong: the frames themselves decide where they can.</summary>
    public string? PhotometricInterpretation { get; }

    /// <summary>Sizes; null where <see cref="Defect"/> says why.</summary>
    public WsiGeometry? Geometry { get; }

    /// <summary>Number of Frames (0028,0008) in this instance, 1 if absent; 0 if it is no number of frames.</summary>
    public int FrameCount { get; }

    /// <summary>How frames tell where they belong.</summary>
    public WsiTiling Tiling { get; }

    /// <summary>Where each frame says it belongs; null if none does.</summary>
    public FramePositions? Positions { get; }

    /// <summary>Place in a concatenation; null if the instance is not part of one.</summary>
    public WsiConcatenationPart? Concatenation { get; }

    /// <summary>ICC profile of the first optical path; null if there is none.</summary>
    public ColorProfile? IccProfile { get; }

    /// <summary>The colour of frames that are left out.</summary>
    public AbsentPixel AbsentPixel { get; }

    /// <summary>Number of optical paths: by the attribute, the sequence and the frames, whichever has most.</summary>
    public long OpticalPathCount => Math.Max(
        Math.Max(File.DataSet.GetInt64(Tags.NumberOfOpticalPaths) ?? 1, _groups.OpticalPathCount),
        File.DataSet.GetSequence(Tags.OpticalPathSequence).Count);

    /// <summary>Total Pixel Matrix Focal Planes (0048,0303), which may count planes that lie in other instances; 1 if absent.</summary>
    public long FocalPlaneCount => File.DataSet.GetInt64(Tags.TotalPixelMatrixFocalPlanes) ?? 1;

    /// <summary>Whether frames of this instance lie at different heights above the glass.</summary>
    public bool HasSeveralZ => _groups.LowestZ != _groups.HighestZ;

    /// <summary>Height of the (first) focal plane above the glass in µm; null where not told.</summary>
    public double? ZOffset => _groups.LowestZ
        ?? SharedPosition?.GetDouble(Tags.ZOffsetInSlideCoordinateSystem)
        ?? File.DataSet.GetItem(Tags.TotalPixelMatrixOriginSequence)?.GetDouble(Tags.ZOffsetInSlideCoordinateSystem);

    /// <summary>Extended Depth of Field (0048,0012) is YES: the picture was computed from several focal planes.</summary>
    public bool IsExtendedDepthOfField => DicomMetadata.Text(File.DataSet, Tags.ExtendedDepthOfField) == "YES";

    /// <summary>Distance of pixels in mm, (across, down); null where no usable value is told.</summary>
    public (double Column, double Row)? PixelSpacing => DicomMetadata.PixelSpacing(this, _groups.PixelSpacing);

    /// <summary>Why the frames cannot be used; null if they can, as far as the attributes tell.</summary>
    public Refusal? Defect { get; }

    /// <summary>What was put right, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => [.. File.Warnings, .. _warnings, .. _frames?.Warnings ?? []];

    /// <summary>Where the frames lie. The first call walks the items of Pixel Data, 1.5 µs a frame, unless the file is far and has an offset table.</summary>
    /// <exception cref="DicomFormatException">Pixel Data does not hold the frames the attributes tell.</exception>
    public FrameIndex Frames => _frames ??= File.BuildFrameIndex();

    /// <summary>Opens a Part 10 file and reads everything that is not pixels.</summary>
    /// <exception cref="DicomFormatException">It is not a DICOM file, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WsiInstance Open(string path) => Open(path, ByteSource.Open(path));

    /// <summary>Reads everything that is not pixels of a file wherever it lies.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="source">The file; closed with the result, or at once where there is none.</param>
    /// <exception cref="DicomFormatException">It is not a DICOM file, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WsiInstance Open(string name, ByteSource source)
    {
        var groups = new FrameGroupsReader();
        var file = Part10File.Open(name, source, groups.Handle);
        try
        {
            return new WsiInstance(file, groups);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    /// <summary>What it shows and its file, for messages.</summary>
    public override string ToString() =>
        $"{Flavor} {(Geometry is { } g ? FormattableString.Invariant($"{g.Width}x{g.Height} ") : "")}({System.IO.Path.GetFileName(Path)})";

    private DicomDataSet? SharedPosition =>
        File.DataSet.GetItem(Tags.SharedFunctionalGroupsSequence)?.GetItem(Tags.PlanePositionSlideSequence);

    private string Uid(DicomTag tag) => Uids.Trim(File.DataSet.GetString(tag) ?? "");

    private static WsiFlavor FlavorOf(IReadOnlyList<string> imageType) => imageType.Count < 3
        ? WsiFlavor.Other
        : imageType[2] switch
        {
            "VOLUME" => WsiFlavor.Volume,
            "THUMBNAIL" => WsiFlavor.Thumbnail,
            "LABEL" => WsiFlavor.Label,
            "OVERVIEW" => WsiFlavor.Overview,
            _ => WsiFlavor.Other,
        };

    private WsiConcatenationPart? ReadConcatenation()
    {
        var (uid, source) = (Uid(Tags.ConcatenationUID), Uid(Tags.SOPInstanceUIDOfConcatenationSource));
        if (uid.Length == 0 && source.Length == 0) return null;
        return new WsiConcatenationPart(
            uid.Length > 0 ? uid : null,
            source.Length > 0 ? source : null,
            File.DataSet.GetInt32(Tags.InConcatenationNumber),
            File.DataSet.GetInt32(Tags.InConcatenationTotalNumber),
            File.DataSet.GetInt64(Tags.ConcatenationFrameOffsetNumber));
    }

    /// <summary>A single frame may have its position among what all frames share.</summary>
    private FramePositions? ReadSharedPosition()
    {
        var position = SharedPosition;
        return position?.GetInt32(Tags.ColumnPositionInTotalImagePixelMatrix) is { } column
            && position.GetInt32(Tags.RowPositionInTotalImagePixelMatrix) is { } row
            ? new FramePositions([column], [row], 1)
            : null;
    }
}
