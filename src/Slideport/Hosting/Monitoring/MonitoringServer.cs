using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OpenTelemetry.Metrics;
using Slideport.Protocol;
using Slideport.Protocol.Identity;

namespace Slideport.Hosting.Monitoring;

/// <summary>Who may come to the port for monitoring.</summary>
/// <param name="Tls">What TLS demands; null: it is served in the clear, on loopback.</param>
/// <param name="IsRevoked">Whether a certificate is good no more.</param>
internal sealed record MonitoringDoor(Func<SslServerAuthenticationOptions>? Tls, Predicate<X509Certificate2> IsRevoked);

/// <summary>The port for monitoring: three pages to be read, and nothing else.</summary>
/// <remarks>
/// <code>
/// GET /metrics        Prometheus
/// GET /health/live    200 as long as the process answers
/// GET /health/ready   200, or 503 and what a role lacks
/// </code>
/// </remarks>
internal static class MonitoringServer
{
    private const string Metrics = "/metrics";
    private const string Live = "/health/live";
    private const string Ready = "/health/ready";
    private const string Holder = "role:monitor";
    private const int MaxConnections = 64;
    private const int MaxHeaderBytes = 8 << 10;

    /// <summary>Builds the server; the caller starts it.</summary>
    internal static WebApplication Build(MonitoringOptions options, MonitoringDoor door, ReadinessWatch watch, MeterProvider metrics, Action<WebApplicationBuilder> prepare)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, door));
        prepare(builder);
        var application = builder.Build();
        application.Use((context, next) =>
        {
            Uncounted(context);
            return next(context);
        });
        application.Use((context, next) => Refusal(context, door) is { } status ? AnswerAsync(context, status) : next(context));
        application.Use((context, next) => LookFirstAsync(context, watch, next));
        application.UseOpenTelemetryPrometheusScrapingEndpoint(metrics, predicate: null, Metrics, configureBranchedPipeline: null, optionsName: null);
        application.Run(context => AnswerHealthAsync(context, watch));
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, MonitoringOptions options, MonitoringDoor door)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        void Listen(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            if (door.Tls is { } tls)
                listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = TimeSpan.FromSeconds(10), OnConnection = _ => ValueTask.FromResult(tls()) });
        }

        if (options.Address == "*")
            kestrel.ListenAnyIP(options.Port, Listen);
        else
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port, Listen);
    }

    // A certificate is looked at with each request: one that was revoked since its handshake counts no more. In the clear a page of a browser on
    // this machine must not read what is here under a name somebody has pointed at it.
    private static int? Refusal(HttpContext context, MonitoringDoor door)
    {
        if (door.Tls is not null)
        {
            var certificate = context.Connection.ClientCertificate;
            if (certificate is null || CertificateHolder.Of(certificate) != Holder || door.IsRevoked(certificate))
                return StatusCodes.Status403Forbidden;
        }
        else if (!IsThisMachine(context.Request.Host.Host))
        {
            return StatusCodes.Status403Forbidden;
        }

        if (context.Request.Path.Value is not (Metrics or Live or Ready))
            return StatusCodes.Status404NotFound;
        return HttpMethods.IsGet(context.Request.Method) ? null : StatusCodes.Status405MethodNotAllowed;
    }

    private static bool IsThisMachine(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    // Whoever counts requests wants to know of SAM's, not of his own.
    private static void Uncounted(HttpContext context) => context.Features.GetRequiredFeature<IHttpMetricsTagsFeature>().MetricsDisabled = true;

    private static Task AnswerAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    // What the gauges show is what the roles saw when they last looked.
    private static async Task LookFirstAsync(HttpContext context, ReadinessWatch watch, RequestDelegate next)
    {
        if (context.Request.Path == Metrics)
            await watch.LookAsync(context.RequestAborted);
        await next(context);
    }

    private static async Task AnswerHealthAsync(HttpContext context, ReadinessWatch watch)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (context.Request.Path == Live)
        {
            await context.Response.WriteAsJsonAsync(new { live = true }, ProtocolJson.Options, context.RequestAborted);
            return;
        }

        var checks = await watch.LookAsync(context.RequestAborted);
        var ready = checks.All(c => c.Problem is null);
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsJsonAsync(new { ready, checks }, ProtocolJson.Options, context.RequestAborted);
    }
}
