using System.Diagnostics;
using Slideport.Converter.Receiving;
using Slideport.Converter.Spool;
using Slideport.Protocol.Tracing;

namespace Slideport.Converter.Monitoring;

/// <summary>The converter's spans in a slide's trace. They say what was done, how it went and how much it was; never whose slide it is.</summary>
internal static class ConverterSpans
{
    internal static readonly ActivitySource Source = new("Slideport.Converter");

    /// <summary>Begins work on a slide; null when nobody collects spans.</summary>
    internal static Activity? Begin(string name, SpooledSlide slide) =>
        SlideTrace.Start(Source, name, ActivityKind.Internal, slide.Key.SeriesInstanceUid)?.SetTag("slideport.slide.revision", slide.Record!.Revision);

    /// <summary>Says how it went.</summary>
    internal static void Outcome(this Activity span, string outcome, bool failed)
    {
        span.SetTag("slideport.outcome", outcome);
        if (failed)
            span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>An instance that was received. Which slide it belongs to shows only when all of it is there.</summary>
    internal static void Received(Reception reception, DateTimeOffset now)
    {
        using var span = SlideTrace.Start(Source, "receive instance", ActivityKind.Server, reception.Receipt.SeriesInstanceUid, begin: reception.Began);
        if (span is null)
            return;
        span.SetTag("slideport.instance.bytes", reception.Receipt.DataSetBytes);
        span.Outcome(reception.Outcome.ToString().ToLowerInvariant(), failed: reception.Outcome == CommitOutcome.Conflicting);
        span.SetEndTime(now.UtcDateTime);
    }

    /// <summary>A slide that is complete, from its first instance, or the first one since its last delivery, until this was known.</summary>
    internal static void Completed(SpooledSlide slide, DateTimeOffset began, DateTimeOffset now)
    {
        using var span = SlideTrace.Start(Source, "complete slide", ActivityKind.Internal, slide.Key.SeriesInstanceUid, begin: began);
        span?.SetTag("slideport.slide.revision", slide.Record!.Revision).SetTag("slideport.slide.instances", slide.Count).SetEndTime(now.UtcDateTime);
    }
}
