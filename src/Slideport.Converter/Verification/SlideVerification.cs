using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Converter.Delivery;
using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.ImageStore;

namespace Slideport.Converter.Verification;

/// <summary>Reads delivered slides back from the store's disk, and lets the spool's copy go when its time has come.</summary>
internal sealed class SlideVerification
{
    private readonly SlideSpool _spool;
    private readonly ImageStores _stores;
    private readonly Attempts _attempts;
    private readonly DestinationChoice _destinations;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    internal SlideVerification(SlideSpool spool, ImageStores stores, Attempts attempts, DestinationChoice destinations, (TimeProvider Time, ILogger Log) surroundings)
    {
        _spool = spool;
        _stores = stores;
        _attempts = attempts;
        _destinations = destinations;
        (_time, _log) = surroundings;
    }

    /// <summary>Delivered → Verified when what lies under the final name is what was sent; Failed when it is something else.</summary>
    internal async Task VerifyAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        var manifest = slide.Record!.Manifest!;
        var (isRead, difference) = await ReadBackAsync(slide, manifest, cancellationToken);
        if (!isRead)
            return;
        if (difference is not null)
        {
            await _attempts.GiveUpAsync(slide, difference);
            return;
        }

        IReadOnlyList<SlideDestination> chosen = slide.Record.AreDestinationsDecided ? [] : _destinations.Choose(slide, manifest.Instances);
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            // An instance that came since has made this record the next revision's, or is about to.
            if (slide.Record.State != SlideState.Delivered)
                return;
            _spool.Step(slide, SlideState.Verified, $"'{manifest.Path}' was read back and is what was sent.", r => r.Decided(chosen) with { Setbacks = 0, NotBefore = null });
            if (chosen.Count > 0)
                Log.DestinationsChosen(_log, slide.Key.SeriesInstanceUid, slide.Record.Revision, string.Join(", ", slide.Record.Destinations.Select(d => d.Name)));
            if (slide.HasMoreThan(manifest))
                _spool.BeginRevision(slide, "An instance came during delivery.");
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Verified → Purged: the record goes to <c>done/</c> first, then the spool's copy. A crash in between is taken up here again.</summary>
    /// <remarks>Nothing goes before every destination has it that was chosen, or a person waived it. What lies on a share is read once more before: it was not flushed, and was read back soon after, from the server's memory perhaps.</remarks>
    internal async Task PurgeAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        string? difference = null;
        if (slide.Record!.Manifest is { } manifest && _stores.IsShare(manifest.Location))
        {
            (var isRead, difference) = await ReadBackAsync(slide, manifest, cancellationToken);
            if (!isRead)
                return;
        }

        if (!await AreOnTheirSharesAsync(slide, cancellationToken))
            return;
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            // An instance that came since has begun the next revision.
            if (slide.Record!.State != SlideState.Verified || slide.Record.Destinations.Any(d => !d.IsSettled))
                return;
            if (difference is not null)
            {
                _spool.Step(slide, SlideState.Failed, difference);
                Log.SlideNeedsAttention(_log, slide.Key.SeriesInstanceUid, difference);
                return;
            }

            var purged = slide.Record!.Step(SlideState.Purged, _time.GetUtcNow(), "The retention time is over; the delivered copy remains.").ForGood();
            var done = _spool.Folder.DonePath(slide.Key);
            DurableFile.CreateDirectory(Path.GetDirectoryName(done)!);
            DurableFile.Replace(done, purged.ToBytes());
            foreach (var receipt in slide.Receipts())
            {
                File.Delete(slide.PathOf(receipt));
                File.Delete(slide.ReceiptPathOf(receipt));
                slide.Remove(receipt.SopInstanceUid);
            }

            DurableFile.FlushDirectory(slide.Folder);
            DurableFile.Delete(slide.RecordPath);
            Directory.Delete(slide.Folder);
            slide.Record = purged;
            _spool.Forget(slide);
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    // A destination that is a share may have lost what it had read back to us: then it gets it again.
    private async Task<bool> AreOnTheirSharesAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        foreach (var destination in slide.Record!.Destinations.Where(d => d is { State: DestinationState.Verified, Manifest: { } at } && _stores.IsShare(at.Location)))
        {
            var (isRead, difference) = await ReadBackAsync(slide, destination.Manifest!, cancellationToken);
            if (!isRead)
                return false;
            if (difference is null)
                continue;
            await SlideSpool.ChangeAsync(slide, r => r.With(destination.Name, d => d.Step(DestinationState.Waiting, _time.GetUtcNow(), difference)));
            Log.DestinationHeldUp(_log, slide.Key.SeriesInstanceUid, destination.Name, difference);
            return false;
        }

        return true;
    }

    // What cannot be read now is delivered all the same; only the proof has to wait.
    private async Task<(bool IsRead, string? Difference)> ReadBackAsync(SpooledSlide slide, Manifest manifest, CancellationToken cancellationToken)
    {
        StoredOutput? found;
        try
        {
            var store = await _stores.OpenAsync(manifest.Location, cancellationToken);
            found = await Task.Run(async () => await store.ReadBackAsync(manifest.Path, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var state = slide.Record!.State;
            await SlideSpool.ChangeAsync(
                slide, r => r.State != state ? r : r with { Setbacks = r.Setbacks + 1, NotBefore = _time.GetUtcNow() + TimeSpan.FromSeconds(30), Reason = $"Cannot be read back: {e.Message}" });
            return (false, null);
        }

        return (true, found == new StoredOutput(manifest.Sha256!, manifest.Bytes!.Value) ? null
            : found is null ? $"{manifest.Called} was delivered and is gone; the spool still has the slide."
            : $"{manifest.Called} is not what was delivered; the spool still has the slide.");
    }
}
