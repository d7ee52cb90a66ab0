using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.Tests.Services;
using Slideport.Dicom.UpperLayer;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;

namespace Slideport.Scanner.Tests.Sending;

public sealed class VirtualScannerTests : IAsyncDisposable
{
    private static readonly SendOptions Quick = new() { RetryPause = TimeSpan.FromMilliseconds(1) };

    private readonly MemoryStore _store = new();
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-scan-").FullName;
    private readonly X509Certificate2 _scanner;
    private readonly AssociationListener _listener;

    public VirtualScannerTests()
    {
        var server = _authority.Issue(TestAuthority.Server);
        _scanner = _authority.Issue(TestAuthority.Client);
        _listener = new AssociationListener(
            new ListenerOptions { Port = 0, Address = IPAddress.Loopback, Tls = _ => TlsPolicy.ForServer(server, _authority.Roots) },
            new DicomServices { Store = _store, StorageCommitment = _store });
        _listener.Start();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SendTarget Target => new("localhost", _listener.LocalEndPoint.Port) { Tls = TlsPolicy.ForClient("localhost", _authority.Roots, _scanner) };

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_generated_slide_arrives_whole_and_is_committed()
    {
        var scanned = 0;
        var options = new ScanOptions { Slide = new SlideOptions { Size = (2000, 1500), Barcode = "B-1" }, Send = Quick, Folder = _folder, Scanned = slides => scanned = slides };
        var seen = new ConcurrentQueue<SendProgress>();

        var result = await VirtualScanner.ScanAsync([ScanSource.Generated], Target, options, new Collect(seen), Cancel);

        Assert.True(result.IsComplete);
        Assert.Equal(1, scanned);
        Assert.Equal(4, result.Ledger.Instances.Count);
        foreach (var instance in result.Ledger.Instances)
        {
            Assert.True(instance.IsCommitted);
            Assert.Equal(1, instance.Attempts);
            using var file = Part10File.Open(instance.Path);
            var sent = await File.ReadAllBytesAsync(instance.Path, Cancel);
            Assert.Equal(sent[(int)file.DataSetOffset..], _store.Instances[instance.SopInstanceUid]);
            Assert.Equal(sent.Length - file.DataSetOffset, instance.Bytes);
        }

        Assert.Equal(result.Ledger.AcknowledgedBytes, seen.Max(progress => progress.BytesSent));
        Assert.Equal([SendStage.Scanning, SendStage.Sending, SendStage.Committing], seen.Select(progress => progress.Stage).Distinct());
    }

    [Fact]
    public async Task Repeated_scans_are_slides_of_their_own()
    {
        var options = new ScanOptions
        {
            Slide = new SlideOptions { Size = (600, 500), Barcode = "B", Slot = 3, Rack = 1 },
            Send = Quick with { Parallel = 3, Order = SendOrder.Interleaved },
            Count = 3,
        };

        var result = await VirtualScanner.ScanAsync([ScanSource.Generated], Target, options, null, Cancel);

        Assert.True(result.IsComplete);
        Assert.Equal(12, _store.Instances.Count);
        Assert.False(Directory.Exists(Path.GetDirectoryName(result.Ledger.Instances[0].Path)));
    }

    // What a scanner knows of a slide that was committed must not wait for the rest of the rack.
    [Theory]
    [InlineData(SendOrder.AsScanned, 4)]
    [InlineData(SendOrder.Interleaved, 8)]
    public async Task Each_slide_is_told_of_when_it_was_sent_while_its_files_are_there(SendOrder order, int stored)
    {
        var told = new ConcurrentQueue<(int Stored, bool IsCommitted, bool IsThere, string Folder)>();
        var options = new ScanOptions
        {
            Slide = new SlideOptions { Size = (600, 500), Barcode = "B" },
            Send = Quick with { Order = order },
            Count = 2,
            Sent = sent => told.Enqueue((_store.Instances.Count, sent.All(i => i.IsCommitted == true), sent.Count == 4 && sent.All(i => File.Exists(i.Path)), Path.GetDirectoryName(sent[0].Path)!)),
        };

        await VirtualScanner.ScanAsync([ScanSource.Generated], Target, options, null, Cancel);

        Assert.Equal(2, told.DistinctBy(t => t.Folder).Count());
        Assert.All(told, t => Assert.True(t.IsCommitted && t.IsThere));
        Assert.Equal([stored, 8], told.Select(t => t.Stored));
    }

    [Fact]
    public async Task No_room_is_tried_again_until_there_is()
    {
        var left = 2;
        _store.Script = _ => left-- > 0 ? new RefusedReception(new StoreOutcome(DimseStatus.OutOfResources, "full")) : null;

        var ledger = await VirtualScanner.SendAsync([Slide()], Target, Quick, null, Cancel);

        Assert.True(ledger.IsComplete);
        Assert.Equal(3, ledger.Instances[0].Attempts);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_opened_again_and_the_instance_sent_again()
    {
        var broken = false;
        _store.Script = _ =>
        {
            if (broken) return null;
            broken = true;
            _listener.CloseWhere(_ => true);
            return null;
        };

        var ledger = await VirtualScanner.SendAsync([Slide()], Target, Quick, null, Cancel);

        Assert.True(ledger.IsComplete);
        Assert.InRange(ledger.Instances[0].Attempts, 2, 6);
    }

    [Fact]
    public async Task A_refusal_for_good_is_not_tried_again_and_not_asked_to_be_committed()
    {
        var slide = Slide();
        var refused = Uid(slide[1]);
        _store.Script = request => request.SopInstanceUid == refused ? new RefusedReception(new StoreOutcome(DimseStatus.CannotUnderstand, "no")) : null;

        var ledger = await VirtualScanner.SendAsync([slide], Target, Quick, null, Cancel);

        Assert.False(ledger.IsComplete);
        var instance = Assert.Single(ledger.Instances, sent => !sent.IsAcknowledged);
        Assert.Equal((refused, DimseStatus.CannotUnderstand, "no", 1), (instance.SopInstanceUid, instance.Status, instance.Comment, instance.Attempts));
        Assert.Null(instance.IsCommitted);
        Assert.All(ledger.Instances.Where(sent => sent.IsAcknowledged), sent => Assert.True(sent.IsCommitted));
    }

    [Fact]
    public async Task What_the_receiver_acknowledged_but_does_not_have_is_found_by_commitment()
    {
        var slide = Slide();
        var lost = Uid(slide[0]);
        _store.Script = request => request.SopInstanceUid == lost ? new RefusedReception(new StoreOutcome(DimseStatus.Success)) : null;

        var ledger = await VirtualScanner.SendAsync([slide], Target, Quick, null, Cancel);

        Assert.False(ledger.IsComplete);
        Assert.Equal(lost, Assert.Single(ledger.Instances, sent => sent.IsCommitted == false).SopInstanceUid);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_is_given_up_and_the_ledger_says_so()
    {
        var target = Target;
        await _listener.StopAsync(TimeSpan.Zero);

        var ledger = await VirtualScanner.SendAsync([Slide()], target, Quick with { Retries = 2 }, null, Cancel);

        Assert.False(ledger.IsComplete);
        Assert.All(ledger.Instances, sent => Assert.False(sent.IsAcknowledged));
        Assert.Contains("localhost", ledger.Instances[0].Comment, StringComparison.Ordinal);
        Assert.Equal(3, ledger.Instances[0].Attempts);
        Assert.All(ledger.Instances.Skip(1), sent => Assert.Equal(1, sent.Attempts));
    }

    [Fact]
    public async Task A_receiver_that_rejects_us_for_good_is_not_asked_again()
    {
        await using var other = new AssociationListener(
            new ListenerOptions { Port = 0, Address = IPAddress.Loopback, AETitle = "SOMEBODY" }, new DicomServices { Store = _store, StorageCommitment = _store });
        other.Start();

        var options = new ScanOptions { Slide = new SlideOptions { Size = (600, 500) }, Count = 9, Send = new SendOptions { RetryPause = TimeSpan.FromHours(1) } };
        var result = await VirtualScanner.ScanAsync([ScanSource.Generated], new SendTarget("localhost", other.LocalEndPoint.Port), options, null, Cancel);

        Assert.False(result.IsComplete);
        Assert.All(result.Ledger.Instances, sent => Assert.Equal((1, false), (sent.Attempts, sent.IsAcknowledged)));
        Assert.Contains("permanently", result.Ledger.Instances[0].Comment, StringComparison.Ordinal);
        Assert.Contains("more scans were not made", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Scans_are_made_while_others_are_sent_and_removed_when_they_are_safe(int parallel)
    {
        var most = 0;
        _store.Script = _ =>
        {
            most = Math.Max(most, Directory.GetDirectories(_folder, "scan-*").Length);
            return null;
        };
        var options = new ScanOptions { Slide = new SlideOptions { Size = (600, 500), Barcode = "B" }, Count = 8, Send = Quick with { Parallel = parallel } };

        var result = await new RackRun([ScanSource.Generated], _folder, Target, options, null).RunAsync(Cancel);

        Assert.True(result.IsComplete);
        Assert.Equal(32, result.Ledger.Instances.Count);
        Assert.Equal(Enumerable.Range(0, 8).SelectMany(i => Enumerable.Repeat($"scan-{i}", 4)), result.Ledger.Instances.Select(i => Path.GetFileName(Path.GetDirectoryName(i.Path)!)));
        Assert.InRange(most, 1, parallel + 2); // being sent, waiting, being scanned
        Assert.Empty(Directory.GetDirectories(_folder));
    }

    [Fact]
    public async Task A_scan_that_was_not_committed_is_kept_for_whoever_asks()
    {
        _store.Script = request => request.SopClassUid.Length > 0 ? new RefusedReception(new StoreOutcome(DimseStatus.CannotUnderstand, "no")) : null;
        var options = new ScanOptions { Slide = new SlideOptions { Size = (600, 500) }, Send = Quick };

        var result = await new RackRun([ScanSource.Generated], _folder, Target, options, null).RunAsync(Cancel);

        Assert.False(result.IsComplete);
        Assert.All(result.Ledger.Instances, i => Assert.True(File.Exists(i.Path)));
    }

    [Theory]
    [InlineData(SendOrder.AsScanned)]
    [InlineData(SendOrder.Shuffled)]
    [InlineData(SendOrder.Interleaved)]
    public async Task Orders_send_every_instance_once(SendOrder order)
    {
        var (first, second) = (Slide("first"), Slide("second"));
        var arrived = new ConcurrentQueue<string>();
        _store.Script = request =>
        {
            arrived.Enqueue(request.SopInstanceUid);
            return null;
        };

        await VirtualScanner.SendAsync([first, second], Target, Quick with { Order = order, Seed = 3 }, null, Cancel);

        var (a, b) = (first.Select(Uid).ToList(), second.Select(Uid).ToList());
        Assert.Equal([.. a.Concat(b).Order()], arrived.Order());
        if (order == SendOrder.AsScanned) Assert.Equal([.. a, .. b], arrived);
        if (order == SendOrder.Shuffled) Assert.Equal(a.Order(), arrived.Take(a.Count).Order());
        if (order == SendOrder.Interleaved) Assert.Equal(a.Zip(b).SelectMany(pair => new[] { pair.First, pair.Second }), arrived);
    }

    private List<string> Slide(string name = "slide") =>
    [
        .. VirtualStage.Scan(ScanSource.Generated, Path.Join(_folder, name), new SlideOptions { Size = (600, 500) }, Cancel).Files,
    ];

    private static string Uid(string path)
    {
        using var file = Part10File.Open(path);
        return file.FileMeta.GetString(Dicom.Dictionary.Tags.MediaStorageSOPInstanceUID)!;
    }

    private sealed class Collect(ConcurrentQueue<SendProgress> seen) : IProgress<SendProgress>
    {
        public void Report(SendProgress value) => seen.Enqueue(value);
    }
}
