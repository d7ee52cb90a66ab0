using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>
/// Storage Commitment Push Model SCP (PS3.4 J): answers the N-ACTION at once, then reports: on the same association while it is open,
/// otherwise on one it opens to where the handler knows the requester to be.
/// </summary>
internal sealed class StorageCommitmentScp(IStorageCommitmentHandler handler, DimseReader reader, DimseWriter writer, AssociationLimits limits)
{
    private ushort _messageId;

    /// <returns>
    /// Whether the peer asked to release instead of answering the report, and the report if it could not be delivered here.
    /// </returns>
    public async ValueTask<(bool Released, CommitmentResult? Undelivered)> ServeAsync(
        AssociationInfo association, DimseMessage message, CancellationToken cancellationToken)
    {
        if (!message.Command.HasDataSet)
            return await RefuseAsync(message, DimseStatus.MistypedArgument, cancellationToken);
        var dataSet = await reader.ReadDataSetAsync(message, cancellationToken);
        if (message.Command.ActionTypeId != StorageCommitmentScu.RequestCommitment)
            return await RefuseAsync(message, DimseStatus.NoSuchAction, cancellationToken);

        var (transaction, instances) = CommitmentDataSets.ReadRequest(dataSet);
        await writer.SendAsync(message.Context, message.Command.Respond(DimseStatus.Success), cancellationToken);

        var result = await handler.CommitAsync(new CommitmentRequest(association, transaction, instances), cancellationToken);
        try
        {
            await writer.SendAsync(message.Context, StorageCommitmentScu.Event(++_messageId, result), cancellationToken);
            await writer.SendAsync(message.Context, CommitmentDataSets.Report(result), cancellationToken);
            return await reader.ReadAsync(limits.IdleTimeout, cancellationToken) is null ? (true, result) : (false, null);
        }
        catch (Exception e) when (e is IOException or AssociationException)
        {
            return (false, result); // the requester is gone; its association's end is found by the next read
        }
    }

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

    private async ValueTask<(bool Released, CommitmentResult? Undelivered)> RefuseAsync(
        DimseMessage message, DimseStatus status, CancellationToken cancellationToken)
    {
        await writer.SendAsync(message.Context, message.Command.Respond(status), cancellationToken);
        return (false, null);
    }
}
