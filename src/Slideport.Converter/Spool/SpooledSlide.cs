using Slideport.Converter.Completion;
using Slideport.Converter.Converting;
using Slideport.Converter.Receiving;
using Slideport.Files;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Converter.Spool;

/// <summary>One slide of the spool in memory: its record, its receipts, and who is sending to it.</summary>
/// <remarks>
/// <see cref="Gate"/> guards <see cref="Record"/>, the receipts and the slide's folder: whoever changes one of them holds it, for
/// milliseconds. <see cref="Work"/> is held by the one worker that converts or delivers the slide, for as long as that takes; it is
/// always taken before <see cref="Gate"/>, never inside it.
/// </remarks>
internal sealed class SpooledSlide
{
    private readonly Dictionary<string, Receipt> _receipts = new(StringComparer.Ordinal);
    private readonly HashSet<long> _openAssociations = [];
    private readonly List<ArrivingInstance> _arriving = [];
    private readonly Dictionary<string, Task<bool>> _intact = new(StringComparer.Ordinal);

    internal SpooledSlide(SlideKey key, string folder)
    {
        Key = key;
        Folder = folder;
    }

    internal SlideKey Key { get; }

    internal string Folder { get; }

    internal SemaphoreSlim Gate { get; } = new(1, 1);

    internal SemaphoreSlim Work { get; } = new(1, 1);

    /// <summary>The slide's state; null only until its first instance is committed.</summary>
    internal SlideRecord? Record { get; set; }

    /// <summary>The output under construction; only the holder of <see cref="Work"/> touches it.</summary>
    internal SlideAssembly? Assembly { get; set; }

    /// <summary>All its instances, as the scanner told SAM; null while that is not known. In memory only: after a restart SAM is asked again.</summary>
    internal IReadOnlyList<ImageInstance>? Manifest { get; set; }

    /// <summary>Timestamp of the <see cref="TimeProvider"/> (monotonic) when SAM was last asked for <see cref="Manifest"/>.</summary>
    internal long AskedAt { get; set; }

    /// <summary>The record as SAM was last told of it; null before it was.</summary>
    internal SlideRecord? Told { get; set; }

    /// <summary>1 while the slide is in the processor's queue.</summary>
    internal int Queued;

    /// <summary>Timestamp of the <see cref="TimeProvider"/> (monotonic) when the last instance came or the last sender left.</summary>
    internal long LastActivity { get; set; }

    internal string RecordPath => Path.Join(Folder, SlideRecord.FileName);

    /// <summary>Number of instances in the spool.</summary>
    internal int Count
    {
        get
        {
            lock (_receipts)
                return _receipts.Count;
        }
    }

    /// <summary>Associations that have stored instances of this slide and are still open: the quiet time does not run meanwhile.</summary>
    internal int OpenAssociations
    {
        get
        {
            lock (_openAssociations)
                return _openAssociations.Count;
        }
    }

    /// <summary>The receipt of an instance; null when it is not in the spool.</summary>
    internal Receipt? Find(string sopInstanceUid)
    {
        lock (_receipts)
            return _receipts.GetValueOrDefault(sopInstanceUid);
    }

    /// <summary>All receipts, ordered by UID.</summary>
    internal Receipt[] Receipts()
    {
        lock (_receipts)
            return [.. _receipts.Values.OrderBy(r => r.SopInstanceUid, StringComparer.Ordinal)];
    }

    internal void Add(Receipt receipt)
    {
        lock (_receipts)
            _receipts[receipt.SopInstanceUid] = receipt;
    }

    internal void Remove(string sopInstanceUid)
    {
        lock (_receipts)
        {
            _receipts.Remove(sopInstanceUid);
            _intact.Remove(sopInstanceUid);
        }
    }

    /// <summary>Instances of which bytes are still arriving, those that somebody may begin with.</summary>
    internal ArrivingInstance[] Arriving()
    {
        lock (_arriving)
            return [.. _arriving];
    }

    internal void Arrives(ArrivingInstance instance)
    {
        lock (_arriving)
            _arriving.Add(instance);
    }

