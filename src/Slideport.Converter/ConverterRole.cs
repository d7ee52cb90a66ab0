using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Completion;
using Slideport.Converter.Converting;
using Slideport.Converter.Delivery;
using Slideport.Converter.Destinations;
using Slideport.Converter.Monitoring;
using Slideport.Converter.Receiving;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Converter.Verification;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Readiness;
using Slideport.Protocol;

namespace Slideport.Converter;

/// <summary>The DICOM Converter: takes slides from scanners over DICOM and puts them into the image file system (flows F1 and F2).</summary>
/// <remarks>Stateless but for its spool: start it on the same folders after any end, and it goes on.</remarks>
public sealed class ConverterRole : IHostedService, IAsyncDisposable
{
    // How long a scanner may take to finish its instance when we are asked to stop.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(30);

    private readonly ConverterOptions _options;
    private readonly ConverterTls? _tls;
    private readonly SamAddress? _sam;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile bool _isStopping;
    private SpoolFolder? _folder;
    private SlideProcessor? _processor;
    private CommitmentReports? _reports;
    private SpoolRequests? _requests;
    private SpoolScrub? _scrub;
    private ImageStores? _stores;
    private DestinationLanes? _destinations;
    private DestinationsAhead? _ahead;
    private DestinationReserve? _reserve;
    private SlideReturns? _returns;
    private KnownScanners? _scanners;
    private SamLink? _link;
    private SamReports? _samReports;
    private SlideRequests? _samRequests;
    private AssociationListener? _listener;

