using Slideport.Converter.Converting;
using Slideport.Converter.Delivery;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.Deidentification;

namespace Slideport.Converter.Destinations;

/// <summary>Makes what a destination gets of a slide from the instances in the spool, and compares it with them.</summary>
internal sealed class DestinationOutput
{
    private readonly SpooledSlide _slide;
    private readonly SpooledInstances _instances;
    private readonly Destination _destination;
    private readonly DeidentificationKey? _key;

    /// <summary>Of one slide.</summary>
    /// <exception cref="IOException">The key of pseudonyms cannot be read or used.</exception>
    internal DestinationOutput(SpooledSlide slide, SpooledInstances instances, Destination destination)
    {
        (_slide, _instances, _destination) = (slide, instances, destination);
        _key = destination.ReadKey();
    }

    /// <summary>Whether the instances go as they came: each is then compared with its receipt.</summary>
    internal bool IsAsReceived => _key is null && _destination.Settings.Format == OutputFormat.Dicom;

    /// <summary>What its name is made from.</summary>
    internal NamedOutput Named
    {
        get
        {
            var (metadata, imageId) = (_instances.Metadata, _slide.Record!.ImageId);
            if (_key is not null && _instances.Slide is { } dicom)
            {
                // A slide that does not tell when it was scanned is named by when it came: that is moved as well.
                var scanned = metadata with { ScanTime = metadata.ScanTime ?? _instances.Receipts.Min(r => r.ReceivedAt).UtcDateTime };
                (metadata, imageId) = (Deidentifier.For(dicom, _key).Clean(scanned), _key.Pseudonym("image", _slide.Key.Name)[..imageId.Length].ToLowerInvariant());
            }

            return new NamedOutput(_destination.Settings, _instances.Receipts, metadata, imageId);
        }
    }

    /// <summary>Writes the output: a file, or a folder of instances.</summary>
    /// <param name="path">Where to; nothing is there.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What to note in the manifest, or why the slide cannot be delivered so.</returns>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    internal (IReadOnlyList<string> Notes, Refusal? Refusal) Write(string path, CancellationToken cancellationToken)
    {
        if (IsAsReceived)
        {
            CopyAll(path, cancellationToken);
            return ([], null);
        }

        if (_instances.Slide is not { } dicom || _instances.Problem is not null)
            return ([], new Refusal(_instances.Problem ?? "There is no slide in the series.", "SOPInstanceUID"));
        var deidentifier = _key is null ? null : Deidentifier.For(dicom, _key);
        if (_destination.Settings.Format == OutputFormat.Svs)
        {
            var made = DicomToSvs.Convert(dicom, path, new SvsOptions { Deidentifier = deidentifier }, cancellationToken);
            return made.Report is { } report ? ([.. report.DroppedLevels, .. report.Warnings, .. dicom.Alerts], null) : ([], made.Refusal);
        }

        DurableFile.CreateDirectory(path);
        var written = _destination.Settings.Format == OutputFormat.DicomTiledFull
            ? DicomToTiledFull.Convert(dicom, path, deidentifier, cancellationToken)
            : DicomToDeidentified.Convert(dicom, path, deidentifier!, cancellationToken);
        return ([.. written.Warnings, .. dicom.Alerts], written.Refusal);
    }

    /// <summary>What in an output is not what the spool has, read by another eye than the one that wrote it; null when nothing is.</summary>
    /// <exception cref="SlideException">The output cannot be read as a slide.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    internal string? Difference(string path, CancellationToken cancellationToken)
    {
        if (!IsAsReceived)
        {
            using var output = SlideSource.Open(path);
            return Fidelity.Compare(Slide.Of(_instances.Slide!), output.Single(), cancellationToken).Difference?.ToString();
        }

        var other = _instances.Receipts.FirstOrDefault(r => FileHash.Sha256(Path.Join(path, SlideAssembly.NameInFolder(r)), r.DataSetOffset, cancellationToken) != r.Sha256);
        return other is null ? null : $"Instance {other.SopInstanceUid} is not what was received.";
    }

    private void CopyAll(string path, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(path);
        foreach (var receipt in _instances.Receipts)
        {
            using var source = DurableFile.OpenRead(_slide.PathOf(receipt));
            using var target = DurableFile.CreateNew(Path.Join(path, SlideAssembly.NameInFolder(receipt)));
            KernelCopy.Copy(source, 0, target, 0, receipt.DataSetOffset + receipt.DataSetBytes, cancellationToken);
            DurableFile.StartWriteback(target, 0, 0);
        }
    }
}
