using Slideport.Converter.Converting;
using Slideport.Converter.Delivery;
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
    private readonly TimeProvider _time;

    internal SlideVerification(SlideSpool spool, ImageStores stores, Attempts attempts, TimeProvider time)
    {
        _spool = spool;
        _stores = stores;
        _attempts = attempts;
        _time = time;
    }

    /// <summary>Delivered → Verified when what lies under the final name is what was sent; Failed when it is something else.</summary>
    internal async Task VerifyAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        var manifest = slide.Record!.Manifest!;
        StoredOutput? found;
        try
        {
            var store = await _stores.OpenAsync(manifest.Location, cancellationToken);
            found = await Task.Run(async () => await store.ReadBackAsync(manifest.Path, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Delivered it is; only the proof has to wait.
            var setbacks = slide.Record.Setbacks + 1;
            await SlideSpool.ChangeAsync(slide, r => r with { Setbacks = setbacks, NotBefore = _time.GetUtcNow() + TimeSpan.FromSeconds(30), Reason = $"Cannot be read back: {e.Message}" });
            return;
        }

        if (found != new StoredOutput(manifest.Sha256!, manifest.Bytes!.Value))
        {
            await _attempts.GiveUpAsync(slide, found is null
                ? $"'{manifest.Path}' was delivered and is gone; the spool still has the slide."
                : $"'{manifest.Path}' is not what was delivered; the spool still has the slide.");
            return;
        }

        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            // An instance that came since has made this record the next revision's, or is about to.
            if (slide.Record.State != SlideState.Delivered)
                return;
            _spool.Step(slide, SlideState.Verified, $"'{manifest.Path}' was read back and is what was sent.", r => r with { Setbacks = 0, NotBefore = null });
            if (slide.HasMoreThan(manifest))
                _spool.BeginRevision(slide, "An instance came during delivery.");
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Verified → Purged: the record goes to <c>done/</c> first, then the spool's copy. A crash in between is taken up here again.</summary>
    internal async Task PurgeAsync(SpooledSlide slide)
    {
        await slide.Gate.WaitAsync();
        try
        {
            // An instance that came since has begun the next revision.
            if (slide.Record!.State != SlideState.Verified)
                return;
            var purged = slide.Record!.Step(SlideState.Purged, _time.GetUtcNow(), "The retention time is over; the delivered copy remains.");
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
}
