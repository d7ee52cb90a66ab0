using System.Net.Security;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Converter.Completion;
using Slideport.Converter.Monitoring;
using Slideport.Converter.Receiving;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;
using Slideport.ImageStore.Local;
using Slideport.Monitoring.Tests;
using Slideport.Protocol.Identity;

namespace Slideport.Converter.Tests.Monitoring;

/// <summary>What the converter's gauges show, and when it is not ready.</summary>
public sealed class ConverterWatchTests : IAsyncDisposable
{
    private readonly SpoolFixture _spool = new();
    private readonly ConverterMetrics _metrics = new();
    private readonly MeterReader _meter;
    private readonly LocalImageStore _store;
    private readonly CommitmentReports _reports;
    private readonly ConverterWatch _watch;

    public ConverterWatchTests()
    {
        var options = new ConverterOptions { SpoolReserveBytes = 0, SpoolFullPercent = 100, CommitmentCallbacks = new Dictionary<string, string> { ["SCANNER"] = "localhost:1" } };
        _meter = new MeterReader(meter => ReferenceEquals(meter, _metrics.Meter));
        _store = new LocalImageStore(Path.Join(_spool.Root, "images"));
        _reports = new CommitmentReports(_spool.Folder, options, null, _spool.Time, NullLogger.Instance);
        _watch = new ConverterWatch(_spool.Spool, _spool.Stores, new StoreReceiver(_spool.Spool, _spool.Scanners(options), options, _spool.Time, NullLogger.Instance), _spool.Time) { Reports = _reports };
        _metrics.Watch = _watch;
    }

    public async ValueTask DisposeAsync()
    {
        await _reports.DisposeAsync();
        _meter.Dispose();
        _metrics.Dispose();
        _spool.Dispose();
    }

    [Fact]
    public async Task The_oldest_slide_of_a_stage_ages()
    {
        await _spool.CommitAsync("1.1");
        _spool.Time.Advance(TimeSpan.FromSeconds(30));
        await _spool.CommitAsync("1.2", series: "1.2.3.5");
        _spool.Time.Advance(TimeSpan.FromSeconds(12));

        var now = _meter.Observe();

        Assert.Equal(2, now["slideport.converter.slides{stage=receiving}"]);
        Assert.Equal(42, now["slideport.converter.slides.oldest.age{stage=receiving}"]);
        Assert.Equal(0, now["slideport.converter.slides.oldest.age{stage=failed}"]);
    }

    [Fact]
    public void Reports_that_wait_for_their_scanner_are_a_queue()
    {
        var peer = new PeerIdentity(new IPEndPoint(IPAddress.Loopback, 1), "SCANNER", "SLIDEPORT", null, null);
        var instance = new InstanceReference(Uids.VLWholeSlideMicroscopyImageStorage, "1.1");
        _reports.Add(peer, "cert:AA", new CommitmentResult("2.25.1", [instance], []));
        _spool.Time.Advance(TimeSpan.FromMinutes(2));
        _reports.Add(peer, "cert:AA", new CommitmentResult("2.25.2", [instance], []));

        var now = _meter.Observe();

        Assert.Equal(2, now["slideport.converter.queue.size{queue=commitment_reports}"]);
        Assert.Equal(120, now["slideport.converter.queue.oldest.age{queue=commitment_reports}"]);
        Assert.DoesNotContain("slideport.converter.queue.size{queue=slide_reports}", now.Keys); // there is no SAM
    }

    [Fact]
    public async Task The_room_of_an_image_store_that_is_gone_is_not_shown_and_readiness_says_why()
    {
        Assert.Null(await ProblemAsync("image store"));
        var there = _meter.Observe();
        Directory.CreateDirectory(_store.Location);
        _spool.Folder.RememberStore(null, Guid.NewGuid()); // another one than this

        var problem = await ProblemAsync("image store");
        var gone = _meter.Observe();

        Assert.Contains("another image store", problem, StringComparison.Ordinal);
        foreach (var (free, size) in new[] { ("slideport.converter.filesystem.free{filesystem=image_store}", "slideport.converter.filesystem.size{filesystem=image_store}"), ("slideport.converter.filesystem.free{filesystem=spool}", "slideport.converter.filesystem.size{filesystem=spool}") })
            Assert.InRange(there[free], 1, there[size]);
        Assert.DoesNotContain("slideport.converter.filesystem.free{filesystem=image_store}", gone.Keys);
        Assert.Contains("slideport.converter.filesystem.free{filesystem=spool}", gone.Keys);
    }

    [Fact]
    public async Task A_spool_that_cannot_be_written_is_told()
    {
        Assert.Null(await ProblemAsync("spool"));
        File.Delete(Path.Join(_spool.Root, ".writable"));
        Directory.CreateDirectory(Path.Join(_spool.Root, ".writable")); // nothing can get this name any more

        Assert.Contains("cannot be written", await ProblemAsync("spool"), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_show_the_time_they_have_left()
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_spool.Root, "identity"), _spool.Time);
        var certificate = SslStreamCertificateContext.Create(authority.Server("converter"), null, offline: true);
        _metrics.Watch = new ConverterWatch(_spool.Spool, _spool.Stores, new StoreReceiver(_spool.Spool, _spool.Scanners(new ConverterOptions()), new ConverterOptions(), _spool.Time, NullLogger.Instance), _spool.Time)
        {
            Reports = _reports,
            Tls = new ConverterTls(_ => certificate, authority.Roots),
        };
        _spool.Time.Advance(TimeSpan.FromDays(700));

        var now = _meter.Observe();

        Assert.Equal(30 * 86_400, now["slideport.converter.certificate.remaining{holder=role:converter}"], tolerance: 2);
        Assert.Equal(2950 * 86_400, now["slideport.converter.certificate.remaining{holder=authority}"], tolerance: 2);
    }

    private Task<string?> ProblemAsync(string check) => _watch.Checks.Single(c => c.Name == check).ProblemAsync(TestContext.Current.CancellationToken);
}
