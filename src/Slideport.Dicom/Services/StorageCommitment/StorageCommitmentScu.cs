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
        var context = association.FindContext(Uids.StorageCommitmentPushModel)
            ?? throw new AssociationException(AssociationFault.Rejected, "The peer does not offer storage commitment.");
        var command = CommandSet.Request(
                CommandField.NActionRq, association.NextMessageId(), hasDataSet: true, Uids.StorageCommitmentPushModel, Uids.StorageCommitmentPushModelInstance)
            .WithActionType(RequestCommitment);
        await association.Sender.SendAsync(context, command, cancellationToken);
        await association.Sender.SendAsync(context, CommitmentDataSets.Request(Uids.New(), instances), cancellationToken);

        var answer = (await association.ReadAnswerAsync(cancellationToken)).Command;
        if (answer.Field != CommandField.NActionRsp || answer.Status != DimseStatus.Success)
            throw new AssociationException(AssociationFault.Rejected, $"The peer refused to commit: {answer.Status} {answer.ErrorComment}".TrimEnd());

        var report = await association.ReadAnswerAsync(cancellationToken);
        if (report.Command.Field != CommandField.NEventReportRq)
            throw new AssociationException(AssociationFault.Peer, $"The peer sent {report.Command.Field} instead of its commitment report.");
        var result = CommitmentDataSets.ReadReport(await association.Messages.ReadDataSetAsync(report, cancellationToken));
        await association.Sender.SendAsync(report.Context, report.Command.Respond(DimseStatus.Success), cancellationToken);
        return result;
    }

    /// <summary>Sends a report on an association the SCP has opened (with the SCP role selected) and waits for the answer.</summary>
    internal static async Task ReportAsync(Association association, CommitmentResult result, CancellationToken cancellationToken)
    {
        var context = association.FindContext(Uids.StorageCommitmentPushModel)
            ?? throw new AssociationException(AssociationFault.Rejected, "The peer takes no storage commitment reports.");
        var command = Event(association.NextMessageId(), result);
        await association.Sender.SendAsync(context, command, cancellationToken);
        await association.Sender.SendAsync(context, CommitmentDataSets.Report(result), cancellationToken);
        _ = await association.ReadAnswerAsync(cancellationToken);
    }

    internal static CommandSet Event(ushort messageId, CommitmentResult result) => CommandSet.Request(
            CommandField.NEventReportRq, messageId, hasDataSet: true, Uids.StorageCommitmentPushModel, Uids.StorageCommitmentPushModelInstance)
        .WithEventType(result.Failed.Count == 0 ? AllCommitted : SomeFailed);
}
