using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;

namespace Slideport.Converter.Destinations;

/// <summary>Brings a slide to a PACS: C-STORE of each instance, then Storage Commitment. Only what the PACS has taken responsibility for is there.</summary>
/// <remarks>Sent again after any break: a PACS knows an instance by its UID, which is the same each time.</remarks>
internal sealed class PacsDelivery(Destination destination, SlideSpool spool, PacsReports reports, (TimeProvider Time, ILogger Log) surroundings) : IDestinationDelivery
{
    private const string OutgoingFolder = "outgoing";

    // The report may come at once on our association, or some minutes later on one that the PACS opens; then it is asked for again.
    private static readonly TimeSpan PatienceForReport = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromHours(1);

    // Requests that stay without report before a person is told; it is asked on all the same.
    private const int AskedBeforeAlarm = 3;
    private const int MaxEarlierTransactions = 10;

    private static readonly AssociationLimits Limits = new() { IdleTimeout = TimeSpan.FromMinutes(2) };

    private Pacs Pacs => destination.Pacs!;

    /// <summary>How long a report is waited for on our association.</summary>
    internal TimeSpan PatienceOnLine { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Removes what an earlier process has made and not sent.</summary>
    internal static void RemoveLeftovers(SpoolFolder folder)
    {
        if (Directory.Exists(Path.Join(folder.Root, OutgoingFolder)))
            Directory.Delete(Path.Join(folder.Root, OutgoingFolder), recursive: true);
    }

    /// <inheritdoc/>
    public async Task<bool> DeliverAsync(DestinationSteps steps, CancellationToken cancellationToken)
    {
        try
        {
            if (steps.Current?.Sent is { } sent)
            {
                await using var association = await ConnectAsync([], cancellationToken);
                return await CommitAsync(association, sent, null, steps, cancellationToken);
            }

            return await MakeAndSendAsync(steps, cancellationToken);
        }
        catch (AssociationException e)
        {
            throw new IOException($"{Pacs}: {e.Message}", e);
        }
    }

    private async Task<bool> MakeAndSendAsync(DestinationSteps steps, CancellationToken cancellationToken)
    {
        var slide = steps.Slide;
        using var instances = SpooledInstances.Open(slide, steps.Instances);
        if (await Task.Run(() => instances.Receipts.FirstOrDefault(r => !slide.IsIntact(r)), cancellationToken) is { } damaged)
            throw new SpoolException($"Instance {damaged.SopInstanceUid} was damaged in the spool; the scanner must send it again.");

        var output = new DestinationOutput(slide, instances, destination);
        if (output.IsAsReceived)
            return await SendAsync([.. instances.Receipts.Select(slide.PathOf)], steps, cancellationToken);

        var folder = Path.Join(spool.Folder.Root, OutgoingFolder, steps.Key);
        Remove(folder);
        try
        {
            DurableFile.CreateDirectory(Path.GetDirectoryName(folder)!);
            var (_, refusal) = await Task.Run(() => output.Write(folder, cancellationToken), cancellationToken);
            var difference = refusal is null ? await Task.Run(() => output.Difference(folder, cancellationToken), cancellationToken) : null;
            var reason = refusal is not null ? $"It cannot become {destination.Settings.FormatName} without loss: {refusal.Reason} ({refusal.Attribute})"
                : difference is not null ? $"The output does not carry the instances' bytes; please report this. {difference}"
                : null;
            if (reason is null)
                return await SendAsync(Directory.GetFiles(folder), steps, cancellationToken);
            await FailAsync(steps, reason);
            return false;
        }
        finally
        {
            Remove(folder);
        }
    }

    private async Task<bool> SendAsync(string[] files, DestinationSteps steps, CancellationToken cancellationToken)
    {
        var mayBeThere = steps.Current?.MayBeThere == true;
        if (!await steps.TryStepAsync(DestinationState.Delivering, $"{files.Length} instances are being sent to {Pacs}.", d => d with { MayBeThere = true, IsPseudonymous = destination.KeyFile is not null }))
            return false;
        var sent = new List<SentInstance>();
        var remarks = new List<DimseStatus>();
        List<(string Path, string SopClassUid, TransferSyntax Syntax)> outgoing = [.. files.Select(Describe)];
        await using var association = await ConnectAsync([.. outgoing.Select(o => (o.SopClassUid, o.Syntax)).Distinct()], cancellationToken);
        foreach (var (path, sopClass, _) in outgoing)
        {
            using var file = Open(path);
            var instance = file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID) ?? "";
            var outcome = await StoreScu.SendAsync(association, file, cancellationToken: cancellationToken);
            if (outcome.Status.IsTransient)
                throw new IOException($"{Pacs} refused {Called(instance)}: {outcome.Status} {outcome.ErrorComment}".TrimEnd());
            // Sent again, it may be there from before: whether it is kept, the commitment tells.
            if (!outcome.Status.IsStored && !(mayBeThere && outcome.Status == DimseStatus.DuplicateSopInstance))
            {
                await FailAsync(steps, $"{Pacs} refused {Called(instance)}: {outcome.Status} {outcome.ErrorComment}".TrimEnd());
                return false;
            }

            if (outcome.Status != DimseStatus.Success)
                remarks.Add(outcome.Status);
            sent.Add(new SentInstance(sopClass, instance));
        }

        var remark = remarks.Count == 0 ? null : $"It stored {remarks.Count} with a remark: {string.Join(", ", remarks.Distinct())}.";
        if (remark is not null)
            Log.PacsRemarked(surroundings.Log, steps.Slide.Key.SeriesInstanceUid, destination.Name, remark);

        // It took every instance and the request: it does its work, though its report may come later.
        await CommitAsync(association, sent, remark ?? "", steps, cancellationToken);
        return true;
    }

