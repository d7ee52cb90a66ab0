using Slideport.Converter.Destinations;
using Slideport.Converter.Sam;
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
        if (isDeidentified)
            Assert.DoesNotContain(record.Destinations[0].Sent!, s => host.Log.Lines.Any(line => line.Contains(s.SopInstanceUid, StringComparison.Ordinal)));
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

    [Fact]
    public async Task One_that_never_reports_is_asked_again_then_told_and_a_report_that_comes_late_counts_after_a_restart()
    {
        using var spool = new SpoolFixture();
        await using var pacs = new ScriptedPacs { Report = _ => null };
        await OweAsync(spool);
        await using (var lane = Lane(spool, pacs))
        {
            lane.Start();
            await TurnAsync(spool, () => spool.Log.Entries.Any(e => e.Id == 2223));
        }

        Assert.Equal(3, pacs.Transactions.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal((DestinationState.Delivered, 3), (Destination(spool).State, Destination(spool).Asked));
        Assert.Equal(2, pacs.Stores); // asked again, not sent again

        spool.Restart();
        var reports = new PacsReports(spool.Spool, spool.Time, spool.Log);
        await reports.ReportedAsync(new CommitmentResult(pacs.Transactions[0], [], []), Cancel); // what it said no to first it was asked again
        Assert.Equal(DestinationState.Delivered, Destination(spool).State);
        await reports.ReportedAsync(new CommitmentResult(pacs.Transactions[0], [.. Destination(spool).Sent!.Select(s => new InstanceReference(s.SopClassUid, s.SopInstanceUid))], []), Cancel);
        Assert.Equal(DestinationState.Verified, Destination(spool).State);
    }

    [Fact]
    public async Task A_report_on_another_request_s_association_counts_for_the_slide_it_is_about()
    {
        using var spool = new SpoolFixture();
        string? first = null;
        await using var pacs = new ScriptedPacs { Report = r => first is null ? Silent(out first, r.TransactionUid) : new CommitmentResult(first, [new(Reference.SopClassUid, "1.9.1"), new(Reference.SopClassUid, "1.9.2")], []) };
        await OweAsync(spool);
        await using var lane = Lane(spool, pacs);
        lane.Start();

        await TurnAsync(spool, () => Destination(spool).State == DestinationState.Verified);

        Assert.Equal(2, pacs.Transactions.Count);
    }

    [Fact]
    public async Task What_is_there_from_an_attempt_before_and_what_it_remarks_on_is_stored_when_it_takes_responsibility()
    {
        using var spool = new SpoolFixture();
        await using var pacs = new ScriptedPacs { Statuses = new([DimseStatus.Success, DimseStatus.OutOfResources, DimseStatus.DuplicateSopInstance, new DimseStatus(0xB000)]) };
        await OweAsync(spool);
        await using var lane = Lane(spool, pacs);
        lane.Start();

        await TurnAsync(spool, () => Destination(spool).State == DestinationState.Verified);

        Assert.Equal("It has taken responsibility for 2 instances. It stored 2 with a remark: 0111 duplicate SOP instance, B000 coercion of data elements.", Destination(spool).Reason);
        Assert.Single(spool.Log.Entries, e => e.Id == 2224);
    }

    [Fact]
    public async Task One_that_takes_no_responsibility_for_anything_is_asked_at_growing_pauses_and_sent_nothing_twice()
    {
        using var spool = new SpoolFixture();
        await using var pacs = new ScriptedPacs(commits: false);
        await OweAsync(spool);
        await using var lane = Lane(spool, pacs);
        lane.Start();

        await TurnAsync(spool, () => Destination(spool).Setbacks >= 5);

        Assert.Contains("does not offer storage commitment", Destination(spool).Reason, StringComparison.Ordinal);
        Assert.Equal((2, 0), (pacs.Stores, Destination(spool).Asked));
        Assert.NotNull(lane.Problem);
    }

    [Fact]
    public async Task What_is_there_before_anything_was_sent_waits_for_a_person()
    {
        using var spool = new SpoolFixture();
        await using var pacs = new ScriptedPacs { Statuses = new([DimseStatus.DuplicateSopInstance]) };
        await OweAsync(spool);
        await using var lane = Lane(spool, pacs);
        lane.Start();

        await TurnAsync(spool, () => Destination(spool).State == DestinationState.Failed);

        Assert.Contains("0111", Destination(spool).Reason, StringComparison.Ordinal);
        Assert.Empty(pacs.Transactions);
    }

    private static CommitmentResult? Silent(out string? first, string transaction)
    {
        first = transaction;
        return null;
    }

    private static async Task OweAsync(SpoolFixture spool)
    {
        await spool.CommitAsync("1.9.1");
        await spool.CommitAsync("1.9.2");
        spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        await SlideSpool.ChangeAsync(spool.Slide, r => r with { Destinations = [SlideDestination.New("pacs", spool.Time.GetUtcNow(), "test")] });
    }

    private static DestinationLane Lane(SpoolFixture spool, ScriptedPacs pacs)
    {
        var options = new DestinationOptions { Pacs = $"127.0.0.1:{pacs.Port}", PacsTitle = "PACS", PacsTls = false, Format = OutputFormat.Dicom };
        var destination = new Destination(
            "pacs", new DestinationRules(options), SlideSettings.Of(options, new ConverterOptions(), spool.Stores), null, Pacs.Of(options, new ConverterOptions(), (null, _ => false)));
        var delivery = new PacsDelivery(destination, spool.Spool, new PacsReports(spool.Spool, spool.Time, spool.Log), (spool.Time, spool.Log)) { PatienceOnLine = TimeSpan.FromMilliseconds(200) };
        return new DestinationLane(destination, delivery, spool.Spool, (spool.Time, spool.Log));
    }

    private static async Task TurnAsync(SpoolFixture spool, Func<bool> until)
    {
        for (var i = 0; !until(); i++)
        {
            Assert.True(i < 3000, $"It has not come to that: {Destination(spool)}");
            spool.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5, Cancel);
        }
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
