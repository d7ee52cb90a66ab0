using System.Collections.Concurrent;
using System.Diagnostics;

namespace Slideport.Monitoring.Tests;

/// <summary>Hears the spans of one trace, as a collector would.</summary>
internal sealed class SpanReader : IDisposable
{
    private readonly ActivityListener _listener;

    internal SpanReader(ActivityTraceId trace)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Slideport.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                    Spans.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Those that have ended.</summary>
    internal ConcurrentQueue<Activity> Spans { get; } = new();

    /// <summary>The outcome each span of a name says it had.</summary>
    internal IEnumerable<string?> Outcomes(string name) => Spans.Where(s => s.OperationName == name).Select(s => (string?)s.GetTagItem("slideport.outcome"));

    public void Dispose() => _listener.Dispose();
}
