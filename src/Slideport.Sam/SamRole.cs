using System.Data.Common;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Slideport.Database;
using Slideport.Files;
using Slideport.Http;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Readiness;
using Slideport.Sam.Api;
using Slideport.Sam.Audit;
using Slideport.Sam.Audit.Repository;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Dsr;
using Slideport.Sam.Events;
using Slideport.Sam.Identity;
using Slideport.Sam.Images;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;
using Slideport.Sam.Pins;
using Slideport.Sam.Scanners;
using Slideport.Sam.Slides;
using Slideport.Sam.Time;
using Slideport.Sam.Users;

namespace Slideport.Sam;

/// <summary>The SAM DataServer: who the scanners are and what they are told (flows F3, F4, F6, F7).</summary>
/// <remarks>Stateless but for its database: start it on the same one after any end, and it goes on.</remarks>
public sealed class SamRole : IHostedService, IAsyncDisposable
{
    /// <summary>What sentences call it.</summary>
    internal const string Name = "SAM";

    // How soon another node's changes and revocations are seen here: a scanner is to hear of them within two seconds.
    private static readonly TimeSpan ReloadRhythm = TimeSpan.FromSeconds(1);

    // How much of the heartbeats a crash may forget.
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(2);

    private readonly SamOptions _options;
    private readonly CertificateAuthority _authority;
    private readonly SamTls _tls;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private SafeFileHandle? _held;
    private SamParts? _parts;
    private WebApplication? _server;
    private NtpServer? _timeServer;
    private DsrForwarder? _forwarder;
    private RepositoryForwarder? _repository;
    private NodeReports? _nodes;
    private Notifier? _notifier;
    private Task _rhythm = Task.CompletedTask;
    private volatile bool _isStopping;
    private bool _noted;