    /// <summary>A role that is not started yet.</summary>
    /// <param name="options">Settings; see <see cref="ConverterOptions.Validate"/>.</param>
    /// <param name="tls">Certificates; may be null only with <see cref="ConverterOptions.Tls"/> off.</param>
    /// <param name="sam">The SAM DataServer; null: the converter's own settings hold for every scanner.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <exception cref="ArgumentException">The settings cannot be used; the message says why, a sentence each.</exception>
    public ConverterRole(ConverterOptions options, ConverterTls? tls, SamAddress? sam, TimeProvider time, ILogger<ConverterRole> log)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        if (options.Tls && tls is null)
            throw new ArgumentException("Converter:Tls is on, but there is no certificate.", nameof(tls));
        _options = options;
        _tls = tls;
        _sam = sam;
        _time = time;
        _log = log;
    }

    /// <summary>Where it listens; null until started.</summary>
    public IPEndPoint? LocalEndPoint => _listener?.LocalEndPoint;

    /// <summary>What it needs to do its work; asking also refreshes what its gauges show of the image store.</summary>
    public IReadOnlyList<ReadinessCheck> Checks =>
    [
        new("port", _ => Task.FromResult(_isStopping || _listener is null ? "The DICOM Converter does not listen: it has not started, or is stopping." : null)),
        .. Metrics.Watch?.Checks ?? [],
    ];

    internal ConverterMetrics Metrics { get; } = new();

    /// <summary>What a person can have done with a slide from afar; null until started.</summary>
    internal SlideActions? Actions { get; private set; }

    /// <summary>Whether SAM has revoked a certificate.</summary>
    public bool IsRevoked(X509Certificate2 certificate) => _scanners?.IsRevoked(certificate) == true;

    /// <summary>Takes the spool, makes it whole, goes on with what was under way, then listens.</summary>
    /// <exception cref="IOException">The spool is in use or its disk unusable; one sentence says what to do.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _folder = SpoolFolder.Open(_options.SpoolFolder);
        var spool = new SlideSpool(_folder, _time, _log);
        new SpoolRecovery(spool, _time, _log).Run(cancellationToken);
        var stores = _stores = new ImageStores(_folder, _options.ImageStoreLocation, _options.ShareCredentialsFolder);
        _scanners = new KnownScanners(_folder, stores, _options);
        var names = new SlideNames(spool, stores);
        var destinations = _destinations = new DestinationLanes((_options, _options.Tls ? _tls : null, _scanners.IsRevoked), spool, stores, names, (_time, _log));
        var choice = new DestinationChoice(destinations.Destinations, _scanners, _time);
        var stages = Stages(spool, stores, names, choice);
        _processor = new SlideProcessor(spool, stages, _options, _time, _log);
        _requests = new SpoolRequests(spool, slide =>
        {
            _processor.Wake(slide);
            destinations.TryNow(slide);
        }, _time, _log);
        _reserve = new DestinationReserve(spool, destinations.Lanes, _options, (_processor.Wake, Metrics), (_time, _log));
        _ahead = new DestinationsAhead(spool, choice, _time, _log);
        _returns = new SlideReturns(spool, stores, _options, (_time, _log));
        Actions = new SlideActions(spool, stores, destinations, (_requests, _returns), _time);
        _scrub = new SpoolScrub(spool, stages.Attempts, _options.ScrubInterval, _time, _log);
        var receiver = new StoreReceiver(spool, _scanners, _options, _time, _log);
        receiver.SenderLeft += _processor.Wake;
        receiver.Received += OnReceived;
        _reports = new CommitmentReports(_folder, _options, _options.Tls ? _tls : null, _time, _log);
        _listener = new AssociationListener(
            new ListenerOptions
            {
                Address = _options.Address == "*" ? IPAddress.IPv6Any : IPAddress.Parse(_options.Address),
                Port = _options.Port,
                AETitle = null, // the title is a label; scanners are known by their certificates
                Tls = _options.Tls ? ServerOptions : null,
                Refusal = receiver.Disk.AssociationRefusal,
                Time = _time,
                Observe = OnObserved,
            },
            new DicomServices
            {
                Store = receiver,
                StorageCommitment = new CommitmentHandler(spool, _scanners, _reports, _processor.Wake, _log),
                StorageCommitmentReports = destinations.Reports,
            });
        if (_sam is not null)
            StartWithSam(_sam, spool, stores, destinations);

        Metrics.Watch = new ConverterWatch(spool, stores, receiver, _time) { Reports = _reports, Destinations = destinations.Lanes, Unnamed = () => destinations.Unnamed, SamReports = _samReports, Tls = _options.Tls ? _tls : null };
        _processor.Start();
        destinations.Start();
        _ahead.Start();
        _reserve.Start();
        _returns.Start();
        _requests.Start();
        _reports.Start();
        _scrub.Start();
        _listener.Start();
        Log.Listening(_log, _listener.LocalEndPoint.ToString(), _options.Tls, _folder.Root, stores.Own.Location);
        return Task.CompletedTask;
    }

    /// <summary>Stops accepting, lets running associations finish, and leaves everything so that the next start goes on.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        if (_listener is not null)
            await _listener.StopAsync(Drain);
        await DisposeAsync();
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        // Before what they wake and hand to.
        foreach (var part in (IAsyncDisposable?[])[_listener, _link, _samReports, _samRequests, _requests, _returns, _reserve, _ahead, _scrub, _destinations, _processor, _reports])
        {
            if (part is not null)
                await part.DisposeAsync();
        }

        Actions?.Dispose();
        _stores?.Dispose();
        _folder?.Dispose();
        Metrics.Dispose();
        (_listener, _link, _samReports, _samRequests, _requests, _returns, _reserve, _ahead, _scrub, _destinations, _processor, _reports, _folder) = (null, null, null, null, null, null, null, null, null, null, null, null, null);
    }

    private void StartWithSam(SamAddress sam, SlideSpool spool, ImageStores stores, DestinationLanes destinations)
    {
        var who = (_options.Name.Length > 0 ? _options.Name : Environment.MachineName, sam);
        _link = new SamLink(sam, _scanners!, spool, _processor!.Wake, (_time, _log));
        _link.ScannersChanged += () => _listener!.CloseWhere(_scanners!.IsRevoked);
        _link.Start();
        _samReports = new SamReports(who, _scanners!, spool, stores, (_time, _log))
        {
            Destinations = [.. destinations.Destinations.Where(d => d.Pacs is null).Select(d => d.Settings.Location).OfType<string>()],
        };
        _samReports.Start();
        _samRequests = new SlideRequests(who, Actions!, (_time, _log));
        _samRequests.Start();
    }

    private SlideStages Stages(SlideSpool spool, ImageStores stores, SlideNames names, DestinationChoice choice)
    {
        var attempts = new Attempts(spool, _time, _log);
        return new SlideStages(
            new SlideConversion(spool, stores, names, attempts, (_scanners!, _log)),
            new SlideDelivery(spool, stores, names, attempts, _log),
            new SlideVerification(spool, stores, attempts, choice, (_time, _log)),
            attempts,
            new StageTimer(Metrics, _time));
    }

    private void OnObserved(AssociationEvent observed)
    {
        Log.Observed(_log, observed);
        Metrics.Observed(observed);
    }

    private void OnReceived(Reception reception)
    {
        Metrics.Took(reception.Outcome, reception.Receipt.DataSetBytes);
        ConverterSpans.Received(reception, _time.GetUtcNow());
    }

    private System.Net.Security.SslServerAuthenticationOptions ServerOptions(string name) => TlsPolicy.ForServer(
        _tls!.Certificate(name),
        !_options.RequireClientCertificate ? null
        : new ClientTrust(_tls.ClientAuthorities) { IsRevoked = _scanners!.IsRevoked, FurtherAuthorities = _tls.FurtherAuthorities, IsRegistered = _scanners.IsRegistered });
}
