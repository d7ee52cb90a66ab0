using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>
/// Storage Commitment Push Model SCP (PS3.4 J): answers the N-ACTION at once, then reports on the same association. A report whose answer
/// does not come before the association ends is handed back to the handler, which may bring it to the requester by <see cref="StorageCommitmentReport"/>.
/// </summary>
internal sealed class StorageCommitmentScp(IStorageCommitmentHandler handler, DimseReader reader, DimseWriter writer)
{
    // A peer that asks and asks and never answers a report: each is kept until the association ends.
    private const int MaxUnanswered = 16;

    private readonly Dictionary<ushort, CommitmentResult> _unanswered = [];
    private ushort _messageId;

    /// <summary>Serves one N-ACTION: request, decision, report.</summary>
    /// <returns>What went wrong on this side of the wire, for the log; null when nothing did.</returns>
    public async ValueTask<Exception?> ServeAsync(AssociationInfo association, DimseMessage message, CancellationToken cancellationToken)
    {
        var (request, refusal) = await ReadRequestAsync(association, message, cancellationToken);
        await writer.SendAsync(message.Context, message.Command.Respond(refusal ?? DimseStatus.Success), cancellationToken);
        if (request is null)
            return null;

        var (result, error) = await DecideAsync(request, cancellationToken);
        // Before it is sent: a connection that breaks on the way leaves it undelivered.
        do
            _messageId = _messageId == ushort.MaxValue ? (ushort)1 : (ushort)(_messageId + 1);
        while (_unanswered.ContainsKey(_messageId));
        _unanswered[_messageId] = result;
        await writer.SendAsync(message.Context, StorageCommitmentScu.Event(_messageId, result), cancellationToken);
        await writer.SendAsync(message.Context, CommitmentDataSets.Report(result), cancellationToken);
        return error;
    }

    /// <summary>Takes the answer to a report; false when nothing was asked. A report that was refused is not delivered, and is handed over in the end.</summary>
    public bool TakeAnswer(CommandSet answer) => answer.Status == DimseStatus.Success
        ? _unanswered.Remove(answer.RespondedMessageId)
        : _unanswered.ContainsKey(answer.RespondedMessageId);

    /// <summary>Hands the reports nobody answered to the handler; called once the association has ended.</summary>
    /// <param name="association">The association that ended.</param>
    /// <param name="failed">Told of a handler that failed with one; the next is handed over nevertheless.</param>
    public async ValueTask HandOverAsync(AssociationInfo association, Action<CommitmentResult, Exception> failed)
    {
        foreach (var result in _unanswered.Values)
        {
            try
            {
                await handler.UndeliveredAsync(association, result);
            }
#pragma warning disable CA1031 // A handler's failure is this report's failure; the next one is handed over nevertheless.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failed(result, e);
            }
        }
    }

    private async ValueTask<(CommitmentRequest? Request, DimseStatus? Refusal)> ReadRequestAsync(
        AssociationInfo association, DimseMessage message, CancellationToken cancellationToken)
    {
        if (!message.Command.HasDataSet)
            return (null, DimseStatus.MistypedArgument);
        try
        {
            var dataSet = await reader.ReadDataSetAsync(message, cancellationToken);
            if (message.Command.SopInstanceUid != Uids.StorageCommitmentPushModelInstance)
                return (null, DimseStatus.NoSuchSopInstance);
            if (message.Command.ActionTypeId != StorageCommitmentScu.RequestCommitment)
                return (null, DimseStatus.NoSuchAction);
            if (_unanswered.Count >= MaxUnanswered)
                return (null, DimseStatus.ResourceLimitation);
            var (transaction, instances) = CommitmentDataSets.ReadRequest(dataSet);
            return (new CommitmentRequest(association, transaction, instances), null);
        }
        catch (DicomFormatException)
        {
            return (null, DimseStatus.InvalidArgumentValue);
        }
    }

    private async ValueTask<(CommitmentResult Result, Exception? Error)> DecideAsync(CommitmentRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return (await handler.CommitAsync(request, cancellationToken), null);
        }
#pragma warning disable CA1031 // A handler's failure is this request's failure, never the association's or the process's.
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            var failed = request.Instances.Select(i => new CommitmentFailure(i, DimseStatus.ProcessingFailure));
            return (new CommitmentResult(request.TransactionUid, [], [.. failed]), e);
        }
    }
}
