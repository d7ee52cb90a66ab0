using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Slideport.Protocol.Tracing;

/// <summary>
/// Puts everything that happens to one slide into one trace. DICOM has no header that could carry a trace from machine to machine; but each of
/// them knows the slide's Series Instance UID, and makes the trace's id from it.
/// </summary>
public static class SlideTrace
{
    /// <summary>The trace of a slide: the first 16 bytes of the SHA-256 of its Series Instance UID.</summary>
    /// <param name="seriesInstanceUid">Its series; the padding of PS3.5 9.1 does not count.</param>
    public static ActivityTraceId IdOf(string seriesInstanceUid)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(seriesInstanceUid.TrimEnd('\0', ' ')), hash);
        return ActivityTraceId.CreateFromBytes(hash[..16]);
    }

    /// <summary>Begins a span of a slide's trace.</summary>
    /// <param name="source">Whose span it is.</param>
    /// <param name="name">What is done; one of a few names, never a slide's own.</param>
    /// <param name="kind">Which side of a connection it is on, if any.</param>
    /// <param name="seriesInstanceUid">The slide's series.</param>
    /// <param name="traceParent">W3C <c>traceparent</c> of who asked for it; counts only where it is of the same trace.</param>
    /// <param name="begin">When it began, if that was before now.</param>
    /// <returns>Null when nobody collects spans. What was under way before is not, from then on.</returns>
    public static Activity? Start(
        ActivitySource source, string name, ActivityKind kind, string seriesInstanceUid, string? traceParent = null, DateTimeOffset begin = default)
    {
        if (!source.HasListeners())
            return null;
        var trace = IdOf(seriesInstanceUid);
        var asked = ActivityContext.TryParse(traceParent, null, out var caller) && caller.TraceId == trace ? caller.SpanId : default;
        // .NET would take the activity under way, if there is one, for its parent, whatever trace that is of: a web server's own of each request.
        Activity.Current = null;
        return source.StartActivity(name, kind, new ActivityContext(trace, asked, ActivityTraceFlags.Recorded, isRemote: true), startTime: begin);
    }
}
