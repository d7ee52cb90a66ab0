using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;

namespace Slideport.Fuzz.Targets;

/// <summary>Requests and reports of storage commitment from any bytes: read, they can be written, and read again they say the same.</summary>
internal static class CommitmentTarget
{
    /// <summary>Runs one input; throws where a promise is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        DicomDataSet set;
        try
        {
            set = DicomDataSet.Load(data.ToArray(), TransferSyntax.ExplicitVrLittleEndian);
        }
        catch (DicomFormatException)
        {
            return;
        }

        if (Read(() => CommitmentDataSets.ReadReport(set)) is { } report)
        {
            var again = CommitmentDataSets.ReadReport(Written(CommitmentDataSets.Report(report)));
            Require(again.TransactionUid == report.TransactionUid && again.Committed.SequenceEqual(report.Committed) && again.Failed.SequenceEqual(report.Failed), "a report reads otherwise");
        }

        if (Read(() => Tuple.Create(CommitmentDataSets.ReadRequest(set))) is { Item1: var request })
        {
            var again = CommitmentDataSets.ReadRequest(Written(CommitmentDataSets.Request(request.TransactionUid, request.Instances)));
            Require(again.TransactionUid == request.TransactionUid && again.Instances.SequenceEqual(request.Instances), "a request reads otherwise");
        }
    }

    /// <summary>One of each.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        InstanceReference[] instances = [new("1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.3"), new("1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.4")];
        yield return CommitmentDataSets.Request("2.25.1", instances).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        yield return CommitmentDataSets.Report(new CommitmentResult("2.25.1", instances, [])).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        yield return CommitmentDataSets.Report(new CommitmentResult("2.25.1", instances[..1], [new CommitmentFailure(instances[1], DimseStatus.NoSuchSopInstance)])).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
    }

    private static DicomDataSet Written(DicomDataSet set) => DicomDataSet.Load(set.ToBytes(TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian);

    private static T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static void Require(bool holds, string promise)
    {
        if (!holds) throw new InvalidOperationException(promise);
    }
}
