using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Slideport.Database;
using Slideport.Dsr.Api;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.DicomWeb.Storing;
using Slideport.Dsr.Ingest;
using Slideport.Dsr.Integrity;
using Slideport.Dsr.Locations;
using Slideport.Dsr.Monitoring;
using Slideport.Dsr.Retention;
using Slideport.Dsr.Sam;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Readiness;

namespace Slideport.Dsr;

/// <summary>The digital slide repository: a catalogue of what lies on the image file systems, and the door through which people look at it (flow F8).</summary>
/// <remarks>Its database can be made anew from the files and from SAM, but for collections and holds. Start it on the same one after any end, and it goes on.</remarks>
public sealed class DsrRole : IHostedService, IAsyncDisposable
{
    /// <summary>What its administrator calls it.</summary>
    public const string Name = "The DSR";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemovalPause = TimeSpan.FromSeconds(5);

    private readonly DsrOptions _options;
    private readonly DsrTls _tls;
    private readonly SamAddress _sam;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly List<BackgroundLoop> _loops = [];
    private readonly List<SamLine> _lines = [];
    private SafeFileHandle? _held;
    private DsrParts? _parts;
    private WebApplication? _server;
    private volatile bool _isStopping;
    private bool _isDisposed;

    /// <summary>A role that is not started yet.</summary>
    /// <param name="options">Settings; see <see cref="DsrOptions.Validate"/>.</param>
    /// <param name="tls">Who it is and whom it trusts.</param>
    /// <param name="sam">SAM, which knows the users and tells of slides.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logs">Log.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message says why, a sentence each.</exception>
    public DsrRole(DsrOptions options, DsrTls tls, SamAddress sam, TimeProvider time, ILoggerFactory logs)
    {
        if (options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        (_options, _tls, _sam, _time, _logs, _log) = (options, tls, sam, time, logs, logs.CreateLogger<DsrRole>());
    }

    /// <summary>Where it listens for SAM; null until started.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    /// <summary>Where it listens for people; null until started.</summary>
    public IPEndPoint? WebEndPoint { get; private set; }

    /// <summary>What it needs to do its work.</summary>
    public IReadOnlyList<ReadinessCheck> Checks =>
    [
        new("port", _ => Task.FromResult(_isStopping || LocalEndPoint is null ? "The DSR DataServer does not listen: it has not started, or is stopping." : null)),
        .. _parts?.Metrics.Watch?.Checks ?? [],
    ];

    /// <summary>Whether a certificate is good no more, as far as SAM has said.</summary>
    public bool IsRevoked(X509Certificate2 certificate) => _parts?.Revoked.Contains(certificate) == true;

    internal DsrParts? Parts => _parts;

    internal IServiceProvider? ServerServices => _server?.Services;

    /// <summary>All that can be asked here; empty until started.</summary>
    internal IReadOnlyList<Endpoint> Endpoints => _server?.Services.GetRequiredService<EndpointDataSource>().Endpoints ?? [];

    /// <summary>Brings the database up to date where it is embedded, then listens.</summary>
    /// <exception cref="IOException">The database cannot be used, or the port is taken; one sentence says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(_options.WorkFolder);
        var databases = new DsrDatabases(_options.Database);
        if (_options.Database.Provider == DatabaseProvider.Sqlite)
            _held = DatabaseSetup.TryHold(SqliteFiles.Of(_options.Database)) ?? throw new IOException("Another DSR runs on this database: stop that one, or give this one its own --data folder.");
        await DatabaseSetup.PrepareAsync(databases, cancellationToken);
        var parts = _parts = new DsrParts(databases, _options, _sam, _time, _log);
        _server = DsrServer.Build(_options, _tls, parts.Revoked, services =>
        {
            services.AddSingleton(_logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>)).AddSingleton(_time);
            services.AddSingleton(_options).AddSingleton(parts).AddSingleton(databases).AddSingleton(parts.Revoked).AddSingleton(parts.People).AddSingleton(parts.Openings);
            services.AddSingleton(parts.Search).AddSingleton(parts.Counts).AddSingleton(parts.Intake).AddSingleton(parts.Collections).AddSingleton(parts.Holds).AddSingleton(parts.Removal);
            services.AddSingleton(parts.Locations).AddSingleton(parts.Health).AddSingleton(parts.Rescan).AddSingleton(parts.Scrub).AddSingleton(parts.Viewer);
        });
        await _server.StartAsync(cancellationToken);
        // In the order they were asked for: SAM's entrance, the people's.
        int[] ports = [.. _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a.Replace("[::]", "[::1]", StringComparison.Ordinal)).Port)];
        LocalEndPoint = EndPoint(_options.Address, ports[0]);
        WebEndPoint = EndPoint(_options.WebAddress, ports[1]);
        Follow("slides", parts.Follower.FollowAsync);
        Follow("revoked certificates", parts.Revoked.FollowAsync);
        Follow("openings", parts.Openings.TellAsync);
        _loops.Add(new BackgroundLoop("Looking through the image file systems", _options.RescanInterval, RescanAllAsync, _time, _log));
        _loops.Add(new BackgroundLoop("Removing slides somebody wants removed", RemovalPause, parts.Removal.GoOnAsync, _time, _log));
        _loops.Add(new BackgroundLoop("Removing what was not stored to its end", _options.RescanInterval, parts.Storing.RemoveLeftoversAsync, _time, _log));
        if (_options.ScrubInterval > TimeSpan.Zero)
            _loops.Add(new BackgroundLoop("Reading slides to compare them with their hashes", parts.Scrub.Step, parts.Scrub.ReadDueAsync, _time, _log));
        _ = parts.Viewer.WarmUpAsync();
        Log.Listening(_log, LocalEndPoint.ToString(), WebEndPoint.ToString(), _options.Database.Provider);
    }

    /// <summary>Stops accepting and answers what waits.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        if (_server is not null)
            await _server.StopAsync(cancellationToken);
        await DisposeAsync();
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await Task.WhenAll(_loops.Select(loop => loop.DisposeAsync().AsTask()));
        if (_server is not null)
            await _server.DisposeAsync();
        _lines.ForEach(line => line.Dispose());
        if (_parts is not null)
            await _parts.DisposeAsync();
        _held?.Dispose();
    }

    private void Follow(string what, Func<SamRoleClient, CancellationToken, Task> question)
    {
        var line = new SamLine(_sam, what, _log);
        _lines.Add(line);
        _loops.Add(new BackgroundLoop($"SAM's {what}", Pause, stop => line.AskAsync(question, stop), _time, _log));
    }

    private async Task RescanAllAsync(CancellationToken cancellationToken)
    {
        foreach (var location in _parts!.Locations.All)
        {
            try
            {
                await _parts.Rescan.RunAsync(location, cancellationToken);
            }
#pragma warning disable CA1031 // What is wrong at one place is told, and the others are looked through.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotRescanned(_log, location, e.GetBaseException().Message);
            }
        }
    }

    private static IPEndPoint EndPoint(string address, int port) => new(address == "*" ? IPAddress.IPv6Any : IPAddress.Parse(address), port);
}

