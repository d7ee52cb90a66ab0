using System.Net.Security;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>The report of a storage commitment on an association the SCP opens, because the requester's own is gone (PS3.4 J.3.3, roles turned).</summary>
public static class StorageCommitmentReport
{
    /// <summary>Connects to the requester, as SCP of storage commitment, brings it the report and waits for its answer.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="titles">Our AE title and the requester's.</param>
    /// <param name="tls">TLS; null speaks in the clear.</param>
    /// <param name="result">The report.</param>
    /// <param name="limits">Time-outs and sizes; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AssociationException">The requester is not there, takes no reports, or answered this one with a failure.</exception>
    public static async Task SendAsync(
        string host, int port, (string Calling, string Called) titles, SslClientAuthenticationOptions? tls, CommitmentResult result,
        AssociationLimits? limits = null, CancellationToken cancellationToken = default)
    {
        var request = new AssociationRequest
        {
            CallingAETitle = titles.Calling,
            CalledAETitle = titles.Called,
            Contexts =
            [
                (Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian),
                (Uids.StorageCommitmentPushModel, TransferSyntax.ImplicitVrLittleEndian),
            ],
            AsScp = [Uids.StorageCommitmentPushModel],
            Tls = tls,
        };
        await using var association = await Association.ConnectAsync(host, port, request, limits, cancellationToken: cancellationToken);
        var context = association.FindContext(Uids.StorageCommitmentPushModel)
            ?? throw new AssociationException(AssociationFault.Rejected, "The peer takes no storage commitment reports.");
        await association.Sender.SendAsync(context, StorageCommitmentScu.Event(association.NextMessageId(), result), cancellationToken);
        await association.Sender.SendAsync(context, CommitmentDataSets.Report(result), cancellationToken);
        var answer = await association.ReadAnswerAsync(cancellationToken);
        if (answer.Command.Status != DimseStatus.Success)
            throw new AssociationException(AssociationFault.Rejected, $"The peer answered the storage commitment report with {answer.Command.Status}.");
        await association.ReleaseAsync(cancellationToken);
    }
}
