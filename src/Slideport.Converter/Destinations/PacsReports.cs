using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Dicom.Services.StorageCommitment;

namespace Slideport.Converter.Destinations;

/// <summary>
/// What a PACS says of the instances it was sent: it takes responsibility for them, or not for some. It may say so on our association or on one
/// it opens to the converter's own port; the transaction, which is ours and random, tells for which slide.
/// </summary>
internal sealed class PacsReports(SlideSpool spool, TimeProvider time, ILogger log) : IStorageCommitmentReportHandler
{
    /// <inheritdoc/>
    public async ValueTask ReportedAsync(CommitmentResult result, CancellationToken cancellationToken)
    {
        foreach (var slide in spool.Slides.Where(s => s.Record is { IsForDestinations: true }))
        {
            if (slide.Record!.Destinations.FirstOrDefault(d => d.WasAskedUnder(result.TransactionUid) && !d.IsSettled) is { } destination)
                await TakeAsync(new DestinationSteps(slide, destination.Name, time), result);
        }
    }

    /// <summary>Delivered → Verified when all is committed; else it is sent again, and the third time waits for a person.</summary>
    /// <returns>Whether it has taken responsibility for all.</returns>
    internal async Task<bool> TakeAsync(DestinationSteps steps, CommitmentResult result)
    {
        if (steps.Current is not { Sent: { } sent } current || !current.WasAskedUnder(result.TransactionUid))
            return false;
        var committed = result.Committed.Select(i => i.SopInstanceUid).ToHashSet(StringComparer.Ordinal);
        var missing = sent.Where(i => !committed.Contains(i.SopInstanceUid)).ToArray();
        // What it said no to then it may say yes to now: it was asked again, and that answer counts.
        if (missing.Length > 0 && current.Transaction != result.TransactionUid)
            return false;
        if (missing.Length == 0)
        {
            var isVerified = await steps.TryStepAsync(
                DestinationState.Verified, $"It has taken responsibility for {sent.Count} instances. {current.Remark}".TrimEnd(), d => d with { Strikes = 0, Setbacks = 0, NotBefore = null });
            if (isVerified)
                Log.PacsCommitted(log, steps.Slide.Key.SeriesInstanceUid, current.Name, sent.Count);
            return isVerified;
        }

        var failure = result.Failed.FirstOrDefault(f => f.Instance.SopInstanceUid == missing[0].SopInstanceUid);
        var why = failure.Instance.SopInstanceUid is null ? "not named in its report" : failure.Reason.ToString();
        var reason = $"It takes no responsibility for {missing.Length} of {sent.Count} instances; the first is {(current.IsPseudonymous ? "de-identified" : missing[0].SopInstanceUid)} ({why}).";
        var strikes = current.Strikes + 1;
        var to = strikes >= Attempts.MaxStrikes ? DestinationState.Failed : DestinationState.Waiting;
        var isTaken = await steps.TryStepAsync(
            to, reason, d => d with { Strikes = strikes, Sent = null, Transaction = null, EarlierTransactions = null, Asked = 0, NotBefore = time.GetUtcNow() + CircuitBreaker.Pause(strikes) });
        if (isTaken && to == DestinationState.Failed)
            Log.DestinationNeedsAttention(log, steps.Slide.Key.SeriesInstanceUid, current.Name, reason);
        return false;
    }
}
