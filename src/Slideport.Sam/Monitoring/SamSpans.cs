using System.Diagnostics;
using System.Text.Json;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Tracing;
using Slideport.Sam.Database;

namespace Slideport.Sam.Monitoring;

/// <summary>SAM's spans in a slide's trace. They say what was done and how it went; never whose slide it is.</summary>
internal static class SamSpans
{
    internal static readonly ActivitySource Source = new("Slideport.Sam");

    /// <summary>Begins to take an image's metadata.</summary>
    /// <param name="metadata">It.</param>
    /// <param name="traceParent">The request's <c>traceparent</c>, if it had one.</param>
    internal static Activity? TakeImage(ImageMetadata metadata, string? traceParent) =>
        SlideTrace.Start(Source, "take image metadata", ActivityKind.Server, metadata.SeriesInstanceUid, traceParent);

    /// <summary>Begins to bring a message to the DSR, whose request then carries this span's <c>traceparent</c>.</summary>
    internal static Activity? Forward(OutboxMessage message)
    {
        if (!Source.HasListeners())
            return null;
        using var body = JsonDocument.Parse(message.Body);
        return body.RootElement.TryGetProperty("seriesInstanceUid", out var series)
            ? SlideTrace.Start(Source, "forward image metadata", ActivityKind.Client, series.GetString()!)?.SetTag("slideport.attempt", message.Attempts + 1)
            : null;
    }

    /// <summary>Says how it went.</summary>
    internal static void Outcome(this Activity span, string outcome, bool failed)
    {
        span.SetTag("slideport.outcome", outcome);
        if (failed)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