    /// <summary>A role that is not started yet.</summary>
    /// <param name="options">Settings; see <see cref="SamOptions.Validate"/>.</param>
    /// <param name="authority">The installation's authority; the role disposes of it.</param>
    /// <param name="tls">What its connections demand of the other side.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logs">Log.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message says why, a sentence each.</exception>
    public SamRole(SamOptions options, CertificateAuthority authority, SamTls tls, TimeProvider time, ILoggerFactory logs)
    {
        if (options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        _options = options;
        _authority = authority;
        _tls = tls;
        _time = time;
        _logs = logs;
        _log = logs.CreateLogger<SamRole>();
    }

    /// <summary>Where it listens for machines; null until started.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    /// <summary>Where it answers NTP over UDP; null until started, and where <c>Time:Serve</c> is off.</summary>
    public IPEndPoint? TimeEndPoint => _timeServer?.LocalEndPoint;

    /// <summary>Where it listens for people; null until started.</summary>
    public IPEndPoint? WebEndPoint { get; private set; }

    /// <summary>While there is no user: the one-time token for the first Lab Admin. For the console and nowhere else.</summary>
    public string? FirstAdminToken { get; private set; }

    /// <summary>Where the other roles of this process reach it, <c>https://host:port</c>; null until started.</summary>
    public Uri? Address => LocalEndPoint is { } end
        ? new UriBuilder(Uri.UriSchemeHttps, _options.Address == "*" ? "localhost" : end.Address.ToString(), end.Port).Uri
        : null;

    /// <summary>What it needs to do its work; asking also refreshes what its gauges show of the database.</summary>
    public IReadOnlyList<ReadinessCheck> Checks =>
    [
        new("port", _ => Task.FromResult(_isStopping || LocalEndPoint is null ? "The SAM DataServer does not listen: it has not started, or is stopping." : null)),
        .. _parts?.Metrics.Watch?.Checks ?? [],
    ];

    /// <summary>Whether a certificate is good no more: revoked, or its holder is not known here.</summary>
    public bool IsRevoked(X509Certificate2 certificate) => _parts?.Registry.Find(ShownCertificate.Of(certificate)) is null;

    internal SamMetrics? Metrics => _parts?.Metrics;

    internal IServiceProvider? ServerServices => _server?.Services;

    /// <summary>How the kernel is asked for its clock; tests have answers of their own.</summary>
    internal Func<KernelClock?> KernelClock { get; init; } = Slideport.Files.KernelClock.TryRead;

    /// <summary>How the room on its disks is asked for; tests have answers of their own.</summary>
    internal Func<string, DiskSpace> DiskSpace { get; init; } = DurableFile.Space;

    /// <summary>All that can be asked here; empty until started.</summary>
    internal IReadOnlyList<Endpoint> Endpoints => _server?.Services.GetRequiredService<EndpointDataSource>().Endpoints ?? [];

    /// <summary>Brings the database up to date where it is embedded, then listens.</summary>
    /// <exception cref="IOException">The database cannot be used, or the port is taken; one sentence says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BeginAsync(cancellationToken);
        }
        catch (Exception e) when (e is not IOException && DatabaseFailures.Of(e) is { } failure)
        {
            throw new IOException($"{DatabaseAway.Sentence(Name, failure)} ({e.GetBaseException().Message})", e);
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        var databases = new SamDatabases(_options.Database);
        if (_options.Database.Provider == DatabaseProvider.Sqlite)
            _held = DatabaseSetup.TryHold(SqliteFiles.Of(_options.Database)) ?? throw new IOException("Another SAM runs on this database: stop that one, or give this one its own --data folder.");
        await DatabaseSetup.PrepareAsync(databases, cancellationToken);
        await LostAuthority.RequireNoneAsync(databases, _authority, _time.GetUtcNow(), cancellationToken);
        var clock = new HostClock(_options.Time, KernelClock, _time);
        if (_options.Time.Serve)
            _timeServer = NtpServer.Bind(_options.Time, _options.Time.Address.Length > 0 ? _options.Time.Address : _options.Address, clock, _time, _log);
        var parts = _parts = new SamParts(databases, _authority, _options, _time, _log, clock, _tls) { Disks = new OwnDisks(_options.Database, _authority.Folder) { Space = DiskSpace } };
        await parts.ReloadAsync(cancellationToken);
        await parts.Heads.CheckAsync(cancellationToken);
        await NoteAsync(parts, "system.start", cancellationToken);
        _noted = true;
        _server = SamServer.Build(_options, _tls.Server, (parts.Registry, _authority.Certificate), services =>
        {
            services.AddSingleton(_logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>)).AddSingleton(_time).AddSingleton(_authority);
            services.AddSingleton(databases).AddSingleton(parts.Writer).AddSingleton(parts.Registry).AddSingleton(parts.Enrolments);
            services.AddSingleton(new SamIdentityFolder(_authority.Folder)).AddSingleton(new LinkTest(parts.Slides, _tls.Client, TimeEndPoint, _time));
            services.AddSingleton(parts.Configuration).AddSingleton(parts.Scanners).AddSingleton(parts.Images).AddSingleton(parts.Slides).AddSingleton(parts.SlideRequests).AddSingleton(parts.Openings).AddSingleton(parts.Alerts);
            services.AddSingleton(parts.Users).AddSingleton(parts.Sessions).AddSingleton(parts.SignIn).AddSingleton(parts.OwnAccount);
            services.AddSingleton(parts.Support).AddSingleton(parts.FirstAdmin);
            services.AddSingleton(parts.Events).AddSingleton(new EventSearch(databases)).AddSingleton(new EventAcknowledgement(parts.Writer));
            services.AddSingleton(parts.Pins).AddSingleton(parts.PinCheck).AddSingleton(parts.Renewals).AddSingleton(parts.ForeignCertificates);
        });
        await _server.StartAsync(cancellationToken);
        // In the order they were asked for: the machines' entrance, the people's.
        int[] ports = [.. _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a.Replace("[::]", "[::1]", StringComparison.Ordinal)).Port)];
        LocalEndPoint = EndPoint(_options.Address, ports[0]);
        WebEndPoint = EndPoint(_options.Web.Address, ports[1]);
        FirstAdminToken = await parts.FirstAdmin.OfferAsync(cancellationToken);
        if (_held is not null)
            parts.Lease.HoldAlone();
        else
            await parts.Lease.StartAsync(_log, cancellationToken);
        _forwarder = new DsrForwarder(parts, _tls.Client, _time, _log);
        _forwarder.Start();
        _nodes = new NodeReports(parts, $"{Environment.MachineName}:{LocalEndPoint.Port}", _time);
        _notifier = new Notifier(parts, _nodes, _options.Notifications, _time, _log);
        _notifier.Start();
        if (RepositoryAddress.TryParse(_options.Audit.Syslog) is { } repository)
            _repository = new RepositoryForwarder(new RepositoryTarget(repository, _tls.AuditRepository ?? _tls.Client), parts, _authority.Folder, _time, _log);
        _repository?.Start();
        parts.EventRetention.Start(_log);
        parts.Metrics.Watch = new SamWatch(parts, _authority, _repository, _time);
        // What another node has changed waits for no other work.
        _rhythm = Task.WhenAll(
            Task.Run(() => KeepUpAsync(parts, ReloadRhythm, (Chore.Reload, parts.ReloadAsync)), CancellationToken.None),
            Task.Run(
                () => KeepUpAsync(
                    parts, Rhythm,
                    (Chore.Certificates, parts.Renewals.RetireAsync), (Chore.Heartbeats, parts.Scanners.WriteDownAsync), (Chore.Converters, parts.Slides.ExchangeAsync),
                    (Chore.Heads, parts.Heads.KeepAsync), (Chore.Sessions, parts.Sessions.ForgetAsync)),
                CancellationToken.None));
        _timeServer?.Start();
        if (TimeEndPoint is { } timeAt)
            Log.ServingTime(_log, timeAt.ToString());
        Log.Listening(_log, LocalEndPoint.ToString(), _options.Database.Provider);
    }

    /// <summary>Has image metadata go to a DSR, if nobody has configured anything yet: one that runs beside this SAM needs no page for it.</summary>
    /// <param name="hostname">Its host.</param>
    /// <param name="port">Its TCP port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PointToDsrAsync(string hostname, int port, CancellationToken cancellationToken)
    {
        var configuration = _parts!.Configuration;
        if (configuration.Document(ConfigurationStore.Defaults).Version > 0)
            return;
        var document = new JsonObject { ["dsr"] = new JsonObject { ["hostname"] = hostname, ["port"] = port } };
        await configuration.ChangeAsync(ConfigurationStore.Defaults, document, expectedVersion: 0, "The DSR runs on this machine.", Actor.System, cancellationToken);
    }

    /// <summary>Stops accepting, answers what waits, writes down what is in memory.</summary>
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
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        _timeServer?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        if (_forwarder is not null)
            await _forwarder.DisposeAsync();
        if (_notifier is not null)
            await _notifier.DisposeAsync();
        await _rhythm;
        if (_parts is not null && _noted)
            await WriteDownAsync(_parts);
        if (_repository is not null)
            await _repository.DisposeAsync();
        if (_nodes is not null)
            await TryAtEndAsync("that it stops; the others miss it", _nodes.LeaveAsync);
        if (_parts is not null && _noted)
            await TryAtEndAsync("that others on its database may do its work now; they wait until its lease is over", _parts.Lease.GiveBackAsync);
        if (_parts is not null)
            await _parts.DisposeAsync();
        _held?.Dispose();
        _authority.Dispose();
    }

    // While the database is away the ports go on answering from memory, and each of these is tried again.
    private async Task KeepUpAsync(SamParts parts, TimeSpan rhythm, params (Chore Chore, Func<CancellationToken, Task> DoAsync)[] works)
    {
        using var timer = new PeriodicTimer(rhythm, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var (chore, doAsync) in works)
                    await parts.Housekeeping.TryAsync(chore, () => doAsync(_stop.Token), _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // SAM stops.
        }
    }

    // At the end, and no more than can be: a full disk or a database that is away keeps nobody from stopping. The trail's last entry is signed:
    // what is cut off while nobody runs shows at the next start.
    private async Task WriteDownAsync(SamParts parts)
    {
        await TryAtEndAsync("the last heartbeats; the next ones say the same again", () => parts.Scanners.WriteDownAsync(CancellationToken.None));
        await TryAtEndAsync("its end in the audit trail", async () =>
        {
            await parts.Heads.CheckAsync(CancellationToken.None);
            await NoteAsync(parts, "system.stop", CancellationToken.None);
            await parts.Heads.SignAsync(CancellationToken.None);
        });
    }

    private async Task TryAtEndAsync(string what, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (e is IOException || DatabaseFailures.Of(e) is not null || e is DbException or DbUpdateException)
        {
            Log.NotWrittenDown(_log, what, e.GetBaseException().Message, e);
        }
    }

    private static Task NoteAsync(SamParts parts, string action, CancellationToken cancellationToken) => parts.Writer.NoteAsync(
        Actor.System, action, "sam", $"{Environment.MachineName}, version {typeof(SamRole).Assembly.GetName().Version}", succeeded: true, cancellationToken);

    private static IPEndPoint EndPoint(string address, int port) => new(address == "*" ? IPAddress.IPv6Any : IPAddress.Parse(address), port);
}

