using System.Globalization;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// What must hold of an instance's attributes before its frames mean anything. Each breach names the attribute, its value and the instance;
/// sums and products are 64-bit.
/// </summary>
internal static class WsiRules
{
    /// <summary>More frames than any slide has.</summary>
    private const int MaxFrames = 1 << 24;

    /// <summary>Sizes and number of frames, or why there are none.</summary>
    public static (WsiGeometry? Geometry, int FrameCount, Refusal? Defect) Check(
        WsiInstance instance, FrameGroupsReader groups, List<string> warnings)
    {
        var set = instance.File.DataSet;
        if (instance.IsWholeSlide && instance.ImageType.Count < 3)
            return (null, 0, Refuse(instance, $"Image Type has {instance.ImageType.Count} values; the third is needed", "ImageType"));

        var frames = FrameCount(set);
        if (frames is not { } count)
            return (null, 0, Refuse(instance, $"the number of frames is '{set.GetString(Tags.NumberOfFrames)}'", "NumberOfFrames"));

        var (geometry, attribute, reason) = ReadGeometry(instance, count, warnings);
        if (geometry is not { } size) return (null, count, Refuse(instance, reason, attribute));
        return (size, count, CheckFrames(instance, size, count, groups, warnings) ?? CheckPixels(instance));
    }

    public static Refusal Refuse(WsiInstance instance, FormattableString reason, string attribute) =>
        Refuse(instance, reason.ToString(CultureInfo.InvariantCulture), attribute);

    public static Refusal Refuse(WsiInstance instance, string reason, string attribute) => new($"{instance}: {reason}", attribute);

    private static int? FrameCount(DicomDataSet set)
    {
        if (set.GetString(Tags.NumberOfFrames) is null) return 1;
        return set.GetInt64(Tags.NumberOfFrames) is { } count and > 0 and <= MaxFrames ? (int)count : null;
    }

    private static (WsiGeometry?, string, string) ReadGeometry(WsiInstance instance, int frames, List<string> warnings)
    {
        var set = instance.File.DataSet;
        var (columns, rows) = (set.GetInt64(Tags.Columns), set.GetInt64(Tags.Rows));
        var (width, height) = (set.GetInt64(Tags.TotalPixelMatrixColumns), set.GetInt64(Tags.TotalPixelMatrixRows));
        var isOneFrame = frames == 1 && instance.Concatenation is null;
        if (isOneFrame && width is null && height is null)
        {
            warnings.Add($"{instance}: there is no total pixel matrix; its only frame is taken for the whole");
            (width, height) = (columns, rows);
        }
        else if (isOneFrame && instance.Flavor is WsiFlavor.Label or WsiFlavor.Overview && (width, height) != (columns, rows))
        {
            // Many writers leave another picture's total pixel matrix here; the one frame is the picture.
            warnings.Add($"{instance.Flavor}: the total pixel matrix of {width}x{height} is ignored, its only frame has {columns}x{rows}");
            (width, height) = (columns, rows);
        }

        return WsiGeometry.Create(width, height, columns, rows);
    }

    private static Refusal? CheckFrames(WsiInstance instance, WsiGeometry size, int count, FrameGroupsReader groups, List<string> warnings)
    {
        if (instance.Tiling == WsiTiling.Sparse)
        {
            if (instance.Positions!.Count < count)
                return Refuse(instance, $"{instance.Positions.Count} of {count} frames have positions", "PerFrameFunctionalGroupsSequence");
            if (instance.Positions.Count > count)
                warnings.Add($"{instance}: there are functional groups for {groups.Count} frames, but only {count} frames");
            return null;
        }

        // A part of a concatenation is judged with its siblings; several planes or paths are refused by name, elsewhere.
        if (instance.Concatenation is not null || instance.OpticalPathCount > 1 || instance.FocalPlaneCount > 1) return null;
        return count == size.TileCount
            ? null
            : Refuse(instance, $"{size.TilesAcross} x {size.TilesDown} tiles need {size.TileCount} frames, not {count}", "NumberOfFrames");
    }

    private static Refusal? CheckPixels(WsiInstance instance)
    {
        var set = instance.File.DataSet;
        if (instance.TransferSyntax.IsDeflated)
            return Refuse(instance, "the whole data set is deflated, so that no frame has a place in the file", "TransferSyntaxUID");
        if (instance.File.PixelData is null) return Refuse(instance, "there is no Pixel Data", "PixelData");
        if (instance.SamplesPerPixel is not (1 or 3))
            return Refuse(instance, $"{instance.SamplesPerPixel} samples per pixel", "SamplesPerPixel");
        if (instance.BitsAllocated != 8)
            return Refuse(instance, $"{instance.BitsAllocated} bits allocated; only 8 are supported", "BitsAllocated");
        if (set.GetInt32(Tags.BitsStored) is { } stored and not 8)
            return Refuse(instance, $"{stored} bits stored; only 8 are supported", "BitsStored");
        if (set.GetInt32(Tags.HighBit) is { } high and not 7) return Refuse(instance, $"the high bit is {high}, not 7", "HighBit");
        return set.GetInt32(Tags.PixelRepresentation) == 1 ? Refuse(instance, "samples are signed", "PixelRepresentation") : null;
    }
}
