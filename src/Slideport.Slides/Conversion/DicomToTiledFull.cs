using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Files;
using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Rewriting;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Brings a slide whose frames each tell their own place (TILED_SPARSE, or the GT 450's "3D", in concatenations perhaps) into the form that
/// open readers ask for: one instance a level, its frames row by row (TILED_FULL, PS3.3 C.7.6.17.3). No frame is changed.
/// </summary>
/// <remarks>
/// What is written anew gets a new SOP Instance UID, which follows from the old ones, and names its sources. What is TILED_FULL already is
/// copied as it is. Tiles that a sparse slide leaves out become plain ones, as in an SVS.
/// </remarks>
public static class DicomToTiledFull
{
    private const string Extension = ".dcm";
    private const string UidPurpose = "slideport tiled-full";

    /// <summary>Converts a slide.</summary>
    /// <param name="slide">The slide; its instances' files must still be there.</param>
    /// <param name="outputFolder">Where the instances go, by the names of their SOP Instance UIDs; must exist.</param>
    /// <param name="deidentifier">Takes from each instance what tells whose it is, and leaves out label and overview; null keeps all.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then stays.</param>
    /// <returns>The files, or the refusal; after one what was written is of no use and is the caller's to remove.</returns>
    /// <exception cref="SlideException">An instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed, or a file exists.</exception>
    public static DicomToDicomResult Convert(
        DicomSlide slide, string outputFolder, Deidentifier? deidentifier = null, CancellationToken cancellationToken = default)
    {
        if (slide.Refusal is { } known) return new DicomToDicomResult([], known, []);
        if (slide.Completeness.Missing is [var missing, ..])
            return new DicomToDicomResult([], new Refusal($"The slide is not complete: {missing}", "ConcatenationFrameOffsetNumber"), []);

        if (deidentifier is not null && Deidentifier.RefusalOf(slide) is { } writing) return new DicomToDicomResult([], writing, []);

        List<WsiInstance> carried = [.. deidentifier is null ? slide.Instances : Deidentifier.Carried(slide)];
        List<DicomLevel> pictures = [.. slide.Levels, .. carried.Where(IsPictureOfItsOwn).Select(i => new DicomLevel([i], [0]))];
        List<DicomLevel> rewritten = [.. pictures.Where(IsToBeRewritten)];
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var picture in rewritten)
            foreach (var part in picture.Parts) renamed[part.SopInstanceUid] = NewUid(picture);

        var (files, warnings) = (new List<string>(), new List<string>());
        foreach (var picture in rewritten)
        {
            var (path, refusal) = Write(picture, outputFolder, (renamed, deidentifier), warnings, cancellationToken);
            if (path is null) return new DicomToDicomResult([], refusal, warnings);
            files.Add(path);
        }

        foreach (var instance in carried.Where(i => !renamed.ContainsKey(i.SopInstanceUid)))
        {
            var (path, refusal) = deidentifier is null
                ? (CopyFile(instance, outputFolder, cancellationToken), null)
                : DicomToDeidentified.Write(instance, outputFolder, deidentifier, cancellationToken);
            if (path is null) return new DicomToDicomResult([], refusal, warnings);
            files.Add(path);
        }

        return new DicomToDicomResult(files, null, [.. warnings.Distinct()]);
    }

    /// <summary>The name of an instance's file.</summary>
    internal static string PathOf(string folder, string sopInstanceUid) =>
        Path.Join(folder, StorePath.Component(sopInstanceUid, StorePath.MaxComponentChars - Extension.Length) + Extension);

    private static string NewUid(DicomLevel picture) => DerivedUid.Of(UidPurpose, picture.Parts.Select(p => p.SopInstanceUid));

    // Label, overview, thumbnail: one frame, whose place need not be told.
    private static bool IsPictureOfItsOwn(WsiInstance instance) =>
        instance is { IsWholeSlide: true, Defect: null, Geometry: not null, Concatenation: null } && instance.Flavor is WsiFlavor.Label or WsiFlavor.Overview or WsiFlavor.Thumbnail;

    private static bool IsToBeRewritten(DicomLevel picture) =>
        picture.Parts is not [{ Concatenation: null } only] || DicomMetadata.Text(only.File.DataSet, Tags.DimensionOrganizationType) != "TILED_FULL";

    private static (string? Path, Refusal? Refusal) Write(
        DicomLevel picture, string folder, (Dictionary<string, string> Renamed, Deidentifier? Deidentifier) how, List<string> warnings, CancellationToken cancellationToken)
    {
        try
        {
            if (picture.Parts.Select(RefusalOf).FirstOrDefault(r => r is not null) is { } refusal) return (null, refusal);
            if (picture.Parts.Any(p => p.File.PixelData!.IsEncapsulated != picture.Parts[0].File.PixelData!.IsEncapsulated))
                return (null, new Refusal($"{picture}: some frames are in fragments and some are not", "PixelData"));
            var (groups, differing) = Groups(picture, warnings, cancellationToken);
            if (groups is null) return (null, differing);
            var (plan, gaps) = FramePlan.Full(picture, warnings);
            if (plan is null) return (null, gaps);
            var first = picture.Parts[0];
            if (first.File.PixelData is { IsEncapsulated: false } && InstanceFile.NativeBytes(plan) >= uint.MaxValue - 1)
                return (null, WsiRules.Refuse(first, "its uncompressed frames are more than one instance can hold", "PixelData"));

            var set = TiledFullAttributes.Of(picture, groups, how.Renamed[first.SopInstanceUid], how.Renamed);
            if (how.Deidentifier is { } deidentifier) set = deidentifier.Clean(set, first);
            var path = PathOf(folder, set.GetString(Tags.SOPInstanceUID) ?? "");
            InstanceFile.Write(path, set, first, plan, groups: null, cancellationToken, withoutWords: how.Deidentifier is not null);
            if (plan.AbsentCount > 0) warnings.Add(FormattableString.Invariant($"{picture}: {plan.AbsentCount} tiles that the slide leaves out are written as plain ones"));
            return (path, null);
        }
        catch (DicomException e)
        {
            return (null, new Refusal($"{picture.Parts[0]} cannot be written as TILED_FULL: {e.Message}", "PixelData"));
        }
    }

    private static Refusal? RefusalOf(WsiInstance part)
    {
        if (part.Defect is { } defect) return defect;
        if (part.SopInstanceUid.Length == 0) return WsiRules.Refuse(part, "it has no SOP Instance UID that a new one could follow from", "SOPInstanceUID");
        if (part.TransferSyntax == TransferSyntax.ExplicitVrBigEndian)
            return WsiRules.Refuse(part, "big endian is read and never written", "TransferSyntaxUID");
        if (part.OpticalPathCount > 1) return WsiRules.Refuse(part, $"{part.OpticalPathCount} optical paths; only one is put in order", "NumberOfOpticalPaths");
        if (part.FocalPlaneCount > 1 || part.HasSeveralZ) return WsiRules.Refuse(part, "several focal planes; only one is put in order", "TotalPixelMatrixFocalPlanes");
        _ = part.Frames;
        return null;
    }

    // The parts of a concatenation must say the same: one item speaks for the frames of all.
    private static (SharedFrameGroups? Groups, Refusal? Refusal) Groups(DicomLevel picture, List<string> warnings, CancellationToken cancellationToken)
    {
        SharedFrameGroups? first = null;
        foreach (var part in picture.Parts)
        {
            var (groups, refusal) = SharedFrameGroups.Read(part, warnings, cancellationToken);
            if (groups is null) return (null, refusal);
            if (first is not null && !groups.IsLike(first))
                return (null, new Refusal($"{picture.Parts[0]} and {part} say different things of their frames, which TILED_FULL cannot tell", "PerFrameFunctionalGroupsSequence"));
            first ??= groups;
        }

        return (first, null);
    }

    private static string CopyFile(WsiInstance instance, string folder, CancellationToken cancellationToken)
    {
        var path = PathOf(folder, instance.SopInstanceUid);
        using var target = DurableFile.CreateNew(path);
        KernelCopy.Copy(instance.File.Handle, 0, target, 0, RandomAccess.GetLength(instance.File.Handle), cancellationToken);
        DurableFile.Flush(target);
        return path;
    }
}
