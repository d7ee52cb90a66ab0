using Slideport.Converter.Converting;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Tests.Spool;

/// <summary>Rot is found while the scanner may still have the instance, and its resend heals it.</summary>
public sealed class SpoolScrubTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly SpoolFixture _spool = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _spool.Dispose();

    [Theory]
    [InlineData(new SlideState[0], SlideState.Waiting)]
    [InlineData(new[] { SlideState.Waiting }, SlideState.Waiting)]
    [InlineData(new[] { SlideState.Conflict }, SlideState.Waiting)]
    [InlineData(new[] { SlideState.Complete }, SlideState.Waiting)]
    [InlineData(new[] { SlideState.Complete, SlideState.Converting, SlideState.Failed }, SlideState.Failed)]
    internal async Task Rot_is_quarantined_with_an_alarm_and_a_resend_heals_it(SlideState[] walk, SlideState then)
    {
        await _spool.CommitAsync("1.9");
        await _spool.CommitAsync("1.10");
        _spool.Walk(walk);
        SlideSpoolTests.FlipLastByte(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));

        await ScrubAsync();

        Assert.Null(_spool.Slide.Find("1.9"));
        Assert.NotNull(_spool.Slide.Find("1.10"));
        Assert.Equal(then, _spool.Slide.Record!.State);
        Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "*.dcm"));
        Assert.Single(_spool.Log.Entries, e => e.Id == 2301);
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
        Assert.Equal(SlideState.Receiving, _spool.Slide.Record.State);
        Assert.Empty(_spool.Slide.Record.Lost);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rot_after_delivery_is_healed_without_a_second_delivery(bool restarted)
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        SlideSpoolTests.FlipLastByte(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));

        await ScrubAsync();
        if (restarted)
            _spool.Restart();

        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
        Assert.NotNull(_spool.Slide.Find("1.9"));
        Assert.Equal((SlideState.Verified, 1), (_spool.Slide.Record!.State, _spool.Slide.Record.Revision));
        Assert.Empty(_spool.Slide.Record.Lost);
    }

    [Fact]
    public async Task A_file_that_vanished_is_told_too()
    {
        await _spool.CommitAsync("1.9");
        File.Delete(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));

        await ScrubAsync();

        Assert.Equal(SlideState.Waiting, _spool.Slide.Record!.State);
        Assert.Contains(_spool.Log.Entries, e => e.Id == 2301 && e.Text.Contains("gone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reading_is_spread_over_the_interval_and_begins_again_with_the_next()
    {
        for (var i = 0; i < 10; i++)
            await _spool.CommitAsync($"1.{i}");
        await using var scrub = Scrub();
        await scrub.ReadDueAsync(Cancel);
        foreach (var receipt in _spool.Slide.Receipts())
            SlideSpoolTests.FlipLastByte(_spool.Slide.PathOf(receipt));

        var left = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            _spool.Time.Advance(Day / 5);
            await scrub.ReadDueAsync(Cancel);
            left.Add(_spool.Slide.Count);
        }

        Assert.Equal([8, 6, 4, 2, 0], left);
        await _spool.CommitAsync("1.0");
        SlideSpoolTests.FlipLastByte(_spool.Slide.PathOf(_spool.Slide.Find("1.0")!));
        for (var i = 0; i < 3; i++)
        {
            _spool.Time.Advance(Day / 2);
            await scrub.ReadDueAsync(Cancel);
        }

        Assert.Equal(0, _spool.Slide.Count);
    }

    [Fact]
    public async Task What_is_sound_is_left_alone()
    {
        await _spool.CommitAsync("1.9");
        var before = _spool.Slide.Record;

        await ScrubAsync();

        Assert.Same(before, _spool.Slide.Record);
        Assert.DoesNotContain(_spool.Log.Entries, e => e.Id == 2301);
    }

    [Fact]
    public async Task The_running_converter_scrubs_by_its_setting()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { ScrubInterval = TimeSpan.FromMinutes(5), QuietTime = TimeSpan.FromHours(20) });
        var files = TestSlide.Write(host.At("files"));
        await TestPeer.SendAsync(host.Port, files);
        SlideSpoolTests.FlipLastByte(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories)[0]);

        await host.UntilAsync(SlideState.Waiting);

        Assert.Contains(host.Log.Entries, e => e.Id == 2301);
    }

    private SpoolScrub Scrub() => new(_spool.Spool, new Attempts(_spool.Spool, _spool.Time, _spool.Log), Day, _spool.Time, _spool.Log);

    private async Task ScrubAsync()
    {
        await using var scrub = Scrub();
        await scrub.ReadDueAsync(Cancel);
        _spool.Time.Advance(Day);
        await scrub.ReadDueAsync(Cancel);
    }
}
