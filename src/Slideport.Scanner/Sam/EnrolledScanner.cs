using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Identity;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Status;
using Slideport.Protocol.Time;
using Slideport.Scanner.Clock;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;

namespace Slideport.Scanner.Sam;

/// <summary>
/// A virtual scanner that SAM looks after (flows F3, F6 and F7): it sets its clock, asks for its configuration and runs it, shows that it is
/// alive, learns from SAM where images go, and tells of each image it has made, also of those an earlier run was stopped before it could.
/// </summary>
public sealed class EnrolledScanner : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookAtCertificate = TimeSpan.FromHours(1);

    private readonly Uri _sam;
    private readonly ScannerLink _link;
    private readonly ScannerClock _clock;
    private readonly ClockDiscipline _discipline;
    private readonly UntoldImages _untold;
    private readonly ConcurrentDictionary<string, bool> _left; // files of what an earlier run, or a scan that ended early, has not told
    private readonly SemaphoreSlim _tellingLeft = new(1);
    private TimeSpan _pauseOfLeft;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new(); // guards _status, _configuration and _otherTimeServer
    private ScannerStatus _status = new()
    {
        State = ScannerState.Idle,
        HardwareVersion = "virtual",
        SoftwareVersion = typeof(EnrolledScanner).Assembly.GetName().Version!.ToString(),
        Hostname = Dns.GetHostName(),
        MacAddress = MacAddress(),
    };

    private ConfigurationAnswer _configuration;
    private TaskCompletionSource _otherTimeServer = Signal();
    private Task _background = Task.CompletedTask;

    private EnrolledScanner(Uri sam, ScannerLink link, ConfigurationAnswer configuration, (ScannerClock Clock, ClockDiscipline Discipline) time)
    {
        (_sam, _link, _configuration) = (sam, link, configuration);
        (_clock, _discipline) = time;
        _untold = UntoldImages.Of(link.Identity);
        _left = new ConcurrentDictionary<string, bool>(_untold.Files().Select(file => KeyValuePair.Create(file, true)), StringComparer.Ordinal);
        Console = new ScannerConsole(() => link.Client, () => Configuration.Configuration.PinManagement, _clock);
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

    /// <summary>When its certificate ends. It is renewed before.</summary>
    public DateTimeOffset CertificateEnds => new(_link.Identity.Certificate.NotAfter);

    /// <summary>Why SAM did not renew the certificate the last time it was asked; null when it did, or need not.</summary>
    public string? RenewalProblem { get; private set; }

    /// <summary>Why the clock could not be set; null when it could.</summary>
    public string? ClockProblem => _discipline.Problem;

    /// <summary>What was in the way of telling SAM of images, and where what it was to be told lies now; a sentence each.</summary>
    public IReadOnlyList<string> ImageProblems => _untold.Problems;

    /// <summary>How many of its images lie at the converter and SAM has not been told of: what is left at the end, the next start tells.</summary>
    public int CountUntold() => _untold.Files().Count;

    /// <summary>The same of a scanner that does not run.</summary>
    /// <param name="identity">Who the scanner is.</param>
    public static int CountUntold(ScannerIdentity identity) => UntoldImages.Of(identity).Files().Count;

    /// <summary>Sets the clock, reports to SAM and begins to run what it says, and to tell of the images an earlier run was stopped before it could.</summary>
    /// <remarks>Before it has a configuration it knows no time server but SAM's host: whose clock is wrong by years can trust no certificate.</remarks>
    /// <param name="sam"><c>https://host:44386</c>.</param>
    /// <param name="identity">Who the scanner is.</param>
    /// <param name="clock">The scanner's clock; null for the system's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM does not want it.</exception>
    /// <exception cref="HttpRequestException">SAM cannot be reached, or the certificate is good no more.</exception>
    public static async Task<EnrolledScanner> StartAsync(Uri sam, ScannerIdentity identity, ScannerClock? clock = null, CancellationToken cancellationToken = default)
    {
        clock ??= new ScannerClock(TimeProvider.System);
        var discipline = new ClockDiscipline(clock);
        await discipline.AskAsync(sam.Host, NtpPacket.Port, cancellationToken);
        var link = new ScannerLink(sam, identity);
        try
        {
            var configuration = (await link.Client.GetConfigurationAsync(null, TimeSpan.Zero, cancellationToken))!;
            var scanner = new EnrolledScanner(sam, link, configuration, (clock, discipline));
            scanner.ShowZone();
            await scanner.SendStatusAsync(cancellationToken);
            await scanner.SetClockAsync(cancellationToken);
            scanner._background = Task.WhenAll(
                scanner.RepeatAsync(scanner.BeatAsync), scanner.RepeatAsync(scanner.KeepTimeAsync), scanner.RepeatAsync(scanner.RenewAsync),
                scanner.RepeatAsync(scanner.TellLeftFromTimeToTimeAsync));
            return scanner;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Scans slides, sends them where SAM says, and tells SAM of every image that was acknowledged and committed.</summary>
    /// <param name="sources">The slides in the rack.</param>
    /// <param name="options">What to do; the serial number is the identity's, the format of the instances theirs.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellationToken">Stops everything.</param>
    /// <exception cref="ConsoleLockedException">Nobody has entered his PIN, or too long ago: no rack is loaded. One that is loaded is scanned to its end.</exception>
    /// <exception cref="SlideRefusedException">The label has no valid id, and SAM wants one.</exception>
    /// <exception cref="SamException">SAM did not take an image's metadata.</exception>
    public async Task<ScanResult> ScanAsync(
        IReadOnlyList<ScanSource> sources, ScanOptions options, IProgress<SendProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Console.Touch();
        var images = Configuration.Configuration.Images;
        if (images.RequireValidId && !BarcodeRules.IsValid(options.Slide.Barcode, images.BarcodePattern))
        {
            await ShowAsync(ScannerState.Error, "A label has no valid id.", cancellationToken);
            throw new SlideRefusedException($"The label's barcode '{options.Slide.Barcode}' is no valid id, and SAM wants one (images.requireValidId, images.barcodePattern): the slide is not scanned.");
        }

        var host = images.Hostname.Length > 0 ? images.Hostname : _sam.Host;
        var folder = options.Folder ?? Directory.CreateTempSubdirectory("slideport-scan-").FullName;
        var identity = _link.BeginScan();
        var untold = new ConcurrentQueue<ImageMetadata>();
        try
        {
            var slides = sources.Count * options.Count;
            await ShowAsync(ScannerState.Scanning, $"{slides} slides", cancellationToken, racks: 1, slidesWaiting: slides);
            var target = new SendTarget(host, images.Port)
            {
                CalledAETitle = images.Title,
                Tls = TlsPolicy.ForClient(MachineNames.Converter, identity.Authorities, identity.Certificate),
            };
            var slide = options.Slide with
            {
                SerialNumber = identity.SerialNumber,
                Quality = images.ImageQuality,
                ScaleFactor = images.ScanScaleFactor,
                TimeProvider = _clock,
                Writer = options.Slide.Writer with { TimeProvider = _clock },
            };
            var result = await VirtualScanner.ScanAsync(
                sources, target, options with { Folder = folder, Slide = slide, Scanned = _ => Count(), Sent = Keep }, progress, cancellationToken);
            await TellAllAsync(untold, cancellationToken);
            await ShowAsync(result.IsComplete ? ScannerState.Idle : ScannerState.Error, result.IsComplete ? "" : "Not every slide was acknowledged.", cancellationToken);
            return result;
        }
        finally
        {
            _link.EndScan();
            Leave(untold); // it ended early
            if (options.Folder is null)
                Directory.Delete(folder, recursive: true);
        }

        // The next heartbeat tells.
        void Count()
        {
            lock (_lock)
                _status = _status with { SlidesWaiting = _status.SlidesWaiting - 1, SlidesScanned = _status.SlidesScanned + 1 };
        }

        // While the rest of the rack is scanned: whatever ends this process from now on, SAM will know of it.
        void Keep(IReadOnlyList<SentInstance> sent)
        {
            if (sent.Count == 0 || !sent.All(i => i.IsAcknowledged && i.IsCommitted != false))
                return;
            var image = ImageReport.Of(sent, options.Slide, Configuration.Version, _clock.GetUtcNow());
            _untold.Keep(image);
            untold.Enqueue(image);
        }
    }

    /// <summary>Tells SAM, once now, of each image that an earlier run, or a scan that ended early, could not tell. It is tried in the background, too.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many are left still.</returns>
    public async Task<int> TellLeftAsync(CancellationToken cancellationToken)
    {
        await _tellingLeft.WaitAsync(cancellationToken);
        try
        {
            foreach (var file in _left.Keys.Order(StringComparer.Ordinal))
            {
                if (File.Exists(file) && _untold.Read(file) is { } image)
                    await TellOnceAsync(image, cancellationToken);
                if (!File.Exists(file))
                    _left.TryRemove(file, out _);
            }
        }
        catch (Exception e) when (IsAway(e, cancellationToken))
        {
            // Who does not answer for one does not for the others.
        }
        finally
        {
            _tellingLeft.Release();
        }

        return _left.Count;
    }

    /// <summary>Falls silent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _background;
        _link.Dispose();
        _stop.Dispose();
        _tellingLeft.Dispose();
    }

    // Of the interface that is up; a machine without one has none to tell.
    private static string MacAddress() =>
        Array.Find(NetworkInterface.GetAllNetworkInterfaces(), i => i.OperationalStatus == OperationalStatus.Up && i.GetPhysicalAddress().GetAddressBytes() is { Length: 6 } bytes && bytes.Any(b => b != 0)) is { } up
            ? BitConverter.ToString(up.GetPhysicalAddress().GetAddressBytes())
            : "";

    // One that SAM fails at holds up no other.
    private async Task TellOnceAsync(ImageMetadata image, CancellationToken cancellationToken)
    {
        using var span = ScannerSpans.Tell(image);
        try
        {
            await _link.Client.PutImageAsync(image, cancellationToken);
            _untold.Forget(image);
        }
        catch (SamException e) when (IsOfImage(e))
        {
            _untold.Refuse(image, e);
        }
        catch (SamException)
        {
            // It stays, and is tried again.
        }
    }

    // The longer SAM takes none of it, the less often it is asked.
    private async Task TellLeftFromTimeToTimeAsync(CancellationToken cancellationToken)
    {
        var before = _left.Count;
        var left = await TellLeftAsync(cancellationToken);
        _pauseOfLeft = left == 0 || left < before || _pauseOfLeft == TimeSpan.Zero ? Pause : _pauseOfLeft * 2 < LongestPause ? _pauseOfLeft * 2 : LongestPause;
        await Task.Delay(_pauseOfLeft, _clock, cancellationToken);
    }

    /// <summary>Tells SAM of images. One that it refuses keeps it from none of the others; whoever scans hears of the first.</summary>
    /// <param name="images">Those it knows are taken out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task TellAllAsync(ConcurrentQueue<ImageMetadata> images, CancellationToken cancellationToken)
    {
        SamException? refusal = null;
        while (images.TryPeek(out var image))
        {
            try
            {
                await TellAsync(image, cancellationToken);
            }
            catch (SamException e)
            {
                refusal ??= e;
            }

            images.TryDequeue(out _);
        }

        if (refusal is not null)
            throw refusal;
    }

    /// <summary>What nobody waits for any more is told in the background.</summary>
    internal void Leave(IEnumerable<ImageMetadata> images)
    {
        foreach (var image in images)
            _left.TryAdd(_untold.FileOf(image), true);
    }

    private async Task TellAsync(ImageMetadata image, CancellationToken cancellationToken)
    {
        using var span = ScannerSpans.Tell(image);
        while (true)
        {
            try
            {
                await _link.Client.PutImageAsync(image, cancellationToken);
                _untold.Forget(image);
                return;
            }
            catch (SamException e) when (IsOfImage(e))
            {
                _untold.Refuse(image, e);
                throw;
            }
            catch (Exception e) when (IsAway(e, cancellationToken))
            {
                // SAM is away. The images are with the converter, and wait for what only this scanner can tell of them.
                await Task.Delay(Pause, _clock, cancellationToken);
            }
        }
    }

    // The image is wrong, not who tells of it: a scanner that is let in again finds what it has to tell.
    private static bool IsOfImage(SamException refusal) =>
        refusal.Status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;

    // SAM cannot be reached, fails, or does not answer in time: the same may be taken another time.
    private static bool IsAway(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or SamException { MayPass: true } || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

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
                await Task.Delay(Pause, _clock, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    // Until the next heartbeat SAM may wait with its answer to this one: it comes as soon as there is another configuration to run.
    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var (sent, wait) = (_clock.GetTimestamp(), TimeSpan.FromSeconds(Math.Min(Configuration.Configuration.Basic.HeartbeatSeconds, SamClient.LongestWait.TotalSeconds)));
        var answer = await SendStatusAsync(wait, cancellationToken);
        if (answer.ConfigurationVersion != Configuration.Version)
        {
            // Where SAM has several nodes, the one that is asked now may hear of it a moment later.
            if (await _link.Client.GetConfigurationAsync(Configuration.Tag, Pause, cancellationToken) is { } changed)
                Run(changed);
        }
        else if (wait - _clock.GetElapsedTime(sent) is var left && left > TimeSpan.Zero)
            await Task.Delay(left, _clock, cancellationToken); // it did not wait: it is about to stop
    }

    private void Run(ConfigurationAnswer configuration)
    {
        lock (_lock)
        {
            if (TimeServer(configuration.Configuration.Time) != TimeServer(_configuration.Configuration.Time))
                _otherTimeServer.TrySetResult();
            _configuration = configuration;
        }

        ShowZone();
    }

    // A zone this machine has no data for leaves the one it showed: SAM refuses what it does not know, and its data may be newer.
    private void ShowZone()
    {
        if (TimeZoneInfo.TryFindSystemTimeZoneById(Configuration.Configuration.Time.Zone, out var zone))
            _clock.Show(zone);
    }

    // Whatever SAM says against it, it says again if it is asked again: not before the next hour.
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _link.RenewAsync(_clock.GetUtcNow(), cancellationToken);
            RenewalProblem = null;
        }
        catch (SamException e)
        {
            RenewalProblem = e.Message;
        }

        await Task.Delay(LookAtCertificate, _clock, cancellationToken);
    }

    // Every poll, and at once when SAM names another server.
    private async Task KeepTimeAsync(CancellationToken cancellationToken)
    {
        Task otherServer;
        lock (_lock)
            otherServer = _otherTimeServer.Task;
        try
        {
            await otherServer.WaitAsync(_discipline.Poll, _clock, cancellationToken);
            lock (_lock)
                _otherTimeServer = Signal();
        }
        catch (TimeoutException)
        {
            // Nothing has changed.
        }

        await SetClockAsync(cancellationToken);
    }

    // SAM hears how far off the clock was before it was set, and after a step also that it now is right.
    private async Task SetClockAsync(CancellationToken cancellationToken)
    {
        var (host, port) = TimeServer(Configuration.Configuration.Time);
        var isStep = await _discipline.AskAsync(host, port, cancellationToken);
        await SendStatusAsync(cancellationToken);
        if (!isStep)
            return;
        await _discipline.AskAsync(host, port, cancellationToken);
        await SendStatusAsync(cancellationToken);
    }

    private (string Host, int Port) TimeServer(TimeSettings settings) => (settings.Server.Length > 0 ? settings.Server : _sam.Host, settings.Port);

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // SAM may be away: nothing waits for that, and the next heartbeat says the same.
    private async Task ShowAsync(ScannerState state, string activity, CancellationToken cancellationToken, int racks = 0, int slidesWaiting = 0)
    {
        lock (_lock)
            _status = _status with { State = state, Activity = activity, Racks = racks, SlidesWaiting = slidesWaiting };
        try
        {
            await SendStatusAsync(cancellationToken);
        }
        catch (Exception e) when (IsAway(e, cancellationToken))
        {
        }
    }

    private Task<StatusAnswer> SendStatusAsync(CancellationToken cancellationToken) => SendStatusAsync(TimeSpan.Zero, cancellationToken);

    private Task<StatusAnswer> SendStatusAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        ScannerStatus status;
        lock (_lock)
        {
            var disk = new DriveInfo(Path.GetTempPath());
            _status = status = _status with
            {
                ConfigurationVersion = _configuration.Version,
                DiskFreeBytes = disk.AvailableFreeSpace,
                DiskTotalBytes = disk.TotalSize,
                ClockOffsetSeconds = _discipline.AheadSeconds,
            };
        }

        return _link.Client.ReportAsync(status, wait, cancellationToken);
    }
}
