using System.Diagnostics;
using Slideport.Protocol.Tracing;

namespace Slideport.Protocol.Tests.Tracing;

public sealed class SlideTraceTests
{
    private const string Series = "1.2.826.0.1.3680043.8.498.42";

    // printf %s 1.2.826.0.1.3680043.8.498.42 | sha256sum | cut -c1-32
    private const string Trace = "e1c1b18ab337f526bade13ecd168236a";

    private const string Name = "Slideport.Protocol.Tests";

    private static readonly ActivitySource Source = new(Name);

    [Theory]
    [InlineData(Series)]
    [InlineData(Series + "\0")]
    [InlineData(Series + " ")]
    public void The_trace_of_a_slide_is_what_anybody_can_compute_from_its_series(string series) => Assert.Equal(Trace, SlideTrace.IdOf(series).ToHexString());

    [Fact]
    public void A_span_belongs_to_whoever_asked_for_it_in_the_same_trace_and_to_nobody_else()
    {
        using var listener = Listen();
        const string Caller = "00f067aa0ba902b7";

        using var asked = SlideTrace.Start(Source, "asked", ActivityKind.Server, Series, $"00-{Trace}-{Caller}-00");
        using var foreign = SlideTrace.Start(Source, "foreign", ActivityKind.Server, Series, $"00-4bf92f3577b34da6a3ce929d0e0e4736-{Caller}-01");
        using var torn = SlideTrace.Start(Source, "torn", ActivityKind.Server, Series, "00-zz");

        Assert.All([asked, foreign, torn], span => Assert.Equal((Trace, true), (span!.TraceId.ToHexString(), span.Recorded)));
        Assert.Equal([Caller, "0000000000000000", "0000000000000000"], new[] { asked, foreign, torn }.Select(s => s!.ParentSpanId.ToHexString()));
    }

    [Fact]
    public void What_began_before_it_was_known_to_be_of_a_slide_keeps_its_beginning()
    {
        using var listener = Listen();
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        using var span = SlideTrace.Start(Source, "late", ActivityKind.Internal, Series, begin: noon);

        Assert.Equal(noon.UtcDateTime, span!.StartTimeUtc);
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener { ShouldListenTo = source => source.Name == Name, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
