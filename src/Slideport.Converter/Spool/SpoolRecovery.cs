using Microsoft.Extensions.Logging;
using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Files;

namespace Slideport.Converter.Spool;

/// <summary>Makes the spool whole after any end of the process, before the first association is accepted.</summary>
/// <remarks>
/// 1. Receptions that were under way are dropped: they were never acknowledged. Large ones stay in quarantine for a day.
/// 2. Instances and receipts are paired. A receipt whose instance still lies in <c>in/</c> was never acknowledged: the crash came between the two.
///    A receipt whose instance lies nowhere tells of one that was acknowledged and has been lost: the slide fails, loudly. An instance without
///    receipt gets one from its own file meta and bytes. The size is compared now, the hash before conversion and before every commitment.
/// 3. Each slide resumes: work that was under way is begun again. Nothing that cannot be understood is deleted.
/// </remarks>
internal sealed class SpoolRecovery
{
    // A part this small tells nobody anything.
    private const long MinQuarantinedPartBytes = 1 << 20;

    private readonly SlideSpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    internal SpoolRecovery(SlideSpool spool, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _time = time;
        _log = log;
    }

    internal void Run(CancellationToken cancellationToken)
    {
        var interrupted = Directory.GetFiles(_spool.Folder.In).Select(ReceivedFileMeta.InstanceOf).OfType<(string, string)>().ToHashSet();
        var (slides, instances, rebuilt) = (0, 0, 0);
        foreach (var folder in Directory.EnumerateDirectories(_spool.Folder.Ready).SelectMany(Directory.EnumerateDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = new Found();
            ReadInstances(folder, found, cancellationToken);
            ReadOrphans(folder, found, interrupted);
            rebuilt += found.Rebuilt;
            if (Resume(folder, found) is not { } slide)
                continue;
            slides++;
            instances += slide.Count;
        }

        // Last, for they are what tells a receipt that was never acknowledged from one whose instance is lost.
        var parts = DropParts();
        _spool.DropOldParts();
        Log.SpoolRecovered(_log, slides, instances, parts, rebuilt);
    }

    private int DropParts()
    {
        var parts = Directory.GetFiles(_spool.Folder.In);
        foreach (var part in parts)
        {
            if (new FileInfo(part).Length >= MinQuarantinedPartBytes)
                _spool.Quarantine(part, "The reception was interrupted; it was never acknowledged.");
            else
                File.Delete(part);
        }

        DurableFile.FlushDirectory(_spool.Folder.In);
        return parts.Length;
    }

    private void ReadInstances(string folder, Found found, CancellationToken cancellationToken)
    {
        foreach (var path in Directory.GetFiles(folder, "*" + Receipt.InstanceExtension))
        {
            var receiptPath = Path.ChangeExtension(path, Receipt.Extension);
            var receipt = Receipt.TryRead(receiptPath);
            if (receipt is null && (receipt = Rebuild(path, cancellationToken)) is not null)
            {
                DurableFile.Replace(receiptPath, receipt.ToBytes());
                found.Rebuilt++;
            }

            if (receipt is null || receipt.FileStem != Path.GetFileNameWithoutExtension(path))
            {
                SetAside(path, receiptPath, "Its name, receipt and contents do not belong together.");
            }
            else if (new FileInfo(path).Length != receipt.DataSetOffset + receipt.DataSetBytes)
            {
                SetAside(path, receiptPath, "Its length is not the one acknowledged.", receipt);
                found.Damaged.Add(receipt.SopInstanceUid);
            }
            else
            {
                found.Receipts.Add(receipt);
            }
        }
    }

    private static void ReadOrphans(string folder, Found found, HashSet<(string Scanner, string Instance)> interrupted)
    {
        foreach (var path in Directory.GetFiles(folder, "*" + Receipt.Extension))
        {
            if (Path.GetFileName(path) == SlideRecord.FileName || File.Exists(Path.ChangeExtension(path, Receipt.InstanceExtension)))
                continue;
            // A torn receipt was not flushed, so its instance was not acknowledged either.
            if (Receipt.TryRead(path) is { } receipt && !interrupted.Contains((receipt.Scanner, receipt.SopInstanceUid)) && found.Receipts.All(r => r.SopInstanceUid != receipt.SopInstanceUid))
                found.Gone.Add(receipt); // its receipt goes when the slide's record tells of it
            else
                DurableFile.Delete(path);
        }
    }

    private void SetAside(string path, string receiptPath, string reason, Receipt? receipt = null)
    {
        _spool.Quarantine(path, reason);
        if (receipt is null)
            Log.Quarantined(_log, path, reason);
        else
            Log.SpoolDamaged(_log, receipt.SopInstanceUid, receipt.SeriesInstanceUid, reason);
        DurableFile.Delete(receiptPath);
    }

    // The file meta was written by us: the scanner's identity stands in its private element.
    internal static Receipt? Rebuild(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var file = Part10File.Open(path);
            if (file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID) is not { } instance
                || ReceivedFileMeta.ScannerOf(file.FileMeta) is not { } scanner
                || file.DataSet.GetString(Tags.StudyInstanceUID) is not { } study
                || file.DataSet.GetString(Tags.SeriesInstanceUID) is not { } series)
                return null;
            return new Receipt(
                instance,
                file.FileMeta.GetString(Tags.MediaStorageSOPClassUID) ?? "",
                study,
                series,
                file.TransferSyntax.Uid,
                FileHash.Sha256(path, file.DataSetOffset, cancellationToken),
                file.DataSetOffset,
                new FileInfo(path).Length - file.DataSetOffset,
                scanner,
                "(receipt rebuilt)",
                File.GetLastWriteTimeUtc(path),
                "",
                0);
        }
        catch (Exception e) when (e is DicomException or IOException)
        {
            return null;
        }
    }

    private SpooledSlide? Resume(string folder, Found found)
    {
        var record = ReadRecord(Path.Join(folder, SlideRecord.FileName));
        var key = record?.Key ?? found.Receipts.Concat(found.Gone).FirstOrDefault()?.Key;
        if (key is not { } slideKey || _spool.Folder.SlideFolder(slideKey) != folder)
        {
            if (found.Receipts.Count == 0 && record is null && !Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder); // made for a slide whose first instance never came through
            return null;
        }

        var slide = _spool.Slide(slideKey);
        foreach (var receipt in found.Receipts.Where(r => r.Key == slideKey))
            slide.Add(receipt);
        slide.LastActivity = _time.GetTimestamp();
        slide.Record = record;
        if (record is null)
            SlideSpool.Save(slide, SlideRecord.New(slideKey, _time.GetUtcNow(), "The record was missing and was made again from the instances."));
        else
            ResumeState(slide, record);
        if (found.Damaged.Count > 0)
            SlideSpool.Save(slide, slide.Record! with { Lost = [.. slide.Record!.Lost.Union(found.Damaged)] });
        if (found.Gone.Count > 0)
            TellGone(slide, found.Gone);
        return slide;
    }

    // Missing is one thing, unreadable another: what nobody understands is kept, and told; what a newer Slideport wrote is not touched at all.
    private SlideRecord? ReadRecord(string path)
    {
        var record = SlideRecord.TryRead(path);
        if ((record?.Schema ?? SlideRecord.SchemaOf(path)) > SlideRecord.CurrentSchema)
            throw new SpoolException($"'{path}' was written by a newer Slideport; start that one on this spool.");
        if (record is not null || !File.Exists(path))
            return record;
        _spool.Quarantine(path, "A slide's record that cannot be read.");
        Log.RecordUnreadable(_log, path);
        return null;
    }

    private void TellGone(SpooledSlide slide, List<Receipt> gone)
    {
        var record = slide.Record!;
        // A purge that was interrupted: its record went to done/ first. The delivered copy is proven, and the purge goes on.
        var purged = record.State == SlideState.Verified && SlideRecord.TryRead(_spool.Folder.DonePath(slide.Key)) is { } done && done.Revision == record.Revision && done.Steps > record.Steps; // one that was taken back since has gone on from its old record
        if (!purged)
        {
            foreach (var receipt in gone)
                Log.SpoolDamaged(_log, receipt.SopInstanceUid, receipt.SeriesInstanceUid, "It was acknowledged, and its file is gone.");
            SlideRecord WithLost(SlideRecord r) => r with { Lost = [.. r.Lost.Union(gone.Select(g => g.SopInstanceUid))] };
            // One that is verified needs them no more.
            if (record.State != SlideState.Verified && SlideState.Failed.CanFollow(record.State))
                _spool.Step(slide, SlideState.Failed, $"Instance {gone[0].SopInstanceUid} was acknowledged, and its file is gone from the spool; the scanner must send it again.", WithLost);
            else
                SlideSpool.Save(slide, WithLost(record));
        }

        foreach (var receipt in gone)
            DurableFile.Delete(slide.ReceiptPathOf(receipt));
    }

    private void ResumeState(SpooledSlide slide, SlideRecord record)
    {
        switch (record.State)
        {
            // A crash here may be the slide's doing: it counts. Delivering only copies and renames, so it does not.
            case SlideState.Converting when record.Committed || record.SenderFinished:
                _spool.Step(slide, SlideState.Complete, "Slideport ended during conversion; it is done again.", r => r with { Strikes = r.Strikes + 1 });
                break;
            // An instance came during it, or a manifest had decided, which SAM tells again.
            case SlideState.Converting:
                _spool.Step(slide, SlideState.Receiving, "Slideport ended during conversion; whether the slide is whole is asked again.", r => r with { Strikes = r.Strikes + 1 });
                break;
            case SlideState.Delivered or SlideState.Verified when record.Manifest is { } manifest && slide.HasMoreThan(manifest):
                _spool.BeginRevision(slide, "An instance came after the slide had been delivered.");
                break;
            default:
                break;
        }
    }

    /// <summary>What lay in a slide's folder.</summary>
    private sealed class Found
    {
        /// <summary>Instances that are there, by their receipts.</summary>
        internal List<Receipt> Receipts { get; } = [];

        /// <summary>UIDs of instances that were acknowledged and are no longer whole.</summary>
        internal List<string> Damaged { get; } = [];

        /// <summary>Receipts of instances that were acknowledged and lie nowhere.</summary>
        internal List<Receipt> Gone { get; } = [];

        /// <summary>Receipts made again from their instances.</summary>
        internal int Rebuilt { get; set; }
    }
}
