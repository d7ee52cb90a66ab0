using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Slideport.Tests.Monitoring;

/// <summary>A span as a collector got it.</summary>
internal sealed record CollectedSpan(string Scope, string Name, string TraceId, string SpanId, string ParentSpanId);

/// <summary>An OpenTelemetry collector that takes traces and metrics over OTLP/HTTP, and a DSR that takes image metadata; it keeps what it got.</summary>
internal sealed class OtlpStandIn : IAsyncDisposable
{
    private readonly WebApplication _server;

    private OtlpStandIn(WebApplication server) => _server = server;

    public ConcurrentQueue<CollectedSpan> Spans { get; } = new();

    /// <summary>Everything that came, as it came.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    /// <summary>The <c>traceparent</c> of each message to the DSR.</summary>
    public ConcurrentQueue<string> TraceParents { get; } = new();

    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<OtlpStandIn> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = new OtlpStandIn(builder.Build());
        collector._server.Run(collector.TakeAsync);
        await collector._server.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        if (context.Request.Path == "/images")
        {
            TraceParents.Enqueue(context.Request.Headers.TraceParent.ToString());
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Bodies.Enqueue(body.ToArray());
        if (context.Request.Path == "/v1/traces")
            Read(body.ToArray());
        context.Response.ContentType = "application/x-protobuf"; // an empty message: all was taken
    }

    // ExportTraceServiceRequest: 1 ResourceSpans: 2 ScopeSpans: 1 scope (1 name), 2 Span: 1 trace id, 2 span id, 4 parent, 5 name.
    private void Read(ReadOnlyMemory<byte> request)
    {
        foreach (var resource in Fields(request, 1))
        {
            foreach (var scope in Fields(resource, 2))
            {
                var name = Text(Fields(Fields(scope, 1)[0], 1)[0]);
                foreach (var span in Fields(scope, 2))
                    Spans.Enqueue(new CollectedSpan(name, Text(Fields(span, 5)[0]), Hex(Fields(span, 1)), Hex(Fields(span, 2)), Hex(Fields(span, 4))));
            }
        }
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static string Hex(List<ReadOnlyMemory<byte>> field) => field.Count == 0 ? "" : Convert.ToHexStringLower(field[0].Span);

    // The length-delimited fields of a number in a protobuf message.
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += sizeof(double);
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    if ((int)(tag >> 3) == number)
                        found.Add(message.Slice(at, length));
                    at += length;
                    break;
                default:
                    at += sizeof(float);
                    break;
            }
        }

        return found;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
                return value;
        }
    }
}
