using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Slideport.Hosting.Monitoring;

/// <summary>OpenTelemetry over what the roles count, time and trace. Whoever is named <c>Slideport.…</c> is heard; a new role need not be told of here.</summary>
internal static class Telemetry
{
    private const string Ours = "Slideport.*";

    // Counts requests to SAM's API by endpoint and status.
    private const string AspNetCore = "Microsoft.AspNetCore.Hosting";

    // As many scanners and holders of certificates as the largest fleet has; everything else has a few outcomes. What is beyond goes into one series.
    private const int MaxNamed = 10_000;
    private const int MaxOutcomes = 200;

    private const int OtlpTimeoutMilliseconds = 10_000;
    private const int MaxScrapeBytes = 32 << 20;
    private const int ScrapeTimeoutMilliseconds = 10_000;

    /// <summary>Metrics for Prometheus and, where a collector is named, for it.</summary>
    internal static MeterProvider Metrics(MonitoringOptions options)
    {
        var builder = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(Ours, AspNetCore).AddView(Bounded);
        if (options.Enabled)
        {
            builder.AddPrometheusExporter(prometheus =>
            {
                prometheus.ScopeInfoEnabled = false;
                prometheus.MaxScrapeResponseSizeBytes = MaxScrapeBytes;
                prometheus.ScrapeResponseTimeoutMilliseconds = ScrapeTimeoutMilliseconds;
                prometheus.ScrapeResponseCacheDurationMilliseconds = 0; // how often the roles look is bounded already
            });
        }

        if (options.OtlpEndpoint.Length > 0)
            builder.AddOtlpExporter(otlp => To(otlp, options.OtlpEndpoint, "v1/metrics"));
        return builder.Build();
    }

    /// <summary>Traces for the collector; null where none is named: then no span is ever made.</summary>
    internal static TracerProvider? Traces(MonitoringOptions options) => options.OtlpEndpoint.Length == 0 ? null
        : Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).SetSampler(new AlwaysOnSampler()).AddSource(Ours)
            .AddOtlpExporter(otlp => To(otlp, options.OtlpEndpoint, "v1/traces")).Build();

    private static void Describe(ResourceBuilder resource) => resource.AddService(
        "slideport", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3), autoGenerateServiceInstanceId: false, serviceInstanceId: Environment.MachineName);

    private static MetricStreamConfiguration? Bounded(Instrument instrument) => instrument.Meter.Name == AspNetCore ? null : new MetricStreamConfiguration
    {
        CardinalityLimit = instrument.Name.Contains(".scanner.", StringComparison.Ordinal) || instrument.Name.Contains(".certificate.", StringComparison.Ordinal) ? MaxNamed : MaxOutcomes,
    };

    private static void To(OtlpExporterOptions otlp, string endpoint, string path)
    {
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
        otlp.Endpoint = new Uri(new Uri(endpoint.TrimEnd('/') + "/"), path);
        otlp.TimeoutMilliseconds = OtlpTimeoutMilliseconds;
        otlp.HttpClientFactory = () => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ActivityHeadersPropagator = null })
        {
            Timeout = TimeSpan.FromMilliseconds(OtlpTimeoutMilliseconds),
        };
    }
}
