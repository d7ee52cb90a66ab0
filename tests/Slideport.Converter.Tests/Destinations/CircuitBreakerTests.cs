using Microsoft.Extensions.Time.Testing;
using Slideport.Converter.Destinations;

namespace Slideport.Converter.Tests.Destinations;

public sealed class CircuitBreakerTests
{
    [Fact]
    public void Three_failures_in_a_row_open_it_and_one_success_closes_it()
    {
        var time = new FakeTimeProvider();
        var breaker = new CircuitBreaker(time);

        Assert.False(breaker.Failed());
        Assert.False(breaker.Failed());
        Assert.True(breaker.MayTry);
        Assert.True(breaker.Failed());
        Assert.False(breaker.MayTry);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.MayTry);
        Assert.True(breaker.Succeeded());
        Assert.False(breaker.IsOpen);
        Assert.False(breaker.Succeeded());
    }

    [Fact]
    public void What_shows_nothing_or_was_asked_for_changes_when_it_is_tried_next_and_not_what_is_known()
    {
        var time = new FakeTimeProvider();
        var breaker = new CircuitBreaker(time);
        breaker.ShowedNothing();
        Assert.True(breaker.MayTry);

        breaker.Resume(7, time.GetUtcNow() + TimeSpan.FromMinutes(5));
        Assert.True(breaker is { IsOpen: true, MayTry: false });
        breaker.TryNow();
        Assert.True(breaker is { IsOpen: true, MayTry: true });
        breaker.ShowedNothing();
        Assert.True(breaker is { IsOpen: true, MayTry: false });
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.MayTry);
    }

    [Fact]
    public void Failures_that_are_not_in_a_row_do_not_open_it()
    {
        var breaker = new CircuitBreaker(new FakeTimeProvider());
        for (var i = 0; i < 10; i++)
        {
            breaker.Failed();
            breaker.Failed();
            breaker.Succeeded();
        }

        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public void Probes_come_at_growing_pauses_and_never_more_seldom_than_every_five_minutes()
    {
        var pauses = Enumerable.Range(1, 12).Select(CircuitBreaker.Pause).ToArray();

        Assert.Equal(TimeSpan.FromSeconds(5), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromMinutes(5), pauses[^1]);
    }
}