/// <summary>What the DSR is made of, put together.</summary>
internal sealed class DsrParts : IAsyncDisposable
{
    private readonly SerialWrites<DsrDatabase> _writes;

    internal DsrParts(DsrDatabases databases, DsrOptions options, SamAddress sam, TimeProvider time, ILogger log)
    {
        _writes = new SerialWrites<DsrDatabase>(databases, time);
        Locations = new ImageLocations(options, _writes, time);
        Looker = new SlideLooker(Locations);
        Storing = new StoreParts(Path.Join(options.WorkFolder, "stow"), Locations, log);
        Catalogue = new CatalogueWriter(_writes, new BarcodeReading(options.BarcodePattern));
        Retention = new RetentionTimes(options, Locations, time);
        Search = new SlideSearch(databases, Retention);
        Counts = new SlideCounts(databases, time);
        Intake = new ImageIntake(Catalogue, Metrics.Took);
        Collections = new Collections(_writes, databases);
        Holds = new LegalHolds(_writes);
        Rescan = new Rescan(Locations, Looker, databases, Catalogue, log);
        Follower = new SlideFollower(Locations, Looker, Catalogue, log);
        Scrub = new Scrub(Locations, databases, Catalogue, (options.ScrubInterval, time, log));
        Scrub.Read += Metrics.Scrubbed;
        Health = new LocationHealth(Locations, databases, time);
        Metrics.Watch = new DsrWatch(databases, Counts, Locations, Health);
        Revoked = new RevokedCertificates(options.WorkFolder);
        People = new People(sam, time);
        Openings = new Openings(_writes, databases, time);
        Viewer = new SlideViewer(FindAsync, PixelProgram.Self, options.Viewer, time);
        Removal = new SlideRemoval(_writes, databases, Locations, Retention, Viewer.Forget, (time, log));
    }

    internal DsrMetrics Metrics { get; } = new();

    internal ImageLocations Locations { get; }

    internal SlideLooker Looker { get; }

    internal RetentionTimes Retention { get; }

    internal SlideRemoval Removal { get; }

    internal StoreParts Storing { get; }

    internal CatalogueWriter Catalogue { get; }

    internal SlideSearch Search { get; }

    internal SlideCounts Counts { get; }

    internal ImageIntake Intake { get; }

    internal Collections Collections { get; }

    internal LegalHolds Holds { get; }

    internal Rescan Rescan { get; }

    internal SlideFollower Follower { get; }

    internal Scrub Scrub { get; }

    internal LocationHealth Health { get; }

    internal RevokedCertificates Revoked { get; }

    internal People People { get; }

    internal Openings Openings { get; }

    internal SlideViewer Viewer { get; }

    private async ValueTask<SlideFile?> FindAsync(string id, CancellationToken cancellationToken) => await Search.FindAsync(id, cancellationToken) switch
    {
        { State: SlideFileState.Removing or SlideFileState.Removed } slide => throw new SlideNotFoundException(slide.Problem!),
        { } slide => new SlideFile(Locations.StoreOf(slide.Place), slide.Name) { Title = slide.Barcode },
        null => null,
    };

    public async ValueTask DisposeAsync()
    {
        await Intake.DisposeAsync();
        Rescan.Dispose();
        Viewer.Dispose();
        Locations.Dispose();
        People.Dispose();
        Counts.Dispose();
        _writes.Dispose();
        Metrics.Dispose();
    }
}