    // Whether it has taken responsibility. Without a remark it was asked before for the same instances.
    private async Task<bool> CommitAsync(Association association, IReadOnlyList<SentInstance> sent, string? remark, DestinationSteps steps, CancellationToken cancellationToken)
    {
        var isFirst = remark is not null;
        if (steps.Current is not { } before)
            return false;
        string[] earlier = isFirst ? [] : [.. (before.EarlierTransactions ?? []).Append(before.Transaction).OfType<string>().TakeLast(MaxEarlierTransactions)];

        // In the record before it is asked for: the report may be quicker than the answer, and come another way.
        var transaction = Uids.New();
        var isTaken = await steps.TryStepAsync(
            DestinationState.Delivered, $"{sent.Count} instances were sent; {Pacs} has yet to take responsibility for them.",
            d => d with
            {
                Sent = sent,
                Transaction = transaction,
                EarlierTransactions = earlier.Length == 0 ? null : earlier,
                Asked = isFirst ? 0 : d.Asked,
                Remark = isFirst ? (remark!.Length > 0 ? remark : null) : d.Remark,
                NotBefore = surroundings.Time.GetUtcNow() + PatienceForReport,
            });
        if (!isTaken)
            return false;
        InstanceReference[] instances = [.. sent.Select(s => new InstanceReference(s.SopClassUid, s.SopInstanceUid))];
        if (await StorageCommitmentScu.RequestAsync(association, transaction, instances, PatienceOnLine, reports, cancellationToken) is not { } result)
        {
            await WaitOnAsync(steps);
            return false;
        }

        var isCommitted = await reports.TakeAsync(steps, result);
        await association.ReleaseAsync(cancellationToken);
        return isCommitted;
    }

    private string Called(string instance) => destination.KeyFile is null ? $"instance {instance}" : "a de-identified instance";

    // It has taken the request and said nothing yet: its report may come by itself; else it is asked again, less and less often.
    private async Task WaitOnAsync(DestinationSteps steps)
    {
        if (steps.Current is not { Sent: { } sent } current)
            return;
        var asked = current.Asked + 1;
        var patience = PatienceForReport * Math.Pow(2, Math.Min(asked - 1, 10));
        var isTaken = await steps.TryStepAsync(
            DestinationState.Delivered, $"{sent.Count} instances were sent; {Pacs} has yet to take responsibility for them, and was asked {asked} times.",
            d => d with { Asked = asked, Setbacks = 0, NotBefore = surroundings.Time.GetUtcNow() + (patience < LongestPatience ? patience : LongestPatience) });
        if (isTaken && asked == AskedBeforeAlarm)
            Log.PacsSilent(surroundings.Log, steps.Slide.Key.SeriesInstanceUid, destination.Name, asked);
    }

    private async Task FailAsync(DestinationSteps steps, string reason)
    {
        if (await steps.TryStepAsync(DestinationState.Failed, reason))
            Log.DestinationNeedsAttention(surroundings.Log, steps.Slide.Key.SeriesInstanceUid, destination.Name, reason);
    }

    private Task<Association> ConnectAsync(IReadOnlyList<(string SopClassUid, TransferSyntax Syntax)> contexts, CancellationToken cancellationToken) => Association.ConnectAsync(
        Pacs.Host,
        Pacs.Port,
        new AssociationRequest
        {
            CallingAETitle = Pacs.OwnTitle,
            CalledAETitle = Pacs.Title,
            Contexts = [.. contexts, (Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian), (Uids.StorageCommitmentPushModel, TransferSyntax.ImplicitVrLittleEndian)],
            Tls = Pacs.Tls?.Options(Pacs.Host),
        },
        Limits,
        cancellationToken: cancellationToken);

    private static (string Path, string SopClassUid, TransferSyntax Syntax) Describe(string path)
    {
        using var file = Open(path);
        return (path, file.FileMeta.GetString(Tags.MediaStorageSOPClassUID) ?? "", file.TransferSyntax);
    }

    // Nothing of the data set is loaded: its per-frame groups alone may have tens of megabytes.
    private static Part10File Open(string path) => Part10File.Open(path, reader =>
    {
        reader.Skip();
        return true;
    });

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
