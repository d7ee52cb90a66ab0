using Microsoft.Extensions.Time.Testing;
using Slideport.Sam.Time;

namespace Slideport.Sam.Tests.Time;

/// <summary>How often one address is answered.</summary>
public sealed class RequestLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_address_may_ask_eight_seconds_worth_at_once_and_then_one_at_a_time()
    {
        var limiter = new RequestLimiter(2, _time);

        Assert.Equal(16, Answers(limiter, 1, 40));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(6, Answers(limiter, 1, 40));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(16, Answers(limiter, 1, 40)); // no more is saved up
    }

    [Fact]
    public void It_is_told_to_ask_less_once_a_minute_and_not_oftener_however_often_it_asks()
    {
        var limiter = new RequestLimiter(0.001, _time);
        Assert.Equal(Allowance.Answer, limiter.Take(1));
        var told = 0;

        for (var second = 0; second < 180; second++)
        {
            for (var i = 0; i < 10; i++)
                told += limiter.Take(1) == Allowance.Kiss ? 1 : 0;
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, told);
    }

    [Fact]
    public void One_address_does_not_use_up_anothers_answers()
    {
        var limiter = new RequestLimiter(1, _time);
        Answers(limiter, 1, 100);

        Assert.Equal(8, Answers(limiter, 2, 100));
    }

    [Fact]
    public void More_addresses_than_the_table_holds_cost_no_memory_and_the_newest_are_known()
    {
        var limiter = new RequestLimiter(1, _time);
        limiter.Take(0);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (UInt128 address = 1; address <= 100_000; address++)
            limiter.Take(address);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(7, Answers(limiter, 100_000, 100)); // one of its eight is gone already
    }

    [Fact]
    public void Who_has_been_silent_longest_makes_room()
    {
        var limiter = new RequestLimiter(0.001, _time);
        Assert.Equal(Allowance.Answer, limiter.Take(7));

        for (UInt128 address = 1_000_000; address < 1_200_000; address++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            limiter.Take(address);
            Assert.NotEqual(Allowance.Answer, limiter.Take(7)); // heard of again and again, it is never forgotten
        }
    }

    private static int Answers(RequestLimiter limiter, UInt128 address, int questions) =>
        Enumerable.Range(0, questions).Count(_ => limiter.Take(address) == Allowance.Answer);
}
