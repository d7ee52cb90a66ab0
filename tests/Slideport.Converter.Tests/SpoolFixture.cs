using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Slideport.Converter.Delivery;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Files;

namespace Slideport.Converter.Tests;

/// <summary>A spool in a folder of its own, with a clock that stands still, and instances to put into it.</summary>
internal sealed class SpoolFixture : IDisposable
{
    internal const string Scanner = "cert:AA";
    internal const string Study = "1.2.3";
    internal const string Series = "1.2.3.4";

    private int _parts;

    internal SpoolFixture() => Open();

    internal string Root { get; } = Directory.CreateTempSubdirectory("slideport-spool-").FullName;

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    internal TestLog Log { get; } = new();

    internal SpoolFolder Folder { get; private set; } = null!;

    internal SlideSpool Spool { get; private set; } = null!;

    /// <summary>Its own image store beside it, and those that SAM names.</summary>
    internal ImageStores Stores { get; private set; } = null!;

    internal SpooledSlide Slide => Spool.Slide(new SlideKey(Scanner, Study, Series));

    /// <summary>Ends the process, so to speak, and starts the next one on what is on disk.</summary>
    internal void Restart()
    {
        Stores.Dispose();
        Folder.Dispose();
        Open();
        new SpoolRecovery(Spool, Time, Log).Run(TestContext.Current.CancellationToken);
    }

    /// <summary>A flushed part file with its receipt: what receiving hands to the spool.</summary>
    internal (string Path, Receipt Receipt) Part(string instance, string contents = "pixels", string scanner = Scanner, string series = Series)
    {
        var header = ReceivedFileMeta.Build(Uids.VLWholeSlideMicroscopyImageStorage, instance, TransferSyntax.ExplicitVrLittleEndian.Uid, "SCANNER", scanner);
        var dataSet = new DicomDataSet()
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
            .Set(Tags.SOPInstanceUID, instance)
            .Set(Tags.StudyInstanceUID, Study)
            .Set(Tags.SeriesInstanceUID, series)
            .Set(Tags.ImageComments, contents)
            .ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        var path = Path.Join(Folder.In, $"{++_parts}.part");
        using (var file = DurableFile.CreateNew(path))
        {
            RandomAccess.Write(file, header, 0);
            RandomAccess.Write(file, dataSet, header.Length);
            DurableFile.Flush(file);
        }

        return (path, new Receipt(
            instance, Uids.VLWholeSlideMicroscopyImageStorage, Study, series, TransferSyntax.ExplicitVrLittleEndian.Uid,
            Convert.ToHexStringLower(SHA256.HashData(dataSet)), header.Length, dataSet.Length, scanner, "test", Time.GetUtcNow(), "boot", _parts));
    }

    internal async Task<CommitOutcome> CommitAsync(string instance, string contents = "pixels", string scanner = Scanner, string series = Series)
    {
        var (path, receipt) = Part(instance, contents, scanner, series);
        return await Spool.CommitAsync(path, receipt, _ => { }, TestContext.Current.CancellationToken);
    }

    /// <summary>What SAM has said of scanners so far: nothing.</summary>
    internal KnownScanners Scanners(ConverterOptions options) => new(Folder, Stores, options);

    /// <summary>Brings the slide to a state by steps the table allows.</summary>
    internal void Walk(params ReadOnlySpan<SlideState> states)
    {
        foreach (var state in states)
        {
            Spool.Step(Slide, state, "test", r => state is SlideState.Delivering or SlideState.Delivered
                ? r with { Manifest = ManifestOfAll() with { Sha256 = state == SlideState.Delivered ? new string('0', 64) : null } }
                : r);
        }
    }

    private Manifest ManifestOfAll() => new()
    {
        Instances = [.. Slide.Receipts().Select(r => new ManifestInstance(r.SopInstanceUid, r.Sha256, r.DataSetBytes))],
        Path = "a.svs",
        Name = "a",
    };

    public void Dispose()
    {
        Stores.Dispose();
        Folder.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private void Open()
    {
        Folder = SpoolFolder.Open(Root);
        Spool = new SlideSpool(Folder, Time, Log);
        Stores = new ImageStores(Folder, Path.Join(Root, "images"), Path.Join(Root, "smb"));
    }
}
