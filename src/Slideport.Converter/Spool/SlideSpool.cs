using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Receiving;
using Slideport.Files;

namespace Slideport.Converter.Spool;

/// <summary>All slides in the spool, and the one way in: <see cref="CommitAsync"/>.</summary>
internal sealed class SlideSpool
{
    // Other versions of a slide's instances that are kept; a scanner that makes up new ones for ever must not fill the disk.
    private const int MaxConflicts = 100;

    // Instances nobody could parse are kept to be looked at, but not beyond this part of the disk; the oldest go first.
    private const int QuarantineShare = 20;

    private static readonly TimeSpan PartRetention = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<string, SpooledSlide> _slides = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    internal SlideSpool(SpoolFolder folder, TimeProvider time, ILogger log)
    {
        Folder = folder;
        _time = time;
        _log = log;
    }

    internal SpoolFolder Folder { get; }

    /// <summary>Every slide that is not purged, in no order.</summary>
    internal IEnumerable<SpooledSlide> Slides => _slides.Values;

    /// <summary>Raised after an instance became durable, or more is there of one that arrives, outside all locks: work for the slide may be due.</summary>
    internal event Action<SpooledSlide>? Changed;

    /// <summary>The slide of a key, made known if it was not.</summary>
    internal SpooledSlide Slide(SlideKey key) =>
        _slides.GetOrAdd(key.Name, static (_, state) => new SpooledSlide(state.key, state.folder.SlideFolder(state.key)), (key, folder: Folder));

    /// <summary>The slide that is called so; null when there is none that is not purged.</summary>
    internal SpooledSlide? Find(string name) => _slides.GetValueOrDefault(name);

    /// <summary>The record of a purged slide that is called so; null when there is none. A name that no slide could have never becomes a path.</summary>
    internal SlideRecord? FindPurged(string name) => !SpoolName.IsOne(name) ? null
        : Directory.EnumerateDirectories(Folder.Done).Select(scanner => SlideRecord.TryRead(Path.Join(scanner, name + Receipt.Extension))).FirstOrDefault(r => r is not null);

    /// <summary>Whether instances of a slide have come, be it purged or not.</summary>
    internal bool Knows(SlideKey key) => (_slides.TryGetValue(key.Name, out var slide) && slide.Record is not null) || File.Exists(Folder.DonePath(key));

    /// <summary>Raised for a slide that is purged and not known here any more.</summary>
    internal event Action<SpooledSlide>? Forgotten;

    /// <summary>Forgets a purged slide.</summary>
    internal void Forget(SpooledSlide slide)
    {
        if (_slides.TryRemove(slide.Key.Name, out _))
            Forgotten?.Invoke(slide);
    }

    /// <summary>Steps 6–8 of receiving: receipt, name and folder on stable storage. Only afterwards may the instance be acknowledged.</summary>
    /// <param name="part">The instance's file under <c>in/</c>, flushed; gone afterwards whatever the outcome.</param>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="entered">Told of the slide before anything is done to it, under its gate.</param>
    /// <param name="cancellationToken">Cancels waiting for the gate; once begun, the commit is finished.</param>
    /// <exception cref="IOException">Nothing is stored.</exception>
    internal async ValueTask<CommitOutcome> CommitAsync(string part, Receipt receipt, Action<SpooledSlide> entered, CancellationToken cancellationToken)
    {
        CommitOutcome outcome;
        var slide = await EnterAsync(KeyFor(receipt), cancellationToken);
        try
        {
            entered(slide);
            outcome = Commit(slide, part, receipt);
        }
        finally
        {
            slide.Gate.Release();
        }

        Changed?.Invoke(slide);
        return outcome;
    }

    /// <summary>Makes an instance that is still arriving known to its slide, which may begin with it.</summary>
    /// <returns>The slide; null where it is not open to more.</returns>
    internal async Task<SpooledSlide?> ExpectAsync(SlideKey key, ArrivingInstance instance, Action<SpooledSlide> entered)
    {
        var slide = await EnterAsync(key, CancellationToken.None);
        try
        {
            if (slide.Record is { } record ? record.State is not (SlideState.Receiving or SlideState.Conflict) : File.Exists(Folder.DonePath(key)))
            {
                DropIfEmpty(slide);
                return null;
            }

            entered(slide);
            if (slide.Record is null)
                File.WriteAllBytes(Folder.BegunPath(slide.Key), []);
            slide.Arrives(instance);
        }
        finally
        {
            slide.Gate.Release();
        }

        Grew(slide);
        return slide;
    }

