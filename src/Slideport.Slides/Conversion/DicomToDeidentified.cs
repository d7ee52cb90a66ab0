using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Rewriting;

namespace Slideport.Slides.Conversion;

/// <summary>
/// De-identified copies of a slide's instances, each tiled as it came: the pyramid and the thumbnail, their frames byte for byte. Label, overview and
/// whatever else is in the series are left out.
/// </summary>
public static class DicomToDeidentified
{
    /// <summary>Converts a slide.</summary>
    /// <param name="slide">The slide; its instances' files must still be there.</param>
    /// <param name="outputFolder">Where the instances go, by the names of their new SOP Instance UIDs; must exist.</param>
    /// <param name="deidentifier">Of this slide.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then stays.</param>
    /// <returns>The files, or the refusal; after one what was written is of no use and is the caller's to remove.</returns>
    /// <exception cref="SlideException">An instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed, or a file exists.</exception>
    public static DicomToDicomResult Convert(DicomSlide slide, string outputFolder, Deidentifier deidentifier, CancellationToken cancellationToken = default)
    {
        if (slide.Refusal is { } known) return new DicomToDicomResult([], known, []);
        if (Deidentifier.RefusalOf(slide) is { } written) return new DicomToDicomResult([], written, []);
        var files = new List<string>();
        foreach (var instance in Deidentifier.Carried(slide))
        {
            var (path, refusal) = Write(instance, outputFolder, deidentifier, cancellationToken);
            if (path is null) return new DicomToDicomResult([], refusal, []);
            files.Add(path);
        }

        return new DicomToDicomResult(files, null, []);
    }

    /// <summary>Writes one instance.</summary>
    /// <returns>Its path, or why it cannot be written.</returns>
    internal static (string? Path, Refusal? Refusal) Write(WsiInstance instance, string folder, Deidentifier deidentifier, CancellationToken cancellationToken)
    {
        if (instance.Defect is { } defect) return (null, defect);
        if (instance.TransferSyntax == TransferSyntax.ExplicitVrBigEndian)
            return (null, WsiRules.Refuse(instance, "big endian is read and never written", "TransferSyntaxUID"));
        try
        {
            var set = deidentifier.Clean(instance.File.DataSet, instance);
            var path = DicomToTiledFull.PathOf(folder, set.GetString(Tags.SOPInstanceUID) ?? "");
            void WriteGroups(DicomWriter output) => FrameGroupItems.ForEach(instance.Path, item =>
            {
                output.StartItem();
                output.Write(deidentifier.CleanItem(item));
                output.EndItem();
                return true;
            }, cancellationToken);
            InstanceFile.Write(path, set, instance, FramePlan.AsReceived(instance), instance.Positions is null ? null : WriteGroups, cancellationToken, withoutWords: true);
            return (path, null);
        }
        catch (DicomException e)
        {
            return (null, new Refusal($"{instance} cannot be written anew: {e.Message}", "PixelData"));
        }
    }
}
