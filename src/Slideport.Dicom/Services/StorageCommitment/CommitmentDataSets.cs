using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Services.StorageCommitment;

/// <summary>The data sets of storage commitment (PS3.3 C.14): requests and reports, read and written.</summary>
internal static class CommitmentDataSets
{
    public static DicomDataSet Request(string transactionUid, IReadOnlyList<InstanceReference> instances) => new DicomDataSet()
        .Set(Tags.TransactionUID, transactionUid)
        .Set(Tags.ReferencedSOPSequence, [.. instances.Select(Reference)]);

    /// <exception cref="DicomFormatException">There is no transaction UID or no instance, or a UID that no report could name.</exception>
    public static (string TransactionUid, IReadOnlyList<InstanceReference> Instances) ReadRequest(DicomDataSet dataSet) =>
        dataSet.GetSequence(Tags.ReferencedSOPSequence) is { Count: > 0 } items
            ? (ReadTransaction(dataSet), [.. items.Select(ReadReference)])
            : throw new DicomFormatException("A storage commitment request names no instance", 0);

    /// <summary>Why a report's N-EVENT-REPORT-RQ is refused before its data set is read; null when it is one of ours.</summary>
    public static DimseStatus? RefusalOf(CommandSet command) =>
        command.EventTypeId is not (StorageCommitmentScu.AllCommitted or StorageCommitmentScu.SomeFailed) ? DimseStatus.NoSuchEventType
        : !command.HasDataSet ? DimseStatus.MistypedArgument
        : null;

    public static DicomDataSet Report(CommitmentResult result)
    {
        var report = new DicomDataSet().Set(Tags.TransactionUID, result.TransactionUid);
        if (result.Committed.Count > 0)
            report.Set(Tags.ReferencedSOPSequence, [.. result.Committed.Select(Reference)]);
        if (result.Failed.Count > 0)
            report.Set(Tags.FailedSOPSequence, [.. result.Failed.Select(f => Reference(f.Instance).Set(Tags.FailureReason, f.Reason.Code))]);
        return report;
    }

    /// <exception cref="DicomFormatException">There is no transaction UID, or a UID that is none.</exception>
    public static CommitmentResult ReadReport(DicomDataSet dataSet) => new(
        ReadTransaction(dataSet),
        [.. dataSet.GetSequence(Tags.ReferencedSOPSequence).Select(ReadReference)],
        [.. dataSet.GetSequence(Tags.FailedSOPSequence).Select(item =>
            new CommitmentFailure(ReadReference(item), ReadFailure(item)))]);

    private static DicomDataSet Reference(InstanceReference instance) => new DicomDataSet()
        .Set(Tags.ReferencedSOPClassUID, instance.SopClassUid)
        .Set(Tags.ReferencedSOPInstanceUID, instance.SopInstanceUid);

    private static InstanceReference ReadReference(DicomDataSet item) =>
        new(ReadUid(item, Tags.ReferencedSOPClassUID), ReadUid(item, Tags.ReferencedSOPInstanceUID));

    private static string ReadTransaction(DicomDataSet dataSet) =>
        ReadUid(dataSet, Tags.TransactionUID) is { Length: > 0 } uid ? uid : throw new DicomFormatException("It names no storage commitment transaction", 0);

    private static DimseStatus ReadFailure(DicomDataSet item) =>
        item.GetInt32(Tags.FailureReason) is { } code and >= 0 and <= ushort.MaxValue ? new DimseStatus((ushort)code) : DimseStatus.ProcessingFailure;

    private static string ReadUid(DicomDataSet dataSet, DicomTag tag) =>
        dataSet.GetString(tag) is not { } uid ? "" : uid.All(c => c is > ' ' and <= '~' and not '\\') ? uid : throw new DicomFormatException($"{tag} has characters no UID has", 0);
}
