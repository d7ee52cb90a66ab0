using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// What must hold between the instances of a slide for it to be one picture at several resolutions, in one plane and one light.
/// </summary>
internal static class SlideRules
{
    /// <summary>The first thing that stands in the way; null if nothing does.</summary>
    public static Refusal? Check(IReadOnlyList<DicomLevel> levels)
    {
        foreach (var part in levels.SelectMany(l => l.Parts))
        {
            if (part.OpticalPathCount > 1)
                return WsiRules.Refuse(part, $"{part.OpticalPathCount} optical paths; an SVS holds one", "NumberOfOpticalPaths");
            if (part.FocalPlaneCount > 1)
                return WsiRules.Refuse(part, $"{part.FocalPlaneCount} focal planes; an SVS holds one", "TotalPixelMatrixFocalPlanes");
            if (part.HasSeveralZ)
                return WsiRules.Refuse(part, "its frames lie in several focal planes; an SVS holds one", "ZOffsetInSlideCoordinateSystem");
        }

        for (var i = 1; i < levels.Count; i++)
        {
            var (one, other) = (levels[i - 1], levels[i]);
            if ((one.Geometry.Width, one.Geometry.Height) == (other.Geometry.Width, other.Geometry.Height))
                return SameSize(one.Parts[0], other.Parts[0]);
            if (one.Geometry.Width < other.Geometry.Width || one.Geometry.Height < other.Geometry.Height)
                return new Refusal(
                    $"{one.Parts[0]} and {other.Parts[0]} are not one picture at two resolutions", "TotalPixelMatrixColumns");
        }

        return null;
    }

    /// <summary>Whether two files of one SOP Instance UID hold the same instance, by what is known without reading their pixels.</summary>
    public static bool AreSame(WsiInstance one, WsiInstance other)
    {
        if (one.Geometry != other.Geometry || one.FrameCount != other.FrameCount || one.Flavor != other.Flavor) return false;
        if (one.TransferSyntax.Uid != other.TransferSyntax.Uid || one.SeriesInstanceUid != other.SeriesInstanceUid
            || one.Concatenation != other.Concatenation)
            return false;
        return DataSetBytes(one) == DataSetBytes(other);
    }

    /// <summary>File headers differ with whoever wrote the file; data sets do not.</summary>
    private static long DataSetBytes(WsiInstance instance) => instance.File.Source.Length - instance.File.DataSetOffset;

    /// <summary>Two pictures of one size that are no concatenation: says what tells them apart, if something does.</summary>
    private static Refusal SameSize(WsiInstance one, WsiInstance other)
    {
        Refusal Because(string why, string attribute) => new($"{one} and {other} {why}", attribute);
        if (one.ZOffset != other.ZOffset)
            return Because("lie in different focal planes; an SVS holds one", "ZOffsetInSlideCoordinateSystem");
        if (one.IsExtendedDepthOfField != other.IsExtendedDepthOfField)
            return Because("are one picture with and without extended depth of field; an SVS holds one", "ExtendedDepthOfField");
        return OpticalPath(one) != OpticalPath(other)
            ? Because("show different optical paths; an SVS holds one", "OpticalPathIdentifier")
            : Because("have the same size, and nothing tells which of them is the level", "SOPInstanceUID");
    }

    private static string? OpticalPath(WsiInstance instance) => DicomMetadata.Text(
        instance.File.DataSet.GetItem(Tags.OpticalPathSequence) ?? new DicomDataSet(), Tags.OpticalPathIdentifier);
}
