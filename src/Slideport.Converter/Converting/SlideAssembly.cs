using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.Files;
using Slideport.ImageStore;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;

namespace Slideport.Converter.Converting;

/// <summary>The output of one slide while it grows: instances are added as they become durable, so that little is left after the last one.</summary>
/// <remarks>
/// It is written straight into the image store's hidden part: one copy only. It holds no state that counts; after a crash, or whenever
/// something is in its way, it is dropped and begun again from the spool. Single-owner: the slide's worker.
/// </remarks>
internal sealed class SlideAssembly : IDisposable
{
    private readonly Dictionary<string, Part> _parts = new(StringComparer.Ordinal);
    private SvsAssembly? _svs;

    internal SlideAssembly(SlideSettings settings) => Settings = settings;

    /// <summary>What is being made; a setting changed meanwhile counts for the next slide.</summary>
    internal SlideSettings Settings { get; }

    /// <summary>The delivery being written into; null until the store was ready for it.</summary>
    internal ImageDelivery? Delivery { get; private set; }

    /// <summary>Receipts of what has been added, ordered by UID.</summary>
    internal IReadOnlyList<Receipt> Receipts => [.. _parts.Values.Select(p => p.Receipt).OrderBy(r => r.SopInstanceUid, StringComparer.Ordinal)];

    private IEnumerable<WsiInstance> Instances => _parts.Values.Select(p => p.Instance).OfType<WsiInstance>();

    /// <summary>The file name of an instance in a delivered folder.</summary>
    internal static string NameInFolder(Receipt receipt) => NameInFolder(receipt.SopInstanceUid);

    /// <summary>The same by its SOP Instance UID.</summary>
    internal static string NameInFolder(string sopInstanceUid) =>
        StorePath.Component(sopInstanceUid, StorePath.MaxComponentChars - Receipt.InstanceExtension.Length) + Receipt.InstanceExtension;

    /// <summary>Whether it holds an instance that is not the one in the spool any more: that had rotted, and was sent again.</summary>
    internal bool IsOutdated(SpooledSlide slide) => _parts.Values.Any(p => !ReferenceEquals(slide.Find(p.Receipt.SopInstanceUid), p.Receipt));

    /// <summary>Reads the attributes of those instances that have not been added yet.</summary>
    internal void Add(SpooledSlide slide)
    {
        foreach (var receipt in slide.Receipts())
        {
            if (_parts.ContainsKey(receipt.SopInstanceUid))
                continue;
            var path = slide.PathOf(receipt);
            try
            {
                _parts.Add(receipt.SopInstanceUid, new Part(receipt, path, WsiInstance.Open(path), null));
            }
            catch (DicomException e)
            {
                // As DICOM it can be delivered all the same; what it means for an SVS is said when that is made.
                _parts.Add(receipt.SopInstanceUid, new Part(receipt, path, null, e.Message));
            }
        }
    }

    /// <summary>Takes the store's part for this slide, removing what an earlier attempt left there.</summary>
    internal async ValueTask OpenAsync(ImageDelivery delivery, CancellationToken cancellationToken)
    {
        await delivery.RemoveAsync(cancellationToken);
        if (Settings.Format == OutputFormat.Svs)
            _svs = SvsAssembly.Create(delivery.PartPath);
        else
            DurableFile.CreateDirectory(delivery.PartPath);
        Delivery = delivery;
    }

    /// <summary>Copies the pixels of what has been added and not been copied; a delivery is open.</summary>
    internal void Copy(CancellationToken cancellationToken)
    {
        foreach (var part in _parts.Values.Where(p => !p.IsCopied))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Settings.Format == OutputFormat.Dicom)
            {
                CopyFile(part, cancellationToken);
            }
            else if (Settings.Format == OutputFormat.Svs && part.Instance is { } instance)
            {
                _svs!.Append(instance, cancellationToken);
                Delivery!.SendAhead("");
            }

            part.IsCopied = true;
        }
    }

    /// <summary>Gives up what was written; the instances stay known.</summary>
    internal async ValueTask CloseDeliveryAsync()
    {
        _svs?.Dispose();
        _svs = null;
        foreach (var part in _parts.Values)
            part.IsCopied = false;
        var delivery = Delivery;
        Delivery = null;
        if (delivery is not null)
            await delivery.RemoveAsync(CancellationToken.None);
    }

    /// <summary>Why the slide is not whole yet, as a sentence; null when every level's frames are there.</summary>
    internal string? Missing()
    {
        var slides = Group();
        if (slides.Count == 0)
            return _parts.Count == 0 ? "No instance has come." : null;
        var sentences = slides.SelectMany(s => s.Completeness.Missing.Concat(s.Completeness.Uncertain)).ToArray();
        return sentences.Length == 0 ? null : string.Join(' ', sentences);
    }

    /// <summary>Finishes the output in the store's part, on stable storage.</summary>
    /// <returns>What to note in the manifest, or why the slide cannot be delivered in this format.</returns>
    internal (IReadOnlyList<string> Notes, Refusal? Refusal) Finish(CancellationToken cancellationToken)
    {
        if (Settings.Format == OutputFormat.Dicom)
            return ([], null);
        if (_parts.Values.FirstOrDefault(p => p.Instance is null) is { } unreadable)
            return ([], new Refusal($"Instance {unreadable.Receipt.SopInstanceUid} cannot be read: {unreadable.Defect}", "SOPInstanceUID"));
        var slides = Group();
        if (slides.Count != 1)
            return ([], new Refusal($"The series holds {slides.Count} slides; what is delivered holds one.", "SeriesInstanceUID"));
        if (Settings.Format == OutputFormat.DicomTiledFull)
        {
            // Which frame comes first is known when the last has come.
            var written = DicomToTiledFull.Convert(slides[0], Delivery!.PartPath, cancellationToken: cancellationToken);
            return ([.. written.Warnings, .. slides[0].Alerts], written.Refusal);
        }

        var result = _svs!.Finish(slides[0], cancellationToken);
        if (_svs.HasBegunAnew)
            Delivery!.BeginAnew();
        _svs.Dispose();
        _svs = null;
        return result.Report is { } report ? ([.. report.DroppedLevels, .. report.Warnings, .. slides[0].Alerts], null) : ([], result.Refusal);
    }

    /// <summary>What the slide says of itself.</summary>
    internal SlideMetadata Metadata() => Group() is [var slide, ..] ? slide.Metadata : new SlideMetadata();

    public void Dispose()
    {
        _svs?.Dispose();
        foreach (var instance in Instances)
            instance.Dispose();
        _parts.Clear();
    }

    private IReadOnlyList<DicomSlide> Group() => WsiSlide.Group(Instances);

    private void CopyFile(Part part, CancellationToken cancellationToken)
    {
        using var source = DurableFile.OpenRead(part.Path);
        var name = NameInFolder(part.Receipt);
        using var target = DurableFile.CreateNew(Path.Join(Delivery!.PartPath, name));
        KernelCopy.Copy(source, 0, target, 0, part.Receipt.DataSetOffset + part.Receipt.DataSetBytes, cancellationToken);
        DurableFile.StartWriteback(target, 0, 0);
        Delivery.SendAhead(name);
    }

    private sealed record Part(Receipt Receipt, string Path, WsiInstance? Instance, string? Defect)
    {
        internal bool IsCopied { get; set; }
    }
}
