using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Slides;
using Slideport.Slides.Conversion;

namespace Slideport.Converter.Destinations;

/// <summary>Makes what a destination gets from the instances in the spool, and compares it with them.</summary>
internal static class DestinationOutput
{
    /// <summary>Writes the output: a file, or a folder of instances.</summary>
    /// <param name="slide">The slide.</param>
    /// <param name="instances">Its instances.</param>
    /// <param name="format">What it is to be.</param>
    /// <param name="path">Where to; nothing is there.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What to note in the manifest, or why the slide cannot be delivered so.</returns>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    internal static (IReadOnlyList<string> Notes, Refusal? Refusal) Write(
        SpooledSlide slide, SpooledInstances instances, OutputFormat format, string path, CancellationToken cancellationToken)
    {
        if (format == OutputFormat.Dicom)
        {
            CopyAll(slide, instances, path, cancellationToken);
            return ([], null);
        }

        if (instances.Slide is not { } dicom || instances.Problem is not null)
            return ([], new Refusal(instances.Problem ?? "There is no slide in the series.", "SOPInstanceUID"));
        if (format == OutputFormat.Svs)
        {
            var made = DicomToSvs.Convert(dicom, path, cancellationToken: cancellationToken);
            return made.Report is { } report ? ([.. report.DroppedLevels, .. report.Warnings, .. dicom.Alerts], null) : ([], made.Refusal);
        }

        DurableFile.CreateDirectory(path);
        var written = DicomToTiledFull.Convert(dicom, path, cancellationToken);
        return ([.. written.Warnings, .. dicom.Alerts], written.Refusal);
    }

    /// <summary>What in an output is not what the spool has, read by another eye than the one that wrote it; null when nothing is.</summary>
    /// <exception cref="SlideException">The output cannot be read as a slide.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    internal static string? Difference(SpooledInstances instances, OutputFormat format, string path, CancellationToken cancellationToken)
    {
        if (format != OutputFormat.Dicom)
        {
            using var output = SlideSource.Open(path);
            return Fidelity.Compare(Slide.Of(instances.Slide!), output.Single(), cancellationToken).Difference?.ToString();
        }

        var other = instances.Receipts.FirstOrDefault(r => FileHash.Sha256(Path.Join(path, SlideAssembly.NameInFolder(r)), r.DataSetOffset, cancellationToken) != r.Sha256);
        return other is null ? null : $"Instance {other.SopInstanceUid} is not what was received.";
    }

    private static void CopyAll(SpooledSlide slide, SpooledInstances instances, string path, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(path);
        foreach (var receipt in instances.Receipts)
        {
            using var source = DurableFile.OpenRead(slide.PathOf(receipt));
            using var target = DurableFile.CreateNew(Path.Join(path, SlideAssembly.NameInFolder(receipt)));
            KernelCopy.Copy(source, 0, target, 0, receipt.DataSetOffset + receipt.DataSetBytes, cancellationToken);
            DurableFile.StartWriteback(target, 0, 0);
        }
    }
}
