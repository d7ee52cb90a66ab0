using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// The attributes of an instance that says by the order of its frames where they lie (TILED_FULL, PS3.3 C.7.6.17.3), made from those of the
/// instances that said it frame by frame. What has nothing to do with that is kept, value for value.
/// </summary>
internal static class TiledFullAttributes
{
    private const string ContributionDescription = "Frames put in the order of TILED_FULL, none of them changed";

    // Said otherwise in the new instance, or true of the old file's bytes only.
    private static readonly DicomTag[] NotKept =
    [
        Tags.ConcatenationUID, Tags.SOPInstanceUIDOfConcatenationSource, Tags.InConcatenationNumber, Tags.InConcatenationTotalNumber,
        Tags.ConcatenationFrameOffsetNumber, Tags.DimensionIndexSequence, Tags.PerFrameFunctionalGroupsSequence, Tags.MACParametersSequence,
        Tags.ExtendedOffsetTable, Tags.ExtendedOffsetTableLengths, Tags.PixelData,
    ];

    /// <summary>Makes them.</summary>
    /// <param name="level">The level, or the one picture; its first part speaks for all.</param>
    /// <param name="groups">What each frame of it says of itself.</param>
    /// <param name="newUid">SOP Instance UID of the new instance.</param>
    /// <param name="renamed">New SOP Instance UIDs of the slide's instances by the old ones: references to whole instances follow.</param>
    public static DicomDataSet Of(DicomLevel level, SharedFrameGroups groups, string newUid, IReadOnlyDictionary<string, string> renamed)
    {
        var (first, size) = (level.Parts[0], level.Geometry);
        var source = first.File.DataSet;
        var set = source.Copy((from, element, copy) => Keeps(source, from, element, copy, renamed));
        // A concatenation's frames are counted part by part (PS3.3 C.7.6.16.1.1), and many labels have another picture's total matrix.
        set.Set(Tags.SOPInstanceUID, newUid)
            .Set(Tags.NumberOfFrames, size.TileCount)
            .Set(Tags.TotalPixelMatrixColumns, size.Width)
            .Set(Tags.TotalPixelMatrixRows, size.Height)
            .Set(Tags.DimensionOrganizationType, "TILED_FULL")
            .Set(Tags.NumberOfOpticalPaths, 1)
            .Set(Tags.TotalPixelMatrixFocalPlanes, 1);
        var shared = groups.MergeInto(set.GetItem(Tags.SharedFunctionalGroupsSequence) ?? new DicomDataSet());
        set.Set(Tags.SharedFunctionalGroupsSequence, shared);
        if (first.ZOffset is { } z && z != 0 && set.GetItem(Tags.TotalPixelMatrixOriginSequence) is { } origin && !origin.Contains(Tags.ZOffsetInSlideCoordinateSystem))
            origin.Set(Tags.ZOffsetInSlideCoordinateSystem, z);
        AddSources(set, level.Parts);
        return set;
    }

    private static bool Keeps(DicomDataSet root, DicomDataSet from, DicomElement element, DicomDataSet copy, IReadOnlyDictionary<string, string> renamed)
    {
        if (ReferenceEquals(from, root) && NotKept.Contains(element.Tag)) return false;
        // A reference to single frames counts them as they were: it stays one to the source.
        if (element.Tag != Tags.ReferencedSOPInstanceUID || from.Contains(Tags.ReferencedFrameNumber)
            || !renamed.TryGetValue(Uids.Trim(from.GetString(element.Tag) ?? ""), out var uid))
            return true;
        copy.Set(Tags.ReferencedSOPInstanceUID, uid);
        return false;
    }

    /// <summary>General Reference (PS3.3 C.12.4), Common Instance Reference (C.12.2) and Contributing Equipment (C.12.1).</summary>
    private static void AddSources(DicomDataSet set, IReadOnlyList<WsiInstance> sources)
    {
        var purpose = () => InstanceReferences.Code("121322", "DCM", "Source image for image processing operation");
        set.Set(Tags.DerivationDescription, ContributionDescription);
        set.Set(Tags.SourceImageSequence,
            [.. set.GetSequence(Tags.SourceImageSequence), .. sources.Select(s => InstanceReferences.To(s).Set(Tags.PurposeOfReferenceCodeSequence, purpose()))]);
        var own = new DicomDataSet().Set(Tags.SeriesInstanceUID, sources[0].SeriesInstanceUid)
            .Set(Tags.ReferencedInstanceSequence, [.. sources.Select(InstanceReferences.To)]);
        var others = set.GetSequence(Tags.ReferencedSeriesSequence);
        var known = others.FirstOrDefault(s => Uids.Trim(s.GetString(Tags.SeriesInstanceUID) ?? "") == sources[0].SeriesInstanceUid);
        if (known is null) set.Set(Tags.ReferencedSeriesSequence, [.. others, own]);
        else known.Set(Tags.ReferencedInstanceSequence, [.. known.GetSequence(Tags.ReferencedInstanceSequence), .. own.GetSequence(Tags.ReferencedInstanceSequence)]);
        set.Set(Tags.ContributingEquipmentSequence, [.. set.GetSequence(Tags.ContributingEquipmentSequence), new DicomDataSet()
            .Set(Tags.Manufacturer, "Slideport").Set(Tags.ContributionDescription, ContributionDescription)
            .Set(Tags.PurposeOfReferenceCodeSequence, InstanceReferences.Code("109103", "DCM", "Modifying Equipment"))]);
    }
}