    /// <summary>It has ended, one way or the other. False when it was given up before.</summary>
    internal bool Arrived(ArrivingInstance instance)
    {
        lock (_arriving)
            return _arriving.Remove(instance);
    }

    /// <summary>Begins with nothing more before it is whole: something is in the way, and would be at every few bytes.</summary>
    internal void GiveUpArriving()
    {
        lock (_arriving)
            _arriving.Clear();
    }

    internal void Opened(long association)
    {
        lock (_openAssociations)
            _openAssociations.Add(association);
    }

    internal bool Closed(long association)
    {
        lock (_openAssociations)
            return _openAssociations.Remove(association);
    }

    /// <summary>
    /// Whether an instance's bytes still are what its receipt says. Read once while an output grows from them, however many ask: conversion and
    /// storage commitment both do. Whoever makes another output, or asks when there is none, has them read again.
    /// </summary>
    internal Task<bool> IsIntactAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        if (Assembly is null)
            return Task.Run(() => IsIntact(receipt), cancellationToken);
        Task<bool>? reading;
        lock (_receipts)
        {
            if (!_intact.TryGetValue(receipt.SopInstanceUid, out reading) || reading.IsFaulted)
                _intact[receipt.SopInstanceUid] = reading = Task.Run(() => IsIntact(receipt), CancellationToken.None);
        }

        return reading.WaitAsync(cancellationToken);
    }

    /// <summary>Drops the output under construction, which the caller has closed, and with it what was read for it.</summary>
    internal void DropAssembly()
    {
        Assembly?.Dispose();
        Assembly = null;
        lock (_receipts)
            _intact.Clear();
    }

    /// <summary>Whether the file of an instance holds what its receipt says; a file that is gone, or lies on a bad sector, does not.</summary>
    internal bool IsIntact(Receipt receipt)
    {
        try
        {
            return FileHash.Sha256(PathOf(receipt), receipt.DataSetOffset, CancellationToken.None) == receipt.Sha256;
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException || DurabilityException.MeansBadMedium(e))
        {
            return false;
        }
    }

    /// <summary>The manifest held against what is here; null while there is none, or when more is here than it names: then it is not the last word.</summary>
    internal ManifestFacts? HoldAgainstManifest()
    {
        if (Manifest is not { } manifest)
            return null;
        var named = manifest.Select(i => i.SopInstanceUid).ToHashSet(StringComparer.Ordinal);
        lock (_receipts)
            return _receipts.Keys.All(named.Contains) ? new ManifestFacts(Unfulfilled(manifest)) : null;
    }

    private string? Unfulfilled(IReadOnlyList<ImageInstance> manifest)
    {
        if (manifest.FirstOrDefault(i => _receipts.TryGetValue(i.SopInstanceUid, out var receipt) && receipt.Sha256 != i.Sha256) is { } other)
            return $"Instance {other.SopInstanceUid} is not the one the scanner's manifest names: its SHA-256 differs.";
        var missing = manifest.Where(i => !_receipts.ContainsKey(i.SopInstanceUid)).ToArray();
        return missing.Length == 0 ? null : $"The scanner's manifest names {manifest.Count} instances; {missing.Length} have not come, the first is {missing[0].SopInstanceUid}.";
    }

    /// <summary>Where an instance lies.</summary>
    internal string PathOf(Receipt receipt) => Path.Join(Folder, receipt.FileStem + Receipt.InstanceExtension);

    /// <summary>Where its receipt lies.</summary>
    internal string ReceiptPathOf(Receipt receipt) => Path.Join(Folder, receipt.FileStem + Receipt.Extension);

    /// <summary>Whether instances lie in the spool that the manifest, made earlier, does not name.</summary>
    internal bool HasMoreThan(Manifest manifest) => HasMoreThan(manifest.Instances);

    /// <summary>Whether it holds an instance that is none of these.</summary>
    internal bool HasMoreThan(IReadOnlyList<ManifestInstance> instances)
    {
        var known = instances.Select(i => i.SopInstanceUid).ToHashSet(StringComparer.Ordinal);
        lock (_receipts)
            return _receipts.Keys.Any(uid => !known.Contains(uid));
    }
}
