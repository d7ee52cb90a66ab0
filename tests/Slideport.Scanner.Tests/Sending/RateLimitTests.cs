using Slideport.Scanner.Sending;

namespace Slideport.Scanner.Tests.Sending;

public sealed class RateLimitTests
{
    [Fact]
    public void What_is_taken_must_be_paid_for_in_time()
    {
        var clock = new Clock();
        var limit = new RateLimit(1000, clock);

        Assert.Equal(TimeSpan.Zero, limit.Take(100)); // what the bucket holds at first
        Assert.Equal(TimeSpan.FromSeconds(0.5), limit.Take(500));
        clock.Now += TimeSpan.FromSeconds(0.5);
        Assert.Equal(TimeSpan.FromSeconds(0.2), limit.Take(200));
    }

    [Fact]
    public void A_pause_is_not_followed_by_a_burst()
    {
        var clock = new Clock();
        var limit = new RateLimit(1000, clock);
        clock.Now += TimeSpan.FromHours(1);

        Assert.Equal(TimeSpan.FromSeconds(0.9), limit.Take(1000));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
