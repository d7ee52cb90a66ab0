using Slideport.Converter.Destinations;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Tests.Destinations;

/// <summary>What a lane concludes from attempts; what is delivered is up to the test.</summary>
public sealed class DestinationLaneTests
{
    private const string Name = "research";

    [Fact]
    public async Task An_attempt_that_shows_nothing_neither_closes_the_breaker_nor_is_repeated_at_once()
    {
        using var spool = new SpoolFixture();
        await VerifiedAsync(spool, "1.2.3.1");
        var (attempts, works) = (0, false);
        await using var lane = Lane(spool, async steps =>
        {
            if (++attempts <= CircuitBreaker.FailuresToOpen)
                throw new IOException("away");
            return works && await steps.TryStepAsync(DestinationState.Verified, "there");
        });
        lane.Start();

        await TurnAsync(spool, () => lane.Problem is not null);
        var before = attempts;
        await TurnAsync(spool, () => attempts > before + 3);
        Assert.Equal("away", lane.Problem);

        var (from, began) = (attempts, spool.Time.GetUtcNow());
        await TurnAsync(spool, () => spool.Time.GetUtcNow() - began >= TimeSpan.FromMinutes(1));
        Assert.InRange(attempts - from, 5, 12);

        works = true;
        await TurnAsync(spool, () => lane.Problem is null);
        Assert.Single(spool.Log.Entries, e => e.Id == 2213);
    }

    [Fact]
    public async Task One_slide_that_is_refused_each_time_does_not_keep_the_others_away()
    {
        using var spool = new SpoolFixture();
        var refused = await VerifiedAsync(spool, "1.2.3.1");
        await using var lane = Lane(spool, steps => steps.Slide == refused ? throw new IOException("its name is too long") : steps.TryStepAsync(DestinationState.Verified, "there"));
        lane.Start();
        await TurnAsync(spool, () => lane.Problem is not null);

        var other = await VerifiedAsync(spool, "1.2.3.2");
        await TurnAsync(spool, () => other.Record!.Destinations[0].State == DestinationState.Verified);

        await TurnAsync(spool, () => lane.Problem is null);
        Assert.Equal(DestinationState.Waiting, refused.Record!.Destinations[0].State);
    }

    [Fact]
    public async Task What_a_person_asks_for_does_not_wait_for_the_next_probe()
    {
        using var spool = new SpoolFixture();
        await VerifiedAsync(spool, "1.2.3.1");
        var attempts = 0;
        await using var lane = Lane(spool, _ =>
        {
            attempts++;
            throw new IOException("away");
        });
        lane.Start();
        await TurnAsync(spool, () => attempts >= 12); // by now probes are five minutes apart

        var (before, began) = (attempts, spool.Time.GetUtcNow());
        lane.TryNow();
        await TurnAsync(spool, () => attempts > before);

        Assert.InRange(spool.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromMinutes(4));
    }

    private static DestinationLane Lane(SpoolFixture spool, Func<DestinationSteps, Task<bool>> deliver)
    {
        var options = new DestinationOptions { Location = spool.Root };
        var destination = new Destination(Name, new DestinationRules(options), SlideSettings.Of(options, new ConverterOptions(), spool.Stores), null, null);
        return new DestinationLane(destination, new Scripted(deliver), spool.Spool, (spool.Time, spool.Log));
    }

    private static async Task<SpooledSlide> VerifiedAsync(SpoolFixture spool, string series)
    {
        await spool.CommitAsync($"{series}.1", series: series);
        var slide = spool.Spool.Slide(new SlideKey(SpoolFixture.Scanner, SpoolFixture.Study, series));
        await SlideSpool.ChangeAsync(slide, r => r with { State = SlideState.Verified, Destinations = [SlideDestination.New(Name, spool.Time.GetUtcNow(), "test")] });
        return slide;
    }

    private static async Task TurnAsync(SpoolFixture spool, Func<bool> until)
    {
        for (var i = 0; !until(); i++)
        {
            Assert.True(i < 6000, "It has not come to that.");
            spool.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Scripted(Func<DestinationSteps, Task<bool>> deliver) : IDestinationDelivery
    {
        public Task<bool> DeliverAsync(DestinationSteps steps, CancellationToken cancellationToken) => deliver(steps);
    }
}
