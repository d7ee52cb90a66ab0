using Microsoft.Extensions.Time.Testing;
using Slideport.Protocol.Tests.Time;
using Slideport.Protocol.Time;
using Slideport.Scanner.Clock;

namespace Slideport.Scanner.Tests.Clock;

/// <summary>The clock of a virtual scanner, and how it is kept in step.</summary>
public sealed class ClockDisciplineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_scanners_clock_is_the_machines_put_forward_or_back()
    {
        var machine = new FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        var clock = new ScannerClock(machine, TimeSpan.FromMinutes(-5));
        var started = clock.GetTimestamp();

        Assert.Equal(machine.GetUtcNow().AddMinutes(-5), clock.GetUtcNow());
        clock.Adjust(TimeSpan.FromMinutes(7));
        machine.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(machine.GetUtcNow().AddMinutes(2), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(3), clock.GetElapsedTime(started)); // spans are the machine's: setting a clock makes nobody wait
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-30)]
    public async Task A_clock_that_is_wrong_is_set_and_by_how_much_it_was_wrong_is_remembered(double seconds)
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question)]);
        var clock = new ScannerClock(TimeProvider.System, TimeSpan.FromSeconds(seconds));
        var discipline = new ClockDiscipline(clock);
        Assert.Null(discipline.AheadSeconds);

        var isStep = await discipline.AskAsync("127.0.0.1", server.Port, Cancel);
        var wasAhead = discipline.AheadSeconds!.Value;

        // Wrong by half a round trip at most, and no question waits longer than two seconds.
        Assert.True(isStep);
        Assert.InRange(wasAhead, seconds - 1, seconds + 1);
        Assert.InRange(clock.Ahead.TotalSeconds, -1, 1);
        Assert.Equal(seconds - wasAhead, clock.Ahead.TotalSeconds, 1e-6);
        Assert.Null(discipline.Problem);
    }

    [Fact]
    public async Task A_server_that_says_no_time_leaves_the_clock_alone_and_after_eight_polls_nobody_knows_how_far_off_it_is()
    {
        var isGood = true;
        await using var server = new ScriptedTimeServer(question =>
            [ScriptedTimeServer.Good(question) with { Leap = isGood ? LeapIndicator.None : LeapIndicator.Unsynchronized }]);
        var clock = new ScannerClock(TimeProvider.System);
        var discipline = new ClockDiscipline(clock);
        await discipline.AskAsync("127.0.0.1", server.Port, Cancel);
        var (known, set) = (discipline.AheadSeconds, clock.Ahead);
        isGood = false;

        for (var poll = 1; poll <= 8; poll++)
        {
            Assert.Equal(known, discipline.AheadSeconds);
            Assert.False(await discipline.AskAsync("127.0.0.1", server.Port, Cancel));
        }

        Assert.Null(discipline.AheadSeconds);
        Assert.Equal(set, clock.Ahead);
        Assert.Contains("not synchronised", discipline.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DENY")]
    [InlineData("RSTR")]
    public async Task A_server_that_does_not_want_to_be_asked_is_not_asked_again(string kiss)
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question) with { Stratum = 0, ReferenceId = IdOf(kiss) }]);
        var discipline = new ClockDiscipline(new ScannerClock(TimeProvider.System));

        for (var i = 0; i < 5; i++)
            await discipline.AskAsync("127.0.0.1", server.Port, Cancel);

        Assert.Single(server.Questions);
    }

    [Fact]
    public async Task A_server_that_is_asked_too_often_is_asked_half_as_often()
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question) with { Stratum = 0, ReferenceId = IdOf("RATE") }]);
        var discipline = new ClockDiscipline(new ScannerClock(TimeProvider.System));
        var polls = new List<double> { discipline.Poll.TotalSeconds };

        for (var i = 0; i < 6; i++)
        {
            await discipline.AskAsync("127.0.0.1", server.Port, Cancel);
            polls.Add(discipline.Poll.TotalSeconds);
        }

        Assert.Equal([64, 128, 256, 512, 1024, 1024, 1024], polls);
    }

    private static uint IdOf(string text) => NtpPacket.ReferenceIdOf(System.Text.Encoding.ASCII.GetBytes(text));
}
