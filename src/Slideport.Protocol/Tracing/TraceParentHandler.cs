using System.Diagnostics;

namespace Slideport.Protocol.Tracing;

/// <summary>
/// Sends the W3C <c>traceparent</c> of the span under way with every request. .NET's own way would name a span it makes for itself, which nobody
/// exports: in the trace the other side's span would hang in the air.
/// </summary>
public sealed class TraceParentHandler : DelegatingHandler
{
    /// <summary>In front of the handler that connects.</summary>
    public TraceParentHandler(SocketsHttpHandler inner)
        : base(inner) => inner.ActivityHeadersPropagator = null;

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id })
            request.Headers.TryAddWithoutValidation("traceparent", id);
        return base.SendAsync(request, cancellationToken);
    }
}
