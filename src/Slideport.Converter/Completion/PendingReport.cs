using System.Text.Json;
using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;

namespace Slideport.Converter.Completion;

/// <summary>A storage commitment report whose requester has left: <c>reports/NAME.json</c>, until it was brought.</summary>
/// <param name="Scanner">Identity of the scanner that asked, as in <see cref="SlideKey"/>.</param>
/// <param name="Requester">Its AE title.</param>
/// <param name="CalledAETitle">The title it called us by.</param>
/// <param name="TransactionUid">Its name for the transaction.</param>
/// <param name="Since">When it left.</param>
/// <param name="Instances">What it asked about.</param>
internal sealed record PendingReport(
    string Scanner, string Requester, string CalledAETitle, string TransactionUid, DateTimeOffset Since, IReadOnlyList<ReportedInstance> Instances)
{
    /// <summary>Its file's name, without folder.</summary>
    internal string FileName => SpoolName.Of(Scanner, TransactionUid) + Receipt.Extension;

    internal static PendingReport Of(CommitmentResult result, string scanner, string requester, string calledAETitle, DateTimeOffset now) => new(
        scanner,
        requester,
        calledAETitle,
        result.TransactionUid,
        now,
        [
            .. result.Committed.Select(i => new ReportedInstance(i.SopClassUid, i.SopInstanceUid)),
            .. result.Failed.Select(f => new ReportedInstance(f.Instance.SopClassUid, f.Instance.SopInstanceUid, f.Reason.Code)),
        ]);

    /// <summary>As it goes over the wire.</summary>
    internal CommitmentResult Result() => new(
        TransactionUid,
        [.. Instances.Where(i => i.Failure is null).Select(i => i.Reference)],
        [.. Instances.Where(i => i.Failure is not null).Select(i => new CommitmentFailure(i.Reference, new DimseStatus(i.Failure!.Value)))]);

    /// <summary>Whether a request under the same transaction UID is this one, asked again.</summary>
    internal bool IsAbout(IReadOnlyList<InstanceReference> instances) => Instances.Select(i => i.Reference).ToHashSet().SetEquals(instances);

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpoolJson.Default.PendingReport);

    /// <summary>Reads a report; null when it is torn.</summary>
    internal static PendingReport? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SpoolJson.Default.PendingReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One instance of a report.</summary>
/// <param name="SopClassUid">SOP class.</param>
/// <param name="SopInstanceUid">SOP instance.</param>
/// <param name="Failure">Failure Reason (PS3.3 C.14.1.1); null when it is committed to.</param>
internal sealed record ReportedInstance(string SopClassUid, string SopInstanceUid, ushort? Failure = null)
{
    internal InstanceReference Reference => new(SopClassUid, SopInstanceUid);
}
