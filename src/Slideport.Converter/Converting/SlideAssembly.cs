using Microsoft.Win32.SafeHandles;
using Slideport.Converter.Receiving;
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
/// One of those that are still arriving goes into it ahead, as far as it is there: a slide's largest level is most of the slide. Where it then does
/// not come, the output is begun again.
/// It is written straight into the image store's hidden part: one copy only. It holds no state that counts; after a crash, or whenever
/// something is in its way, it is dropped and begun again from the spool. Single-owner: the slide's worker.
/// </remarks>
internal sealed class SlideAssembly : IDisposable
{
    private readonly Dictionary<string, Part> _parts = new(StringComparer.Ordinal);
    private SvsAssembly? _svs;
    private Ahead? _ahead;

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

    /// <summary>Whether it holds the beginning of an instance that has not come, and is none of those that are arriving.</summary>
    internal bool HoldsOther(ArrivingInstance[] arriving)
    {
        if (_ahead is null || _parts.Values.Any(IsAhead) || arriving.Contains(_ahead.Instance))
            return false;
        if (_ahead.Bytes > 0)
            return true;
        DropAhead(); // nothing of it was copied
        return false;
    }

    /// <summary>Copies the pixels of what has been added and not been copied, then what is there of an instance that is arriving; a delivery is open.</summary>
    internal void Copy(ArrivingInstance[] arriving, CancellationToken cancellationToken)
    {
        foreach (var part in _parts.Values.Where(p => !p.IsCopied).OrderByDescending(IsAhead))
        {
            // What grows is the last thing in the output.
            if (_ahead is { Bytes: > 0 } && !IsAhead(part))
                break;
            cancellationToken.ThrowIfCancellationRequested();
            if (Settings.Format == OutputFormat.Dicom)
            {
                var bytes = part.Receipt.DataSetOffset + part.Receipt.DataSetBytes;
                using var source = DurableFile.OpenRead(part.Path);
                CopyFile(source, NameInFolder(part.Receipt), IsAhead(part) ? _ahead!.Bytes : 0, bytes, cancellationToken);
            }
            else if (Settings.Format == OutputFormat.Svs && part.Instance is { } instance)
            {
                _svs!.Append(instance, cancellationToken);
                Delivery!.SendAhead("");
            }

            part.IsCopied = true;
            if (IsAhead(part))
                DropAhead();
        }

        CopyAhead(arriving, cancellationToken);
    }

    /// <summary>Gives up what was written; the instances stay known.</summary>
    internal async ValueTask CloseDeliveryAsync()
    {
        _svs?.Dispose();
        _svs = null;
        DropAhead();
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
        DropAhead();
        foreach (var instance in Instances)
            instance.Dispose();
        _parts.Clear();
    }

    private IReadOnlyList<DicomSlide> Group() => WsiSlide.Group(Instances);

    private void CopyAhead(ArrivingInstance[] arriving, CancellationToken cancellationToken)
    {
        if (Settings.Format == OutputFormat.DicomTiledFull)
            return;
        _ahead ??= arriving.Select(Ahead.TryOpen).FirstOrDefault(a => a is not null);
        if (_ahead is not { Instance.Receipt: null, Head: var head } || _parts.ContainsKey(head.SopInstanceUid))
            return;
        var bytes = _ahead.Instance.Bytes;
        if (Settings.Format == OutputFormat.Dicom)
        {
            CopyFile(head.File.Handle, NameInFolder(head.SopInstanceUid), _ahead.Bytes, bytes, cancellationToken);
        }
        else
        {
            if (!_svs!.AppendArrived(head, cancellationToken))
                return;
            Delivery!.SendAhead("");
        }

        _ahead.Bytes = bytes;
    }

    private void CopyFile(SafeFileHandle source, string name, long from, long to, CancellationToken cancellationToken)
    {
        var path = Path.Join(Delivery!.PartPath, name);
        using var target = from == 0 ? DurableFile.CreateNew(path) : File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        KernelCopy.Copy(source, from, target, from, to - from, cancellationToken);
        DurableFile.StartWriteback(target, from, to - from);
        Delivery.SendAhead(name);
    }

    private bool IsAhead(Part part) => ReferenceEquals(part.Receipt, _ahead?.Instance.Receipt);

    private void DropAhead()
    {
        _ahead?.Head.Dispose();
        _ahead = null;
    }

    private sealed record Part(Receipt Receipt, string Path, WsiInstance? Instance, string? Defect)
    {
        internal bool IsCopied { get; set; }
    }

    /// <summary>An instance of which what is there is copied.</summary>
    private sealed record Ahead(ArrivingInstance Instance, WsiInstance Head)
    {
        /// <summary>How much of its file was there when it was copied last; 0 while nothing was.</summary>
        internal long Bytes { get; set; }

        internal static Ahead? TryOpen(ArrivingInstance instance)
        {
            try
            {
                return new Ahead(instance, WsiInstance.Open("", instance.Open()));
            }
            catch (Exception e) when (e is DicomException or IOException)
            {
                return null; // it has ended meanwhile, or nobody can read it
            }
        }
    }
}
