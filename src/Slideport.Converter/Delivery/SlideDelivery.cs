using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.ImageStore;
using Slideport.Protocol.Configuration;
using Slideport.Slides;
using Slideport.Slides.Conversion;

namespace Slideport.Converter.Delivery;

/// <summary>Publishes a finished output exactly once, whatever happens in between. The caller holds the slide's <c>Work</c>.</summary>
/// <remarks>
/// <code>
/// name reserved ─► flush ─► read back ─► hash into the record ─► rename, never replacing ─► Delivered
///                                                                  │ taken by the same bytes: our own earlier attempt
///                                                                  └ taken by others: the next name, both are kept
/// </code>
/// A crash after the rename is recognised by the hash that was recorded before it.
/// </remarks>
internal sealed class SlideDelivery
{
    private readonly SlideSpool _spool;
    private readonly ImageStores _stores;
    private readonly SlideNames _names;
    private readonly Attempts _attempts;
    private readonly ILogger _log;

    internal SlideDelivery(SlideSpool spool, ImageStores stores, SlideNames names, Attempts attempts, ILogger log)
    {
        _spool = spool;
        _stores = stores;
        _names = names;
        _attempts = attempts;
        _log = log;
    }

    /// <summary>Removes what an earlier process has left half-written in the store; parts of slides that are not this spool's are somebody else's.</summary>
    internal async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        var areAllHere = true;
        string[] begun = [.. Directory.GetFiles(_spool.Folder.Begun).Where(p => _spool.Find(Path.GetFileName(p)) is null)];
        foreach (var location in _stores.Used)
        {
            try
            {
                var store = await _stores.OpenAsync(location, cancellationToken);
                var unfinished = store.Unfinished().ToHashSet(StringComparer.Ordinal);
                var left = _spool.Slides.Select(s => s.Record).OfType<SlideRecord>()
                    .Where(r => r.State != SlideState.Delivering || r.Manifest?.Location != location)
                    .Select(r => r.DeliveryKey);
                foreach (var key in left.Concat(begun.Select(p => Path.GetFileName(p))).Where(unfinished.Contains))
                    await store.Begin(key).RemoveAsync(cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                areAllHere = false;
                Log.StoreUnavailable(_log, e.Message); // whoever delivers next removes its own
            }
        }

        // Of those it could not reach the next start knows again.
        foreach (var path in areAllHere ? begun : [])
            File.Delete(path);
    }

    /// <summary>Delivering → Delivered; or Waiting when the store is in the way, or back to Complete when a crash lost the output.</summary>
    internal async Task DeliverAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = slide.Record!.Manifest!;
            var store = await _stores.OpenAsync(manifest.Location, cancellationToken);
            if (slide.Assembly?.Delivery is { } delivery)
                await PublishAsync(slide, manifest, (store, delivery), cancellationToken);
            else
                await ResumeAsync(slide, manifest, store, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Once its hash is in the record it may have been published, whatever the store said.
            if (slide.Record!.Manifest?.Sha256 is null)
                await _attempts.SetBackAsync(slide, e.Message);
            else
                await _attempts.HoldDeliveryAsync(slide, e.Message);
        }
        catch (SlideException e)
        {
            await _attempts.GiveUpAsync(slide, $"The output cannot be read back as a slide; please report this. {e.Message}");
        }
    }

    private async Task PublishAsync(SpooledSlide slide, Manifest manifest, (IImageStore Store, ImageDelivery Delivery) to, CancellationToken cancellationToken)
    {
        var (store, delivery) = to;
        await delivery.FlushAsync(cancellationToken);
        // Side by side: the hash of what the store holds, and an independent reader's comparison of every tile with the spool's instances.
        var comparison = Task.Run(() => Difference(slide, delivery, cancellationToken), cancellationToken);
        var written = await Task.Run(async () => await delivery.ReadBackAsync(cancellationToken), cancellationToken);
        if (await comparison is { } difference)
        {
            await RejectAsync(slide, manifest, difference);
            return;
        }

        manifest = manifest with { Sha256 = written.Sha256, Bytes = written.Bytes };
        await SlideSpool.ChangeAsync(slide, r => r with { Manifest = manifest });
        while (!await delivery.TryPublishAsync(manifest.Path, cancellationToken))
        {
            if (await store.ReadBackAsync(manifest.Path, cancellationToken) == written)
            {
                await delivery.RemoveAsync(cancellationToken);
                break;
            }

            var next = _names.Next(manifest);
            Log.NameTaken(_log, manifest.Path, slide.Key.SeriesInstanceUid, next.Path);
            var mayRepeat = slide.Assembly!.Settings.Repeats == RepeatRule.KeepBoth || slide.Record!.MayRepeat;
            manifest = next;
            await SlideSpool.ChangeAsync(slide, r => r with { Manifest = manifest });
            if (mayRepeat)
                continue;
            await _attempts.SetRepeatAsideAsync(slide, manifest);
            return;
        }

        await DeliveredAsync(slide, manifest);
    }

    // Of what was converted every tile is compared with the spool's; of what is as it came every instance with its receipt.
    private static string? Difference(SpooledSlide slide, ImageDelivery delivery, CancellationToken cancellationToken)
    {
        if (slide.Assembly!.Settings.Format != OutputFormat.Dicom)
            return Fidelity.Compare(slide.Folder, delivery.PartPath, cancellationToken).Difference?.ToString();
        var other = slide.Assembly.Receipts.FirstOrDefault(
            r => FileHash.Sha256(Path.Join(delivery.PartPath, SlideAssembly.NameInFolder(r)), r.DataSetOffset, cancellationToken) != r.Sha256);
        return other is null ? null : $"Instance {other.SopInstanceUid} is not what was received.";
    }

    private async Task RejectAsync(SpooledSlide slide, Manifest manifest, string difference)
    {
        if (slide.HasMoreThan(manifest))
        {
            await _attempts.ReleaseAsync(slide);
            await _spool.StepAsync(slide, SlideState.Receiving, "An instance came during delivery; it is delivered with it.");
            return;
        }

        if (await Task.Run(() => Array.Find(slide.Receipts(), r => !slide.IsIntact(r))) is { } damaged)
        {
            await _attempts.SetAsideAsync(slide, damaged, "Its bytes are not those that were acknowledged.");
            return;
        }

        await _attempts.GiveUpAsync(slide, $"The output does not carry the instances' bytes; please report this. {difference}");
    }

    // After a crash: the output is published already, or it is gone and made again.
    private async Task ResumeAsync(SpooledSlide slide, Manifest manifest, IImageStore store, CancellationToken cancellationToken)
    {
        if (manifest is { Sha256: { } sha256, Bytes: { } bytes } && await store.ReadBackAsync(manifest.Path, cancellationToken) == new StoredOutput(sha256, bytes))
        {
            await store.Begin(slide.Record!.DeliveryKey).RemoveAsync(cancellationToken);
            await DeliveredAsync(slide, manifest);
            return;
        }

        await _spool.StepAsync(slide, SlideState.Complete, "Slideport ended during delivery; it is done again.");
    }

    private async Task DeliveredAsync(SpooledSlide slide, Manifest manifest)
    {
        // Nothing is left to remove: the part has its final name.
        slide.DropAssembly();
        await _spool.StepAsync(slide, SlideState.Delivered, $"Delivered as '{manifest.Path}'.", r => r with { Manifest = manifest, Strikes = 0, Setbacks = 0, NotBefore = null });
        Log.SlideDelivered(_log, slide.Key.SeriesInstanceUid, manifest.Path, manifest.Bytes ?? 0);
    }
}
