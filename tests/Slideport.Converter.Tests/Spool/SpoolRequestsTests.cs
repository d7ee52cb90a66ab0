using Slideport.Converter.Spool;

namespace Slideport.Converter.Tests.Spool;

/// <summary>A person has a slide tried again, whether the converter runs or not.</summary>
public sealed class SpoolRequestsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_slide_is_delivered_after_a_person_asked(bool running)
    {
        await using var host = await FailedAsync();
        if (running)
            await host.StartAsync();

        var slide = Assert.Single(SpoolView.List(host.Options.SpoolFolder));
        Assert.True(slide.CanBeRetried);
        SpoolView.RequestRetry(host.Options.SpoolFolder, slide);
        if (!running)
        {
            Assert.True(SpoolView.IsRequested(host.Options.SpoolFolder, slide));
            await host.StartAsync();
        }

        var record = await host.UntilAsync(SlideState.Verified);
        Assert.Contains(record.History, t => t.Reason == "A person asked to try again.");
        Assert.False(SpoolView.IsRequested(host.Options.SpoolFolder, slide));
        Assert.Equal("verified", Assert.Single(SpoolView.List(host.Options.SpoolFolder)).State);
    }

    [Fact]
    public async Task A_slide_that_waits_for_its_next_attempt_has_it_now()
    {
        await using var host = await ConverterHost.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        var away = host.Images + ".away";
        Directory.Move(host.Images, away);
        Directory.CreateDirectory(host.Images); // the empty mount point
        await host.SendAndCommitAsync(TestSlide.Write(host.At("two"), "A-2"));
        while (!host.Records().Any(r => r.State == SlideState.Waiting))
            await Task.Delay(10, TestContext.Current.CancellationToken);
        var waiting = Assert.Single(SpoolView.List(host.Options.SpoolFolder), s => s.State == "waiting");
        Assert.NotNull(waiting.NotBefore);
        Directory.Delete(host.Images);
        Directory.Move(away, host.Images);

        SpoolView.RequestRetry(host.Options.SpoolFolder, waiting);
        while (host.Records().Count(r => r.State == SlideState.Verified) < 2)
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(1)); // never reaches the pause of 5 s within the requests' tick of 1 s
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Contains(host.Log.Entries, e => e.Id == 2303);
    }

    [Fact]
    public async Task A_slide_with_a_lost_instance_is_not_delivered_however_often_one_asks()
    {
        using var spool = new SpoolFixture();
        await spool.CommitAsync("1.9");
        await spool.CommitAsync("1.10");
        File.Delete(spool.Slide.PathOf(spool.Slide.Find("1.9")!));
        spool.Restart();
        var requests = new SpoolRequests(spool.Spool, _ => { }, spool.Time, spool.Log);

        SpoolView.RequestRetry(spool.Root, Assert.Single(SpoolView.List(spool.Root)));
        await requests.TakeUpAsync(TestContext.Current.CancellationToken);

        Assert.Equal(SlideState.Complete, spool.Slide.Record!.State);
        Assert.Equal(["1.9"], spool.Slide.Record.Lost); // conversion looks there first
    }

    [Fact]
    public async Task A_request_for_a_slide_that_is_not_there_is_dropped_and_told()
    {
        using var spool = new SpoolFixture();
        File.WriteAllBytes(SpoolRequests.PathOf(spool.Root, "nobody"), []);
        File.WriteAllBytes(SpoolRequests.PathOf(spool.Root, "half") + ".new", []); // being written at this moment

        await new SpoolRequests(spool.Spool, _ => { }, spool.Time, spool.Log).TakeUpAsync(TestContext.Current.CancellationToken);

        Assert.Equal("half.retry.new", Path.GetFileName(Assert.Single(Directory.GetFiles(spool.Folder.Requests))));
        Assert.Contains(spool.Log.Entries, e => e.Id == 2304);
    }

    // A whole slide that failed for a reason since mended, and a converter that does not run.
    private static async Task<ConverterHost> FailedAsync()
    {
        var host = await ConverterHost.StartAsync(new ConverterOptions { QuietTime = TimeSpan.FromHours(20) });
        await TestPeer.SendAsync(host.Port, TestSlide.Write(host.At("files")));
        await host.StopAsync();
        var path = Assert.Single(Directory.GetFiles(host.Options.SpoolFolder, SlideRecord.FileName, SearchOption.AllDirectories));
        File.WriteAllBytes(path, (SlideRecord.TryRead(path)! with { State = SlideState.Failed, Reason = "test", Strikes = 3 }).ToBytes());
        return host;
    }
}
