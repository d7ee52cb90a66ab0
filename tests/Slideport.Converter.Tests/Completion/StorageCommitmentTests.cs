using System.Collections.Concurrent;
using System.Net.Security;
using System.Net;
using Slideport.Converter.Completion;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;

namespace Slideport.Converter.Tests.Completion;

/// <summary>What is answered to storage commitment, and how the answer finds a scanner that has left.</summary>
public sealed class StorageCommitmentTests : IDisposable
{
    private static readonly PeerIdentity Peer = new(new IPEndPoint(IPAddress.Loopback, 1), "SCANNER", "SLIDEPORT", "AA", null);
    private static readonly InstanceReference Instance = new(Uids.VLWholeSlideMicroscopyImageStorage, "1.9");

    private readonly SpoolFixture _spool = new();
    private readonly TestLog _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _spool.Dispose();

    [Fact]
    public async Task Instances_of_a_purged_slide_are_committed_from_its_record()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Retention = TimeSpan.FromHours(1) });
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.UntilAsync(SlideState.Purged);

        await using var association = await TestPeer.ConnectAsync(host.Port);
        var known = await ConverterHost.CommitAsync(association, files);
        var first = ConverterHost.UidOf(files[0]);
        var mixed = await StorageCommitmentScu.RequestAsync(
            association,
            [new(Uids.VLWholeSlideMicroscopyImageStorage, first), new("1.2.3.4", first), new(Uids.VLWholeSlideMicroscopyImageStorage, "1.2.3"), new("1.2.3.4", "1.2.3")],
            Cancel);
        await using var other = await TestPeer.ConnectAsync(host.Port, "OTHER");
        var others = await ConverterHost.CommitAsync(other, files);

        Assert.Equal((files.Count, 0), (known.Committed.Count, known.Failed.Count));
        Assert.Single(mixed.Committed);
        Assert.Equal([DimseStatus.ClassInstanceConflict, DimseStatus.NoSuchSopInstance, DimseStatus.SopClassNotSupported], mixed.Failed.Select(f => f.Reason));
        Assert.All(others.Failed, f => Assert.Equal(DimseStatus.NoSuchSopInstance, f.Reason));
        Assert.Empty(others.Committed);
    }

    [Fact]
    public async Task A_report_is_brought_over_TLS_to_a_scanner_that_left_until_it_takes_it_and_across_a_restart()
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_spool.Root, "identity"));
        using var server = authority.Server("scanner");
        using var client = authority.Client("converter");
        var context = SslStreamCertificateContext.Create(server, null, offline: true);
        var tls = new ConverterTls(_ => context, authority.Roots) { ClientCertificate = () => client };
        var scanner = new FirstRefusing();
        await using var listener = new AssociationListener(
            new ListenerOptions { Address = IPAddress.Loopback, Port = 0, AETitle = "SCANNER", Tls = _ => TlsPolicy.ForServer(server, authority.Roots) },
            new DicomServices { StorageCommitmentReports = scanner });
        listener.Start();
        var options = new ConverterOptions { CommitmentCallbacks = new Dictionary<string, string> { ["SCANNER"] = $"localhost:{listener.LocalEndPoint.Port}" } };

        // The first process finds the scanner unwilling.
        await using (var reports = new CommitmentReports(_spool.Folder, options, tls, _spool.Time, _log))
        {
            await Handler(reports).UndeliveredAsync(new AssociationInfo(1, Peer), Result("2.25.1"));
            reports.Start();
            await UntilAsync(() => _log.Entries.Any(e => e.Id == 2112));
        }

        Assert.Single(Directory.GetFiles(_spool.Folder.Reports));
        _spool.Restart();
        await using var next = new CommitmentReports(_spool.Folder, options, tls, _spool.Time, _log);
        next.Start();
        await UntilAsync(() => !scanner.Taken.IsEmpty && Directory.GetFiles(_spool.Folder.Reports).Length == 0);

        var taken = Assert.Single(scanner.Taken);
        Assert.Equal("2.25.1", taken.TransactionUid);
        Assert.Equal([Instance], taken.Committed);
        Assert.Equal([new CommitmentFailure(Instance with { SopInstanceUid = "1.10" }, DimseStatus.NoSuchSopInstance)], taken.Failed);
    }

    [Fact]
    public async Task A_scanner_without_address_has_to_ask_again_and_the_log_says_so()
    {
        await using var reports = new CommitmentReports(_spool.Folder, new ConverterOptions(), null, _spool.Time, _log);

        await Handler(reports).UndeliveredAsync(new AssociationInfo(1, Peer), Result("2.25.1"));

        Assert.Empty(Directory.GetFiles(_spool.Folder.Reports));
        Assert.Contains(_log.Entries, e => e.Id == 2110);
    }

    [Fact]
    public async Task A_report_nobody_takes_for_a_week_is_dropped_with_an_error()
    {
        var options = new ConverterOptions { CommitmentCallbacks = new Dictionary<string, string> { ["SCANNER"] = "localhost:1" } };
        await using var reports = new CommitmentReports(_spool.Folder, options, null, _spool.Time, _log);
        await Handler(reports).UndeliveredAsync(new AssociationInfo(1, Peer), Result("2.25.1"));
        reports.Start();

        await UntilAsync(() => Directory.GetFiles(_spool.Folder.Reports).Length == 0, TimeSpan.FromHours(1));

        Assert.Contains(_log.Entries, e => e.Id == 2113);
    }

    [Fact]
    public async Task A_transaction_that_waits_to_be_reported_is_answered_again_but_not_used_for_something_else()
    {
        var options = new ConverterOptions { CommitmentCallbacks = new Dictionary<string, string> { ["SCANNER"] = "localhost:1" } };
        await using var reports = new CommitmentReports(_spool.Folder, options, null, _spool.Time, _log);
        var handler = Handler(reports);
        await _spool.CommitAsync("1.9");
        var association = new AssociationInfo(1, Peer);
        await handler.UndeliveredAsync(association, Result("2.25.1"));

        var other = await handler.CommitAsync(new CommitmentRequest(association, "2.25.1", [Instance]), Cancel);
        var again = await handler.CommitAsync(new CommitmentRequest(association, "2.25.1", [Instance with { SopInstanceUid = "1.10" }, Instance]), Cancel);

        Assert.Equal([new CommitmentFailure(Instance, DimseStatus.DuplicateTransactionUid)], other.Failed);
        Assert.Equal([Instance], again.Committed);
        Assert.Empty(Directory.GetFiles(_spool.Folder.Reports)); // reported now, on its own association
    }

    [Fact]
    public async Task A_torn_report_keeps_nobody_from_starting()
    {
        File.WriteAllText(Path.Join(_spool.Folder.Reports, "torn.json"), "{");

        await using var reports = new CommitmentReports(_spool.Folder, new ConverterOptions(), null, _spool.Time, _log);

        Assert.Empty(Directory.GetFiles(_spool.Folder.Reports));
    }

    private static CommitmentResult Result(string transactionUid) =>
        new(transactionUid, [Instance], [new CommitmentFailure(Instance with { SopInstanceUid = "1.10" }, DimseStatus.NoSuchSopInstance)]);

    private CommitmentHandler Handler(CommitmentReports reports) => new(_spool.Spool, _spool.Scanners(new ConverterOptions()), reports, _ => { }, _log);

    private async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        for (var i = 0; !condition(); i++)
        {
            if (i == 3000)
                throw new TimeoutException(string.Join('\n', _log.Lines.Take(20)));
            _spool.Time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(5, Cancel);
        }
    }

    /// <summary>A scanner that cannot take the first report it is brought.</summary>
    private sealed class FirstRefusing : IStorageCommitmentReportHandler
    {
        private int _calls;

        public ConcurrentQueue<CommitmentResult> Taken { get; } = new();

        public ValueTask ReportedAsync(CommitmentResult result, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _calls) == 1)
                throw new IOException("not now");
            Taken.Enqueue(result);
            return ValueTask.CompletedTask;
        }
    }
}
