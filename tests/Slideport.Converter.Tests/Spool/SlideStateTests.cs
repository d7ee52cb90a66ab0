using System.Diagnostics;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Tests.Spool;

public sealed class SlideStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, string> Pairs =>
        [.. Enum.GetNames<SlideState>().SelectMany(from => Enum.GetNames<SlideState>().Select(to => new TheoryDataRow<string, string>(from, to)))];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_step_is_made_with_time_and_reason_or_refused(string fromName, string toName)
    {
        var (from, to) = (Enum.Parse<SlideState>(fromName), Enum.Parse<SlideState>(toName));
        var record = SlideRecord.New(new SlideKey("s", "1", "2"), Now, "came") with { State = from };

        if (!to.CanFollow(from))
        {
            Assert.Throws<UnreachableException>(() => record.Step(to, Now, "why"));
            return;
        }

        var next = record.Step(to, Now.AddHours(1), "why");
        Assert.Equal((to, Now.AddHours(1), "why"), (next.State, next.Since, next.Reason));
        Assert.Equal(new Transition(to, Now.AddHours(1), "why"), next.History[^1]);
    }

    [Fact]
    public void Nothing_is_purged_before_it_was_verified() =>
        Assert.Equal([SlideState.Verified], Enum.GetValues<SlideState>().Where(from => SlideState.Purged.CanFollow(from)));

    [Fact]
    public void Nothing_is_delivered_but_what_was_complete() =>
        Assert.Equal([SlideState.Complete], Enum.GetValues<SlideState>().Where(from => SlideState.Converting.CanFollow(from)));

    [Fact]
    public void From_every_state_a_slide_can_still_reach_the_image_store()
    {
        var reach = new HashSet<SlideState> { SlideState.Delivered };
        for (var before = 0; before != reach.Count;)
        {
            before = reach.Count;
            reach.UnionWith(Enum.GetValues<SlideState>().Where(from => reach.Any(to => to.CanFollow(from))));
        }

        Assert.Equal(Enum.GetValues<SlideState>().Length, reach.Count);
    }

    [Fact]
    public void The_history_stays_bounded_and_keeps_its_beginning()
    {
        var record = SlideRecord.New(new SlideKey("s", "1", "2"), Now, "first");
        for (var i = 0; i < 500; i++)
            record = record.Step(SlideState.Waiting, Now, "w").Step(SlideState.Receiving, Now, "r");

        Assert.Equal(100, record.History.Count);
        Assert.Equal("first", record.History[0].Reason);
    }
}
