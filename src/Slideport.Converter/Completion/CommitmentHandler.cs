using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Completion;

/// <summary>
/// Storage commitment: takes responsibility for instances whose bytes were read back from the spool's disk and match their receipts, and for those
/// of slides that were delivered, verified and purged. A request that names all of a slide's instances also says that the slide is complete: the
/// scanner has nothing more to send.
/// </summary>
internal sealed class CommitmentHandler : IStorageCommitmentHandler
{
    private readonly SlideSpool _spool;
    private readonly KnownScanners _scanners;
    private readonly CommitmentReports _reports;
    private readonly Action<SpooledSlide> _wake;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<(string Scanner, string TransactionUid), bool> _underWay = new();

    internal CommitmentHandler(SlideSpool spool, KnownScanners scanners, CommitmentReports reports, Action<SpooledSlide> wake, ILogger log)
    {
        _spool = spool;
        _scanners = scanners;
        _reports = reports;
        _wake = wake;
        _log = log;
    }

    /// <inheritdoc/>
    public async ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken)
    {
        var identities = _scanners.IdentitiesOf(request.Association.Peer);
        var scanner = identities[0];
        var transaction = (scanner, request.TransactionUid);
        var waiting = _reports.Find(scanner, request.TransactionUid);
        // Asked again under its own name, a request is answered again, now on this association; two at once under one name are not (PS3.3 C.14.1.1).
        if (waiting?.IsAbout(request.Instances) == false || !_underWay.TryAdd(transaction, true))
            return Answer(request, [], [.. request.Instances.Select(i => new CommitmentFailure(i, DimseStatus.DuplicateTransactionUid))]);
        try
        {
            if (waiting is not null)
                _reports.Drop(waiting);
            return await CommitAsync(request, identities, cancellationToken);
        }
        finally
        {
            _underWay.TryRemove(transaction, out _);
        }
    }

    /// <inheritdoc/>
    public ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result)
    {
        _reports.Add(association.Peer, _scanners.IdentitiesOf(association.Peer)[0], result);
        return ValueTask.CompletedTask;
    }

    private async Task<CommitmentResult> CommitAsync(CommitmentRequest request, IReadOnlyList<string> identities, CancellationToken cancellationToken)
    {
        var own = _spool.Slides.Where(s => identities.Contains(s.Key.Scanner)).ToArray();
        var found = request.Instances.Select(i => (Instance: i, Slide: Array.Find(own, s => s.Find(i.SopInstanceUid) is not null))).ToArray();
        string[] elsewhere = [.. found.Where(f => f.Slide is null).Select(f => f.Instance.SopInstanceUid)];
        var purged = await Task.Run(() => PurgedSlides.Find(_spool.Folder, identities, elsewhere, cancellationToken), cancellationToken);
        var (committed, failed) = (new List<InstanceReference>(), new List<CommitmentFailure>());
        var named = new Dictionary<SpooledSlide, HashSet<string>>();
        foreach (var (instance, slide) in found)
        {
            var failure = slide?.Find(instance.SopInstanceUid) is { } receipt
                ? await FailureAsync(slide, receipt, instance, cancellationToken)
                : Failure(purged.GetValueOrDefault(instance.SopInstanceUid), instance);
            if (failure is { } reason)
            {
                failed.Add(new CommitmentFailure(instance, reason));
                continue;
            }

            committed.Add(instance);
            if (slide is not null)
                (named.TryGetValue(slide, out var uids) ? uids : named[slide] = new HashSet<string>(StringComparer.Ordinal)).Add(instance.SopInstanceUid);
        }

        // What the scanner names and we lack is still to come: then nothing is complete.
        if (failed.Count == 0)
        {
            foreach (var (slide, uids) in named)
                await CompleteAsync(slide, uids, cancellationToken);
        }

        return Answer(request, committed, failed);
    }

    private static async Task<DimseStatus?> FailureAsync(SpooledSlide slide, Receipt receipt, InstanceReference instance, CancellationToken cancellationToken)
    {
        if (receipt.SopClassUid != instance.SopClassUid)
            return DimseStatus.ClassInstanceConflict;
        return await slide.IsIntactAsync(receipt, cancellationToken) ? null : DimseStatus.ProcessingFailure;
    }

    private static DimseStatus? Failure(ManifestInstance? delivered, InstanceReference instance)
    {
        if (delivered is null)
            return instance.SopClassUid == Uids.VLWholeSlideMicroscopyImageStorage ? DimseStatus.NoSuchSopInstance : DimseStatus.SopClassNotSupported;
        return delivered.SopClassUid is { } sopClass && sopClass != instance.SopClassUid ? DimseStatus.ClassInstanceConflict : null;
    }

    private CommitmentResult Answer(CommitmentRequest request, List<InstanceReference> committed, List<CommitmentFailure> failed)
    {
        Log.CommitmentAnswered(_log, request.Association.Peer.ToString(), request.TransactionUid, committed.Count, failed.Count);
        return new CommitmentResult(request.TransactionUid, committed, failed);
    }

    private async Task CompleteAsync(SpooledSlide slide, HashSet<string> named, CancellationToken cancellationToken)
    {
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slide.Record is not { Committed: false } record || !record.State.IsOpen() || slide.Receipts().Any(r => !named.Contains(r.SopInstanceUid)))
                return;
            SlideSpool.Save(slide, record with { Committed = true });
        }
        finally
        {
            slide.Gate.Release();
        }

        _wake(slide);
    }
}