/// <summary>What SAM is made of, put together.</summary>
internal sealed class SamParts : IAsyncDisposable
{
    private readonly Passwords _passwords;
    private readonly SecretBox _secrets;
    private readonly PinHashes _pinHashes;

    internal SamParts(SamDatabases databases, CertificateAuthority authority, SamOptions options, TimeProvider time, ILogger log, HostClock? clock = null, SamTls? tls = null)
    {
        (Databases, Time) = (databases, options.Time);
        Clock = clock ?? new HostClock(options.Time, KernelClock.TryRead, time);
        Housekeeping = new Housekeeping(time, log);
        Disks = new OwnDisks(options.Database, authority.Folder);
        Writer = new SamWriter(databases, time);
        Writer.Wrote += Metrics.Wrote;
        Lease = new Lease(databases, $"{Environment.MachineName}/{Guid.NewGuid():n}", time);
        Registry = new CertificateRegistry(databases);
        Enrolments = new Enrolments(Writer, authority, Registry);
        Renewals = new Renewals(Writer, authority, Registry, time);
        ForeignCertificates = new ForeignCertificates(Writer, Registry, tls?.FurtherAuthorities ?? (() => []), time);
        InstalledUntil = tls?.InstalledUntil ?? (() => null);
        Configuration = new ConfigurationStore(databases, Writer);
        Scanners = new ScannerDirectory(databases, Writer, Registry, Metrics, time);
        Images = new ImageIntake(Writer, Metrics);
        Slides = new SlideDirectory(databases, Writer, time);
        SlideRequests = new SlideRequests(databases, Writer);
        Openings = new SlideOpenings(Writer);
        Events = new EventIntake(Writer);
        EventRetention = new EventRetention(databases, Writer, options, Housekeeping, time);
        Alerts = new AlertBoard(Writer, Notifier.ChannelsOf(options.Notifications));
        using var alone = authority.Hold(); // another SAM may start beside it and make the same keys
        Heads = new TrailHeads(databases, Writer, authority.Folder, time, log);
        _passwords = new Passwords(options.Users.HashIterations);
        _secrets = SecretBox.OpenOrCreate(authority.Folder);
        var credentials = new Credentials(_passwords, new Totp(_secrets), new LockOut(options.Users));
        Users = new UserDirectory(databases, Writer, _passwords, options.Users);
        Sessions = new Sessions(databases, Writer, options.Users, time);
        SignIn = new SignIn(databases, Writer, credentials, Sessions);
        OwnAccount = new OwnAccount(databases, Writer, credentials, Users);
        Support = new SupportAccess(databases, Writer, time);
        FirstAdmin = new FirstAdmin(databases, Writer, _passwords, Users);
        _pinHashes = PinHashes.OpenOrCreate(authority.Folder);
        Pins = new PinDirectory(databases, Writer, _pinHashes, options.Users, time);
        PinCheck = new PinCheck(databases, Writer, _pinHashes, time);
    }

