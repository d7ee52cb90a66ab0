using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Slides.Conversion;

namespace Slideport.Converter.Tests.Destinations;

/// <summary>A PACS as destination; here another converter plays it. Orthanc and DCMTK do in the tests of interoperation.</summary>
public sealed class PacsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OutputFormat.Dicom, false)]
    [InlineData(OutputFormat.DicomTiledFull, false)]
    [InlineData(OutputFormat.DicomTiledFull, true)]
    public async Task What_a_PACS_has_committed_to_is_there(OutputFormat format, bool isDeidentified)
    {
        await using var pacs = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.Dicom });
        await using var host = new ConverterHost(new ConverterOptions());
        await File.WriteAllTextAsync(host.At("key"), new string('k', 48), Cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(host.At("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        host.Options = WithPacs(host, pacs.Port, d => d with { Format = format, Deidentify = isDeidentified, KeyFile = isDeidentified ? host.At("key") : "" });
        await host.StartAsync();
        var files = TestSlide.Write(host.At("files"), maxFramesPerInstance: 7);
        await host.SendAndCommitAsync(files);

        var record = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        var received = await pacs.UntilAsync(SlideState.Verified);

        Assert.Equal(format == OutputFormat.Dicom ? files.Count : isDeidentified ? 2 : 3, record.Destinations[0].Sent!.Count);
        Assert.Null(Fidelity.Compare(host.At("files"), Path.Join(pacs.Images, received.Manifest!.Path), Cancel).Difference);
        // What was made to be sent goes after the record is written.
        await host.TurnUntilAsync(() => !Directory.Exists(Path.Join(host.Options.SpoolFolder, "outgoing")) || Directory.GetFileSystemEntries(Path.Join(host.Options.SpoolFolder, "outgoing")).Length == 0);
    }

    [Fact]
    public async Task One_that_is_away_keeps_the_slide_in_the_spool()
    {
        await using var host = new ConverterHost(new ConverterOptions { Retention = TimeSpan.Zero });
        host.Options = WithPacs(host, 1, d => d); // nobody listens there
        await host.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));

        var record = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Waiting, Setbacks: >= 3 }]);

        Assert.Contains("PACS at 127.0.0.1:1", record.Destinations[0].Reason, StringComparison.Ordinal);
        await host.TurnUntilAsync(() => host.Log.Entries.Any(e => e.Id == 2212)); // told after the record is written
        Assert.Equal(SlideState.Verified, record.State);
    }

    [Fact]
    public async Task A_report_of_our_transaction_counts_however_it_came_and_no_other()
    {
        using var spool = new SpoolFixture();
        var reports = await SentAsync(spool);

        await reports.ReportedAsync(new CommitmentResult("1.2.999", [Reference], []), Cancel);
        Assert.Equal(DestinationState.Delivered, Destination(spool).State);

        await reports.ReportedAsync(new CommitmentResult("1.2.1", [Reference], []), Cancel);
        Assert.Equal(DestinationState.Verified, Destination(spool).State);
    }

    [Fact]
    public async Task What_it_takes_no_responsibility_for_is_sent_again_and_the_third_time_waits_for_a_person()
    {
        using var spool = new SpoolFixture();
        var reports = await SentAsync(spool);
        for (var i = 1; i <= 3; i++)
        {
            await SlideSpool.ChangeAsync(spool.Slide, r => r.With("pacs", d => d with { State = DestinationState.Delivered, Transaction = "1.2.1", Sent = [new SentInstance(Reference.SopClassUid, "1.9.1")] }));

            await reports.ReportedAsync(new CommitmentResult("1.2.1", [], [new CommitmentFailure(Reference, DimseStatus.NoSuchSopInstance)]), Cancel);

            Assert.Equal(i < 3 ? DestinationState.Waiting : DestinationState.Failed, Destination(spool).State);
            Assert.Null(Destination(spool).Sent);
            Assert.Contains("1.9.1 (0112", Destination(spool).Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_report_does_not_name_is_not_committed()
    {
        using var spool = new SpoolFixture();
        var reports = await SentAsync(spool);

        await reports.ReportedAsync(new CommitmentResult("1.2.1", [], []), Cancel);

        Assert.Contains("not named in its report", Destination(spool).Reason, StringComparison.Ordinal);
    }

    private static InstanceReference Reference => new(Uids.VLWholeSlideMicroscopyImageStorage, "1.9.1");

    private static SlideDestination Destination(SpoolFixture spool) => Assert.Single(spool.Slide.Record!.Destinations);

    private static async Task<PacsReports> SentAsync(SpoolFixture spool)
    {
        await spool.CommitAsync("1.9.1");
        spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        var sent = SlideDestination.New("pacs", spool.Time.GetUtcNow(), "test") with { State = DestinationState.Delivered, Transaction = "1.2.1", Sent = [new SentInstance(Reference.SopClassUid, "1.9.1")] };
        await SlideSpool.ChangeAsync(spool.Slide, r => r with { Destinations = [sent] });
        return new PacsReports(spool.Spool, spool.Time, spool.Log);
    }

    private static ConverterOptions WithPacs(ConverterHost host, int port, Func<DestinationOptions, DestinationOptions> with)
    {
        var pacs = with(new DestinationOptions { Pacs = $"127.0.0.1:{port}", PacsTitle = "PACS", PacsTls = false, Format = OutputFormat.Dicom });
        return host.Options with { Destinations = new Dictionary<string, DestinationOptions> { ["pacs"] = pacs } };
    }
}