    /// <summary>More is there of an instance that is arriving, or nothing more will be.</summary>
    internal void Grew(SpooledSlide slide) => Changed?.Invoke(slide);

    /// <summary>Drops a slide of which nothing came but the beginning of an instance.</summary>
    internal async Task DropIfEmptyAsync(SpooledSlide slide)
    {
        await slide.Gate.WaitAsync();
        try
        {
            DropIfEmpty(slide);
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    private void DropIfEmpty(SpooledSlide slide)
    {
        if (slide.Record is not null || slide.Arriving().Length > 0)
            return;
        _slides.TryRemove(KeyValuePair.Create(slide.Key.Name, slide));
        File.Delete(Folder.BegunPath(slide.Key));
    }

    /// <summary>Takes a purged slide back, as it was, for a destination that is to have it after all.</summary>
    /// <param name="record">Its record from <c>done/</c>, one step on.</param>
    /// <param name="instances">All its instances: flushed files under <c>in/</c>, and their receipts.</param>
    /// <param name="cancellationToken">Cancels waiting for the gate.</param>
    /// <returns>False when the slide is here: instances have come since.</returns>
    /// <exception cref="IOException">Not all could be stored; what was is purged again.</exception>
    internal async Task<bool> TakeBackAsync(SlideRecord record, IReadOnlyList<(string Part, Receipt Receipt)> instances, CancellationToken cancellationToken)
    {
        var slide = await EnterAsync(record.Key, cancellationToken);
        try
        {
            if (slide.Record is not null)
                return false;
            // The record first: instances without one would be a new slide after a crash, and be delivered once more.
            DurableFile.CreateDirectory(slide.Folder);
            Save(slide, record);
            foreach (var (part, receipt) in instances)
            {
                Store(slide, part, receipt);
                slide.Add(receipt);
            }

            DurableFile.Delete(Folder.DonePath(slide.Key)); // until it is purged again
            return true;
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Takes the slide's gate and makes one step durable.</summary>
    internal async Task StepAsync(SpooledSlide slide, SlideState to, string reason, Func<SlideRecord, SlideRecord>? change = null)
    {
        await slide.Gate.WaitAsync();
        try
        {
            Step(slide, to, reason, change);
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>The same; but where the spool cannot be written the step is taken in memory, and a restart goes on from the one before.</summary>
    internal async Task StepAtLeastInMemoryAsync(SpooledSlide slide, SlideState to, string reason, Func<SlideRecord, SlideRecord> change)
    {
        await slide.Gate.WaitAsync();
        try
        {
            Step(slide, to, reason, change);
        }
        catch (IOException e)
        {
            slide.Record = change(slide.Record!.Step(to, _time.GetUtcNow(), reason));
            Log.RecordNotWritten(_log, slide.Key.SeriesInstanceUid, e.Message);
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Takes the slide's gate and makes a change within its state durable.</summary>
    internal static async Task ChangeAsync(SpooledSlide slide, Func<SlideRecord, SlideRecord> change)
    {
        await slide.Gate.WaitAsync();
        try
        {
            Save(slide, change(slide.Record!));
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Makes one step of a slide durable. The caller holds the slide's gate.</summary>
    internal void Step(SpooledSlide slide, SlideState to, string reason, Func<SlideRecord, SlideRecord>? change = null)
    {
        var from = slide.Record!;
        var record = from.Step(to, _time.GetUtcNow(), reason);
        Save(slide, change is null ? record : change(record));
        Log.SlideStepped(_log, slide.Key.SeriesInstanceUid, slide.Record!.Revision, from.State, to, reason);
    }

    /// <summary>Makes a changed record durable. The caller holds the slide's gate.</summary>
    internal static void Save(SpooledSlide slide, SlideRecord record)
    {
        DurableFile.Replace(slide.RecordPath, record.ToBytes());
        slide.Record = record;
    }

    /// <summary>Takes an instance that is not what was acknowledged out of its slide: the scanner must send it again. The caller holds Work and gate.</summary>
    /// <remarks>A slide that is published stays so: its delivered copy was read back. What comes again only makes the spool's copy whole.</remarks>
    internal void SetAside(SpooledSlide slide, Receipt receipt, string reason)
    {
        if (File.Exists(slide.PathOf(receipt)))
            Quarantine(slide.PathOf(receipt), reason);
        SlideRecord WithLost(SlideRecord r) => r with { Committed = false, Lost = [.. r.Lost.Append(receipt.SopInstanceUid).Distinct()] };
        if (SlideState.Waiting.CanFollow(slide.Record!.State))
            Step(slide, SlideState.Waiting, $"Instance {receipt.SopInstanceUid} was damaged in the spool; the scanner must send it again.", WithLost);
        else
            Save(slide, WithLost(slide.Record));
        DurableFile.Delete(slide.ReceiptPathOf(receipt));
        slide.Remove(receipt.SopInstanceUid);
    }

    /// <summary>Puts a file aside that nobody can use but somebody may want to look at, with the reason beside it.</summary>
    internal void Quarantine(string file, string reason)
    {
        var target = Path.Join(Folder.Quarantine, $"{Path.GetFileNameWithoutExtension(file)}-{Guid.NewGuid():n}");
        if (!DurableFile.TryRename(file, target + Path.GetExtension(file)))
            throw new IOException($"'{target}' exists already.");
        DurableFile.Replace(target + ".reason.txt", System.Text.Encoding.UTF8.GetBytes(reason));
        if (Path.GetExtension(file) == SpoolFolder.PartExtension)
            DropOldParts();
    }

    /// <summary>Drops from quarantine what was never acknowledged and is a day old, and the oldest of it where it takes too much of the disk.</summary>
    internal void DropOldParts()
    {
        var oldest = _time.GetUtcNow() - PartRetention;
        var room = DurableFile.Space(Folder.Root).TotalBytes / QuarantineShare;
        foreach (var part in new DirectoryInfo(Folder.Quarantine).GetFiles("*" + SpoolFolder.PartExtension).OrderByDescending(p => p.LastWriteTimeUtc))
        {
            room -= part.Length;
            if (room >= 0 && part.LastWriteTimeUtc >= oldest.UtcDateTime)
                continue;
            File.Delete(Path.ChangeExtension(part.FullName, ".reason.txt"));
            part.Delete();
        }
    }

    // A scanner that uses a UID in two series has one of them wrong: the instance that came first counts, as within a series.
    private SlideKey KeyFor(Receipt receipt)
    {
        var key = receipt.Key;
        foreach (var slide in _slides.Values)
        {
            if (slide.Key == receipt.Key || slide.Find(receipt.SopInstanceUid) is null)
                continue;
            if (slide.Key.Scanner == receipt.Scanner)
                key = slide.Key;
            else
                Log.UidOfTwoScanners(_log, receipt.SopInstanceUid, receipt.Scanner, slide.Key.Scanner);
        }

        return key;
    }

    // The slide of a key with its gate taken. It may be purged, and forgotten, while its gate is waited for.
    private async ValueTask<SpooledSlide> EnterAsync(SlideKey key, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slide = Slide(key);
            await slide.Gate.WaitAsync(cancellationToken);
            if (ReferenceEquals(Slide(key), slide))
                return slide;
            slide.Gate.Release();
        }
    }

    private CommitOutcome Commit(SpooledSlide slide, string part, Receipt receipt)
    {
        DurableFile.CreateDirectory(slide.Folder);
        slide.LastActivity = _time.GetTimestamp();
        slide.Record ??= SlideRecord.TryRead(slide.RecordPath) ?? SlideRecord.TryRead(Folder.DonePath(slide.Key));
        if (slide.Find(receipt.SopInstanceUid) is { } known)
        {
            if (known.Sha256 != receipt.Sha256)
                return KeepConflict(slide, part, receipt);
            if (slide.IsIntact(known))
                return Drop(part);
            Forgo(slide, known);
        }
        else if (slide.Record?.State.IsPublished() == true && Delivered(slide.Record, receipt.SopInstanceUid) is { } delivered)
        {
            if (delivered.Sha256 != receipt.Sha256)
                return KeepConflict(slide, part, receipt);
            if (!slide.Record!.Lost.Contains(receipt.SopInstanceUid))
                return Drop(part);
        }

        try
        {
            Store(slide, part, receipt);
            Received(slide, receipt);
        }
        catch (IOException)
        {
            // Known only from here on: had it been before, a repetition would be acknowledged without the record having heard of it.
            Discard(slide, receipt);
            throw;
        }

        slide.Add(receipt);
        return CommitOutcome.Stored;
    }

    // The spool's copy has rotted and the scanner sends the instance again: the good bytes take its place, the bad ones are kept to be looked at.
    // The record says first that it is lost, so that a crash or a full disk in between lets nobody take the slide as whole.
    private void Forgo(SpooledSlide slide, Receipt rotted)
    {
        const string Reason = "The stored bytes no longer matched their receipt; the scanner sent the instance again.";
        Log.SpoolDamaged(_log, rotted.SopInstanceUid, rotted.SeriesInstanceUid, Reason);
        Save(slide, slide.Record! with { Lost = [.. slide.Record!.Lost.Append(rotted.SopInstanceUid).Distinct()] });
        if (File.Exists(slide.PathOf(rotted)))
            Quarantine(slide.PathOf(rotted), Reason);
        DurableFile.Delete(slide.ReceiptPathOf(rotted));
        slide.Remove(rotted.SopInstanceUid);
    }

    private static void Store(SpooledSlide slide, string part, Receipt receipt)
    {
        // Step 6: the receipt first. Without its instance, which then still lies in in/, recovery removes it.
        WriteReceipt(slide.ReceiptPathOf(receipt), receipt);
        try
        {
            // Step 7: the name. It holds the UID and the hash, so only this same instance can have taken it, before a crash.
            var path = slide.PathOf(receipt);
            if (!DurableFile.TryRename(part, path))
            {
                DurableFile.Delete(path); // never acknowledged: not in the index
                if (!DurableFile.TryRename(part, path))
                    throw new IOException($"'{path}' appeared while it was being made.");
            }
        }
        catch (IOException)
        {
            File.Delete(slide.ReceiptPathOf(receipt)); // a receipt alone would tell of an instance that was lost
            throw;
        }

        // Step 8.
        DurableFile.FlushDirectory(slide.Folder);
    }

    // It was never acknowledged. What cannot be removed either, the next start or the next repetition finds.
    private static void Discard(SpooledSlide slide, Receipt receipt)
    {
        try
        {
            File.Delete(slide.PathOf(receipt));
            File.Delete(slide.ReceiptPathOf(receipt));
        }
        catch (IOException)
        {
        }
    }

    private void Received(SpooledSlide slide, Receipt receipt)
    {
        if (slide.Record is not { } record)
        {
            Save(slide, SlideRecord.New(slide.Key, _time.GetUtcNow(), "The first instance came."));
            File.Delete(Folder.BegunPath(slide.Key));
            return;
        }

        if (record.Lost.Contains(receipt.SopInstanceUid))
        {
            Save(slide, record = record with { Lost = [.. record.Lost.Where(uid => uid != receipt.SopInstanceUid)] });
            // The spool's copy had rotted after the slide was delivered: it is whole again, and there is nothing new to deliver.
            if (record.State.IsPublished() && Delivered(record, receipt.SopInstanceUid) is not null)
                return;
        }

        switch (record.State)
        {
            case SlideState.Receiving when record.SenderFinished || record.Committed:
                Save(slide, record with { SenderFinished = false, Committed = false });
                break;
            // The worker that holds the slide looks for newcomers before it publishes and after it has; what was decided without them is open again.
            case SlideState.Converting or SlideState.Delivering when record.SenderFinished || record.Committed:
                Save(slide, record with { SenderFinished = false, Committed = false });
                break;
            case SlideState.Receiving or SlideState.Converting or SlideState.Delivering:
                break;
            case SlideState.Delivered or SlideState.Verified or SlideState.Purged:
                BeginRevision(slide, $"Instance {receipt.SopInstanceUid} came after the slide had been delivered.");
                break;
            default:
                Step(slide, SlideState.Receiving, $"Instance {receipt.SopInstanceUid} came.", r => r with { Strikes = 0, Setbacks = 0, NotBefore = null, SenderFinished = false, Committed = false });
                break;
        }
    }

    /// <summary>Begins the next revision of a published slide. The caller holds the slide's gate.</summary>
    internal void BeginRevision(SpooledSlide slide, string reason)
    {
        slide.Manifest = null; // it was the last revision's; SAM is asked again
        Step(slide, SlideState.Receiving, reason, r => r with
        {
            Revision = r.Revision + 1,
            Earlier = [.. r.Earlier, .. r.Manifests()],
            Manifest = null,
            Destinations = OwedAgain(r),
            AreDestinationsDecided = false,
            Whole = null,
            Strikes = 0,
            Setbacks = 0,
            NotBefore = null,
            SenderFinished = false,
            Committed = false,
        });
    }

    /// <summary>
    /// Makes a slide that is not published yet the next revision of the one that further destinations have been given: instances have come since. The
    /// caller holds the slide's gate.
    /// </summary>
    internal void OutgrowDestinations(SpooledSlide slide)
    {
        var record = slide.Record!;
        Save(slide, record with
        {
            Revision = record.Revision + 1,
            Earlier = [.. record.Earlier, .. record.Destinations.Select(d => d.Manifest).OfType<Manifest>()],
            Destinations = OwedAgain(record),
            AreDestinationsDecided = false,
            Whole = null,
        });
    }

    // The rules choose anew. Whom the earlier revision is owed to gets the new one, which holds that as well, whatever the rules are now.
    private IReadOnlyList<SlideDestination> OwedAgain(SlideRecord record) =>
        [.. record.Destinations.Where(d => !d.IsSettled).Select(d => SlideDestination.New(d.Name, _time.GetUtcNow(), "The revision before was to go there."))];

    private CommitOutcome KeepConflict(SpooledSlide slide, string part, Receipt receipt)
    {
        if (slide.Record!.Conflicts.Count >= MaxConflicts)
            return DropConflict(part);
        var folder = Path.Join(Folder.Conflict, slide.Key.Name);
        DurableFile.CreateDirectory(folder);
        var path = Path.Join(folder, receipt.FileStem + Receipt.InstanceExtension);
        if (File.Exists(path))
            return DropConflict(part); // this other version, too, came before

        WriteReceipt(Path.Join(folder, receipt.FileStem + Receipt.Extension), receipt);
        if (!DurableFile.TryRename(part, path))
            throw new IOException($"'{path}' appeared while it was being made.");
        DurableFile.FlushDirectory(folder);
        var record = slide.Record!;
        var conflict = new ConflictingInstance(receipt.SopInstanceUid, receipt.Sha256, Path.GetRelativePath(Folder.Root, path), _time.GetUtcNow());
        SlideRecord Noted(SlideRecord r) => r with { Conflicts = [.. r.Conflicts, conflict] };
        if (SlideState.Conflict.CanFollow(record.State))
            Step(slide, SlideState.Conflict, $"Instance {receipt.SopInstanceUid} came twice with different bytes; the first one counts.", Noted);
        else
            Save(slide, Noted(record));
        return CommitOutcome.Conflicting;
    }

    private static CommitOutcome DropConflict(string part)
    {
        DurableFile.Delete(part);
        return CommitOutcome.Conflicting;
    }

    private static CommitOutcome Drop(string part)
    {
        DurableFile.Delete(part);
        return CommitOutcome.Identical;
    }

    private static void WriteReceipt(string path, Receipt receipt)
    {
        if (File.Exists(path)) // left by a crash between receipt and rename
            DurableFile.Delete(path);
        using var file = DurableFile.CreateNew(path);
        RandomAccess.Write(file, receipt.ToBytes(), 0);
        DurableFile.Flush(file);
    }

    private static ManifestInstance? Delivered(SlideRecord? record, string sopInstanceUid) =>
        record is null ? null : record.Earlier.Append(record.Manifest).OfType<Manifest>()
            .Where(m => m.Sha256 is not null)
            .SelectMany(m => m.Instances).LastOrDefault(i => i.SopInstanceUid == sopInstanceUid);
}
