using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>Storage Commitment Push Model SCU (PS3.4 J): asks the peer to take responsibility and waits for its report.</summary>
public static class StorageCommitmentScu
{
    internal const int RequestCommitment = 1; // Action Type ID, PS3.4 J.3.2
    internal const int AllCommitted = 1; // Event Type ID, PS3.4 J.3.3
    internal const int SomeFailed = 2;

    /// <summary>Asks and waits for the report on the same association.</summary>
    /// <param name="association">An association with a storage commitment context.</param>
    /// <param name="instances">What to commit to.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="AssociationException">The peer offers no storage commitment, refused the request, or the association broke.</exception>
    public static async Task<CommitmentResult> RequestAsync(
        Association association, IReadOnlyList<InstanceReference> instances, CancellationToken cancellationToken = default)
    {
        var transaction = Uids.New();
        await SendAsync(association, transaction, instances, cancellationToken);
        return (await ReadAsync(association, transaction, Timeout.InfiniteTimeSpan, null, cancellationToken))!;
    }

    /// <summary>Asks, and waits a while for the report on the same association: it may come on one that the peer opens, see <see cref="IStorageCommitmentReportHandler"/>.</summary>
    /// <param name="association">An association with a storage commitment context.</param>
    /// <param name="transactionUid">Our name for the request, which the report will have.</param>
    /// <param name="instances">What to commit to.</param>
    /// <param name="patience">How long to wait once the request is on its way.</param>
    /// <param name="others">Takes reports of other requests, which may come here because their own associations are gone; null: none is expected.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The report; null when it has not come here, after which the association is of no more use.</returns>
    /// <exception cref="AssociationException">The peer offers no storage commitment, refused the request or did not answer it, or the association broke before it did.</exception>
    public static async Task<CommitmentResult?> RequestAsync(
        Association association, string transactionUid, IReadOnlyList<InstanceReference> instances, TimeSpan patience, IStorageCommitmentReportHandler? others = null,
        CancellationToken cancellationToken = default)
    {
        await SendAsync(association, transactionUid, instances, cancellationToken);
        return await ReadAsync(association, transactionUid, patience, others, cancellationToken);
    }

    private static async Task SendAsync(Association association, string transaction, IReadOnlyList<InstanceReference> instances, CancellationToken cancellationToken)
    {
        var context = association.FindContext(Uids.StorageCommitmentPushModel)
            ?? throw new AssociationException(AssociationFault.Rejected, "The peer does not offer storage commitment.");
        var command = CommandSet.Request(
                CommandField.NActionRq, association.NextMessageId(), hasDataSet: true, Uids.StorageCommitmentPushModel, Uids.StorageCommitmentPushModelInstance)
            .WithActionType(RequestCommitment);
        await association.Sender.SendAsync(context, command, cancellationToken);
        await association.Sender.SendAsync(context, CommitmentDataSets.Request(transaction, instances), cancellationToken);
    }

    // Some peers report before they answer, and a late report of an earlier transaction may come in between.
    private static async Task<CommitmentResult?> ReadAsync(
        Association association, string transaction, TimeSpan patience, IStorageCommitmentReportHandler? others, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        CommitmentResult? result = null;
        var answered = false;
        while (!answered || result is null)
        {
            DimseMessage message;
            try
            {
                message = await association.ReadAnswerAsync(waiting.Token);
            }
            catch (Exception e) when (patience != Timeout.InfiniteTimeSpan && !cancellationToken.IsCancellationRequested && e is AssociationException or OperationCanceledException)
            {
                if (answered)
                    return null;
                throw e as AssociationException ?? new AssociationException(AssociationFault.Peer, "The peer has not answered the request to commit.", e);
            }

            switch (message.Command.Field)
            {
                case CommandField.NActionRsp when message.Command.Status == DimseStatus.Success:
                    answered = true;
                    break;
                case CommandField.NActionRsp:
                    throw new AssociationException(
                        AssociationFault.Rejected, $"The peer refused to commit: {message.Command.Status} {message.Command.ErrorComment}".TrimEnd());
                case CommandField.NEventReportRq:
                    var report = await TakeReportAsync(association, message, r => r.TransactionUid == transaction ? null : others, cancellationToken);
                    result = report.TransactionUid == transaction ? report : result;
                    break;
                default:
                    throw new AssociationException(AssociationFault.Peer, $"The peer sent {message.Command.Field} instead of its commitment report.");
            }
        }

        return result;
    }

    internal static CommandSet Event(ushort messageId, CommitmentResult result) => CommandSet.Request(
            CommandField.NEventReportRq, messageId, hasDataSet: true, Uids.StorageCommitmentPushModel, Uids.StorageCommitmentPushModelInstance)
        .WithEventType(result.Failed.Count == 0 ? AllCommitted : SomeFailed);

    private static async Task<CommitmentResult> TakeReportAsync(
        Association association, DimseMessage message, Func<CommitmentResult, IStorageCommitmentReportHandler?> handlerOf, CancellationToken cancellationToken)
    {
        if (CommitmentDataSets.RefusalOf(message.Command) is { } refusal)
        {
            await association.Messages.DrainAsync(cancellationToken);
            await association.Sender.SendAsync(message.Context, message.Command.Respond(refusal), cancellationToken);
            throw new AssociationException(AssociationFault.Peer, $"The peer's commitment report was refused: {refusal}.");
        }

        try
        {
            var report = CommitmentDataSets.ReadReport(await association.Messages.ReadDataSetAsync(message, cancellationToken));
            // Before it is answered: what was answered with success does not come again.
            if (handlerOf(report) is { } handler)
                await handler.ReportedAsync(report, cancellationToken);
            await association.Sender.SendAsync(message.Context, message.Command.Respond(DimseStatus.Success), cancellationToken);
            return report;
        }
        catch (DicomFormatException e)
        {
            throw new AssociationException(AssociationFault.Peer, $"The peer's commitment report cannot be read: {e.Message}", e);
        }
    }
}
