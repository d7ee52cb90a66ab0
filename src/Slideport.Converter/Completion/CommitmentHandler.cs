using Microsoft.Extensions.Logging;
using Slideport.Converter.Receiving;
using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Completion;

/// <summary>
/// Storage commitment: takes responsibility for instances whose bytes were read back from the spool's disk and match their receipts. A request
/// that names all of a slide's instances also says that the slide is complete: the scanner has nothing more to send.
/// </summary>
internal sealed class CommitmentHandler : IStorageCommitmentHandler
{
    private readonly SlideSpool _spool;
    private readonly Action<SpooledSlide> _wake;
    private readonly ILogger _log;

    internal CommitmentHandler(SlideSpool spool, Action<SpooledSlide> wake, ILogger log)
    {
        _spool = spool;
        _wake = wake;
        _log = log;
    }

    /// <inheritdoc/>
    public async ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken)
    {
        var scanner = ScannerIdentity.Of(request.Association.Peer);
        var own = _spool.Slides.Where(s => s.Key.Scanner == scanner).ToArray();
        var committed = new List<InstanceReference>();
        var failed = new List<CommitmentFailure>();
        var named = new Dictionary<SpooledSlide, HashSet<string>>();
        foreach (var instance in request.Instances)
        {
            var (slide, receipt) = Find(own, instance.SopInstanceUid);
            if (slide is null || receipt is null)
                failed.Add(new CommitmentFailure(instance, DimseStatus.NoSuchSopInstance));
            else if (receipt.SopClassUid != instance.SopClassUid)
                failed.Add(new CommitmentFailure(instance, DimseStatus.ClassInstanceConflict));
            else if (!await slide.IsIntactAsync(receipt, cancellationToken))
                failed.Add(new CommitmentFailure(instance, DimseStatus.ProcessingFailure));
            else
                committed.Add(instance);
            if (slide is not null && committed.Count > 0 && committed[^1] == instance)
                (named.TryGetValue(slide, out var uids) ? uids : named[slide] = new HashSet<string>(StringComparer.Ordinal)).Add(instance.SopInstanceUid);
        }

        // What the scanner names and we lack is still to come: then nothing is complete.
        if (failed.Count == 0)
        {
            foreach (var (slide, uids) in named)
                await CompleteAsync(slide, uids, cancellationToken);
        }

        Log.CommitmentAnswered(_log, request.Association.Peer.ToString(), request.TransactionUid, committed.Count, failed.Count);
        return new CommitmentResult(request.TransactionUid, committed, failed);
    }

    /// <summary>None is configured: a scanner that has left asks again.</summary>
    public (string Host, int Port, AssociationRequest Request)? ReportTarget(AssociationInfo association) => null;

    private static (SpooledSlide? Slide, Receipt? Receipt) Find(SpooledSlide[] slides, string sopInstanceUid)
    {
        foreach (var slide in slides)
        {
            if (slide.Find(sopInstanceUid) is { } receipt)
                return (slide, receipt);
        }

        return (null, null);
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
