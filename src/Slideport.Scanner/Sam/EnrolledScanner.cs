using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Status;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;

namespace Slideport.Scanner.Sam;

/// <summary>
/// A virtual scanner that SAM looks after (flows F3 and F7): it asks for its configuration and runs it, shows that it is alive, learns from SAM
/// where images go, and tells of each image it has made.
/// </summary>
public sealed class EnrolledScanner : IAsyncDisposable
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Uri _sam;
    private readonly ScannerIdentity _identity;
    private readonly SamClient _client;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new(); // guards _status and _configuration
    private ScannerStatus _status = new() { State = ScannerState.Idle, SoftwareVersion = typeof(EnrolledScanner).Assembly.GetName().Version!.ToString() };
    private ConfigurationAnswer _configuration;
    private Task _background = Task.CompletedTask;

    private EnrolledScanner(Uri sam, ScannerIdentity identity, SamClient client, ConfigurationAnswer configuration, TimeProvider time)
    {
        (_sam, _identity, _client, _configuration, _time) = (sam, identity, client, configuration, time);
        Console = new ScannerConsole(client, () => Configuration.Configuration.PinManagement, time);
    }

    /// <summary>Where racks are loaded; locked until somebody's PIN, if SAM wants PINs.</summary>
    public ScannerConsole Console { get; }

    /// <summary>The configuration it runs.</summary>
    public ConfigurationAnswer Configuration
    {
        get
        {
            lock (_lock)
                return _configuration;
        }
    }

    /// <summary>Reports to SAM and begins to run what it says.</summary>
    /// <param name="sam"><c>https://host:44386</c>.</param>
    /// <param name="identity">Who the scanner is.</param>
    /// <param name="time">Clock; null for the system's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM does not want it.</exception>
    /// <exception cref="HttpRequestException">SAM cannot be reached, or the certificate is good no more.</exception>
    public static async Task<EnrolledScanner> StartAsync(Uri sam, ScannerIdentity identity, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var client = new SamClient(sam, TlsPolicy.ForClient(sam.Host, identity.Authorities, identity.Certificate));
        try
        {
            var configuration = (await client.GetConfigurationAsync(null, TimeSpan.Zero, cancellationToken))!;
            var scanner = new EnrolledScanner(sam, identity, client, configuration, time ?? TimeProvider.System);
            await scanner.ReportAsync(ScannerState.Idle, "", cancellationToken);
            scanner._background = Task.WhenAll(scanner.RepeatAsync(scanner.FollowConfigurationAsync), scanner.RepeatAsync(scanner.BeatAsync));
            return scanner;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Scans slides, sends them where SAM says, and tells SAM of every image that was acknowledged and committed.</summary>
    /// <param name="sources">The slides in the rack.</param>
    /// <param name="options">What to do; the serial number is the identity's, the format of the instances theirs.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellationToken">Stops everything.</param>
    /// <exception cref="ConsoleLockedException">Nobody has entered his PIN, or too long ago: no rack is loaded. One that is loaded is scanned to its end.</exception>
    /// <exception cref="SamException">SAM did not take an image's metadata.</exception>
    public async Task<ScanResult> ScanAsync(
        IReadOnlyList<ScanSource> sources, ScanOptions options, IProgress<SendProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Console.Touch();
        var images = Configuration.Configuration.Images;
        var host = images.Hostname.Length > 0 ? images.Hostname : _sam.Host;
        var target = new SendTarget(host, images.Port) { CalledAETitle = images.Title, Tls = TlsPolicy.ForClient(host, _identity.Authorities, _identity.Certificate) };
        var folder = options.Folder ?? Directory.CreateTempSubdirectory("slideport-scan-").FullName;
        await ReportAsync(ScannerState.Scanning, $"{sources.Count * options.Count} slides", cancellationToken);
        try
        {
            var slide = options.Slide with { SerialNumber = _identity.SerialNumber, Quality = images.ImageQuality };
            var result = await VirtualScanner.ScanAsync(sources, target, options with { Folder = folder, Slide = slide }, progress, cancellationToken);
            foreach (var scan in result.Ledger.Instances.GroupBy(i => Path.GetDirectoryName(i.Path)!, StringComparer.Ordinal))
            {
                if (scan.All(i => i.IsAcknowledged && i.IsCommitted != false))
                    await TellAsync(ImageReport.Of([.. scan], options.Slide, Configuration.Version, _time.GetUtcNow()), cancellationToken);
            }

            lock (_lock)
                _status = _status with { SlidesScanned = _status.SlidesScanned + (sources.Count * options.Count) };
            await ReportAsync(result.IsComplete ? ScannerState.Idle : ScannerState.Error, result.IsComplete ? "" : "Not every slide was acknowledged.", cancellationToken);
            return result;
        }
        finally
        {
            if (options.Folder is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Falls silent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _background;
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task TellAsync(ImageMetadata image, CancellationToken cancellationToken)
    {
        using var span = ScannerSpans.Tell(image);
        await _client.PutImageAsync(image, cancellationToken);
    }

    // SAM may be away: the scanner goes on with what it knows, and asks again.
    private async Task RepeatAsync(Func<CancellationToken, Task> step)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await step(_stop.Token);
            }
            catch (Exception e) when (e is HttpRequestException or SamException || (e is OperationCanceledException && !_stop.IsCancellationRequested))
            {
                await Task.Delay(Pause, _time, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task FollowConfigurationAsync(CancellationToken cancellationToken)
    {
        if (await _client.GetConfigurationAsync(Configuration.Tag, LongPoll, cancellationToken) is not { } changed)
            return;
        lock (_lock)
            _configuration = changed;
        await SendStatusAsync(cancellationToken); // the version it runs now
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(Configuration.Configuration.Basic.HeartbeatSeconds), _time, cancellationToken);
        await SendStatusAsync(cancellationToken);
    }

    private Task ReportAsync(ScannerState state, string activity, CancellationToken cancellationToken)
    {
        lock (_lock)
            _status = _status with { State = state, Activity = activity };
        return SendStatusAsync(cancellationToken);
    }

    private async Task SendStatusAsync(CancellationToken cancellationToken)
    {
        ScannerStatus status;
        lock (_lock)
        {
            var disk = new DriveInfo(Path.GetTempPath());
            _status = status = _status with { ConfigurationVersion = _configuration.Version, DiskFreeBytes = disk.AvailableFreeSpace, DiskTotalBytes = disk.TotalSize };
        }

        await _client.ReportAsync(status, cancellationToken);
    }
}
