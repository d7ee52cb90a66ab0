using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>The data sets of storage commitment (PS3.3 C.14): requests and reports, read and written.</summary>
internal static class CommitmentDataSets
{
    public static DicomDataSet Request(string transactionUid, IReadOnlyList<InstanceReference> instances) => new DicomDataSet()
        .Set(Tags.TransactionUID, transactionUid)
        .Set(Tags.ReferencedSOPSequence, [.. instances.Select(Reference)]);

    /// <exception cref="DicomFormatException">There is no transaction UID or no instance.</exception>
    public static (string TransactionUid, IReadOnlyList<InstanceReference> Instances) ReadRequest(DicomDataSet dataSet) =>
        dataSet.GetString(Tags.TransactionUID) is { Length: > 0 } uid && dataSet.GetSequence(Tags.ReferencedSOPSequence) is { Count: > 0 } items
            ? (uid, [.. items.Select(ReadReference)])
            : throw new DicomFormatException("A storage commitment request names no transaction or no instance", 0);

    public static DicomDataSet Report(CommitmentResult result)
    {
        var report = new DicomDataSet().Set(Tags.TransactionUID, result.TransactionUid);
        if (result.Committed.Count > 0)
            report.Set(Tags.ReferencedSOPSequence, [.. result.Committed.Select(Reference)]);
        if (result.Failed.Count > 0)
            report.Set(Tags.FailedSOPSequence, [.. result.Failed.Select(f => Reference(f.Instance).Set(Tags.FailureReason, f.Reason.Code))]);
        return report;
    }

    public static CommitmentResult ReadReport(DicomDataSet dataSet) => new(
        dataSet.GetString(Tags.TransactionUID) ?? "",
        [.. dataSet.GetSequence(Tags.ReferencedSOPSequence).Select(ReadReference)],
        [.. dataSet.GetSequence(Tags.FailedSOPSequence).Select(item =>
            new CommitmentFailure(ReadReference(item), new DimseStatus((ushort)(item.GetInt32(Tags.FailureReason) ?? DimseStatus.ProcessingFailure.Code))))]);

    private static DicomDataSet Reference(InstanceReference instance) => new DicomDataSet()
        .Set(Tags.ReferencedSOPClassUID, instance.SopClassUid)
        .Set(Tags.ReferencedSOPInstanceUID, instance.SopInstanceUid);

    private static InstanceReference ReadReference(DicomDataSet item) =>
        new(item.GetString(Tags.ReferencedSOPClassUID) ?? "", item.GetString(Tags.ReferencedSOPInstanceUID) ?? "");
}
