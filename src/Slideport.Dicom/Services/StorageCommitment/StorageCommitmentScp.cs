using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>
/// Storage Commitment Push Model SCP (PS3.4 J): answers the N-ACTION at once, then reports on the same association. A report whose answer
/// does not come before the association ends is kept as undelivered, to be sent on one opened to where the handler knows the requester to be.
/// </summary>
internal sealed class StorageCommitmentScp(IStorageCommitmentHandler handler, DimseReader reader, DimseWriter writer, AssociationLimits limits)
{
    private readonly Dictionary<ushort, CommitmentResult> _unanswered = [];
    private ushort _messageId;

    /// <summary>Reports that were not answered (yet).</summary>
    public IReadOnlyCollection<CommitmentResult> Undelivered => _unanswered.Values;

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
        _unanswered[++_messageId] = result;
        await writer.SendAsync(message.Context, StorageCommitmentScu.Event(_messageId, result), cancellationToken);
        await writer.SendAsync(message.Context, CommitmentDataSets.Report(result), cancellationToken);
        return error;
    }

    /// <summary>Takes the answer to a report; false when nothing was asked.</summary>
    public bool TakeAnswer(CommandSet answer) => _unanswered.Remove(answer.RespondedMessageId);

    /// <summary>Reports on an association opened to where the handler knows the requester to be.</summary>
    /// <exception cref="AssociationException">No address is known, or nobody takes the report there.</exception>
    public async Task ReportElsewhereAsync(AssociationInfo association, CommitmentResult result, CancellationToken cancellationToken)
    {
        if (handler.ReportTarget(association) is not { } target)
        {
            throw new AssociationException(
                AssociationFault.Peer, $"{association.Peer.CallingAETitle} left before its storage commitment report, and no address is known for it.");
        }

        await using var back = await Association.ConnectAsync(target.Host, target.Port, target.Request, limits, cancellationToken: cancellationToken);
        await StorageCommitmentScu.ReportAsync(back, result, cancellationToken);
        await back.ReleaseAsync(cancellationToken);
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
