using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>An instance somebody wants to be sure of.</summary>
/// <param name="SopClassUid">Referenced SOP Class UID.</param>
/// <param name="SopInstanceUid">Referenced SOP Instance UID.</param>
public readonly record struct InstanceReference(string SopClassUid, string SopInstanceUid);

/// <summary>A request to commit (PS3.4 J.3.2).</summary>
/// <param name="Association">On which association it came.</param>
/// <param name="TransactionUid">The requester's name for it.</param>
/// <param name="Instances">What it wants to be sure of.</param>
public sealed record CommitmentRequest(AssociationInfo Association, string TransactionUid, IReadOnlyList<InstanceReference> Instances);

/// <summary>An instance that is not committed to, and why (Failure Reason, PS3.3 C.14.1.1).</summary>
public readonly record struct CommitmentFailure(InstanceReference Instance, DimseStatus Reason);

/// <summary>What is committed to and what is not (PS3.4 J.3.3).</summary>
/// <param name="TransactionUid">As in the request.</param>
/// <param name="Committed">Instances responsibility is taken for.</param>
/// <param name="Failed">The others.</param>
public sealed record CommitmentResult(string TransactionUid, IReadOnlyList<InstanceReference> Committed, IReadOnlyList<CommitmentFailure> Failed);

/// <summary>Storage Commitment Push Model SCP: takes responsibility for instances, or says for which it does not.</summary>
public interface IStorageCommitmentHandler
{
    /// <summary>Decides; may take as long as reading the instances back does.</summary>
    ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The requester's association ended before it had answered its report. <see cref="StorageCommitmentReport.SendAsync"/> brings it to a requester
    /// whose address is known; this call should only note it, for the ended connection's place is held until it returns.
    /// </summary>
    ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result);
}

/// <summary>Storage Commitment Push Model SCU that is reported to on an association the SCP opens.</summary>
public interface IStorageCommitmentReportHandler
{
    /// <summary>A report has come.</summary>
    ValueTask ReportedAsync(CommitmentResult result, CancellationToken cancellationToken);
}