    internal SamDatabases Databases { get; }

    internal SamWriter Writer { get; }

    internal Lease Lease { get; }

    internal CertificateRegistry Registry { get; }

    internal Enrolments Enrolments { get; }

    internal Renewals Renewals { get; }

    internal ForeignCertificates ForeignCertificates { get; }

    internal Func<DateTimeOffset?> InstalledUntil { get; }

    internal ConfigurationStore Configuration { get; }

    internal ScannerDirectory Scanners { get; }

    internal ImageIntake Images { get; }

    internal SlideDirectory Slides { get; }

    internal SlideRequests SlideRequests { get; }

    internal SlideOpenings Openings { get; }

    internal EventIntake Events { get; }

    internal EventRetention EventRetention { get; }

    internal AlertBoard Alerts { get; }

    internal Housekeeping Housekeeping { get; }

    internal OwnDisks Disks { get; init; }

    internal HostClock Clock { get; }

    internal TimeOptions Time { get; }

    internal TrailHeads Heads { get; }

    internal SamMetrics Metrics { get; } = new();

    internal UserDirectory Users { get; }

    internal Sessions Sessions { get; }

    internal SignIn SignIn { get; }

    internal OwnAccount OwnAccount { get; }

    internal SupportAccess Support { get; }

    internal FirstAdmin FirstAdmin { get; }

    internal PinDirectory Pins { get; }

    internal PinCheck PinCheck { get; }

    /// <summary>What is wrong with the work this SAM does by itself.</summary>
    internal IEnumerable<Problem> OwnWork() => EventRetention.Problem() is { } retention ? Housekeeping.Problems().Append(retention) : Housekeeping.Problems();

    internal async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await Registry.ReloadAsync(cancellationToken);
        await Configuration.ReloadAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Images.DisposeAsync();
        await Events.DisposeAsync();
        await EventRetention.DisposeAsync();
        await Lease.DisposeAsync();
        Heads.Dispose();
        _passwords.Dispose();
        _secrets.Dispose();
        Configuration.Dispose();
        _pinHashes.Dispose();
        Writer.Dispose();
        Registry.Dispose();
        Metrics.Dispose();
    }
}

/// <summary>Where the installation's keys lie.</summary>
internal sealed record SamIdentityFolder(string Path);
