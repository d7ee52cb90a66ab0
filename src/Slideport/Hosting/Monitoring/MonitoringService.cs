using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Hosting.Monitoring;

/// <summary>
/// Lets monitoring look at the roles of this process. It starts after them, so that no scanner waits for it; what they count is heard from then
/// on. It stops before them, and what they have traced until their end still goes out.
/// </summary>
internal sealed class MonitoringService(MonitoringOptions options, IReadOnlyList<WatchedRole> roles, string identity, TimeProvider time, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    // Nobody asks before a collector is sent what the gauges show.
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private ReadinessWatch? _watch;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;
    private WebApplication? _server;
    private Task _looking = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Where it is served, <c>http://host:port</c>; null where it is not.</summary>
    internal Uri? Address { get; private set; }

    /// <summary>Begins to listen to the roles, and serves what they say.</summary>
    /// <exception cref="IOException">The port is taken; one sentence says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _watch = new ReadinessWatch(roles.SelectMany(role => role.Checks().Select(check => (role.Name, check))), time);
        _metrics = Telemetry.Metrics(options);
        _traces = Telemetry.Traces(options);
        if (options.OtlpEndpoint.Length > 0)
            _looking = Task.Run(() => KeepLookingAsync(_watch), CancellationToken.None);
        if (options.Enabled)
            await ServeAsync(_watch, _metrics, cancellationToken);
    }

    /// <summary>Serves no more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (_server is not null)
            await _server.StopAsync(cancellationToken);
        await _looking;
    }

    /// <summary>Sends what is left to the collector.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return; // the host knows it under two names
        _isDisposed = true;
        await _stop.CancelAsync();
        await _looking;
        if (_server is not null)
            await _server.DisposeAsync();
        _traces?.Dispose();
        _metrics?.Dispose();
        _watch?.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(ReadinessWatch watch, MeterProvider metrics, CancellationToken cancellationToken)
    {
        _server = MonitoringServer.Build(options, Door(), watch, metrics, builder => builder.Services.AddSingleton(logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>)));
        try
        {
            await _server.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new IOException($"Monitoring cannot listen on {options.Address}:{options.Port}: {e.Message} Choose another port with --Monitoring:Port=…, or switch it off with --Monitoring:Enabled=false.", e);
        }

        var bound = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("[::]", "localhost", StringComparison.Ordinal));
        Address = new UriBuilder(options.Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, bound.Host, bound.Port).Uri;
    }

    private MonitoringDoor Door()
    {
        if (!options.Tls)
            return new MonitoringDoor(null, _ => false);
        string[] names = options.Address == "*" ? [] : [options.Address];
        var own = RoleIdentity.OpenForMonitoring(identity, names);
        bool IsRevoked(X509Certificate2 certificate) => roles.Any(role => role.IsRevoked(certificate));
        return new MonitoringDoor(() => TlsPolicy.ForServer(own.Server.Get(), own.Authorities, IsRevoked), IsRevoked);
    }

    private async Task KeepLookingAsync(ReadinessWatch watch)
    {
        using var timer = new PeriodicTimer(LookPeriod, time);
        try
        {
            do
            {
                await watch.LookAsync(_stop.Token);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }
}
