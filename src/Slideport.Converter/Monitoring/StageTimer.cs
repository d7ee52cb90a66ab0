using Slideport.Converter.Spool;

namespace Slideport.Converter.Monitoring;

/// <summary>Times the work on slides, stage by stage, and puts it into their traces. What came of the work is read from the slide's state.</summary>
internal sealed class StageTimer(ConverterMetrics metrics, TimeProvider time)
{
    private const string Waiting = "waiting";
    private const string Failed = "failed";
    private const string Repeated = "repeated";
    private const string Interrupted = "interrupted";

    /// <summary>A stage's work on one slide.</summary>
    internal delegate Task Work(SpooledSlide slide, CancellationToken cancellationToken);

    internal Task ConvertAsync(SpooledSlide slide, Work work, CancellationToken cancellationToken)
    {
        static string Outcome(SlideState state) => state switch
        {
            SlideState.Delivering => "converted",
            SlideState.Waiting => Waiting,
            SlideState.Failed => Failed,
            _ => Repeated,
        };
        return RunAsync(new Stage("convert slide", Outcome, metrics.Converted), slide, work, cancellationToken);
    }

    internal Task DeliverAsync(SpooledSlide slide, Work work, CancellationToken cancellationToken)
    {
        static string Outcome(SlideState state) => state switch
        {
            SlideState.Delivered => "delivered",
            SlideState.Waiting or SlideState.Delivering => Waiting, // the latter may have been published already, and is looked at again
            SlideState.Failed => Failed,
            _ => Repeated,
        };
        return RunAsync(new Stage("deliver slide", Outcome, metrics.Delivered), slide, work, cancellationToken);
    }

    internal Task VerifyAsync(SpooledSlide slide, Work work, CancellationToken cancellationToken)
    {
        static string Outcome(SlideState state) => state switch
        {
            SlideState.Verified => "verified",
            SlideState.Delivered => Waiting,
            SlideState.Failed => Failed,
            _ => Repeated,
        };
        return RunAsync(new Stage("verify slide", Outcome, (_, _) => { }), slide, work, cancellationToken);
    }

    private sealed record Stage(string Span, Func<SlideState, string> Outcome, Action<string, TimeSpan> Tell);

    private async Task RunAsync(Stage stage, SpooledSlide slide, Work work, CancellationToken cancellationToken)
    {
        using var span = ConverterSpans.Begin(stage.Span, slide);
        var began = time.GetTimestamp();
        var outcome = Interrupted;
        try
        {
            await work(slide, cancellationToken);
            outcome = stage.Outcome(slide.Record!.State);
        }
        finally
        {
            stage.Tell(outcome, time.GetElapsedTime(began));
            span?.Outcome(outcome, failed: outcome == Failed);
        }
    }
}
