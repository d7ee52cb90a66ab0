using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Protocol;
using Slideport.Protocol.Fleet;

namespace Slideport.Converter.Sam;

/// <summary>
/// Asks SAM: who the scanners are and what is to be made of their slides, which certificates are good no more, and which instances a slide that is
/// coming in has. SAM being away stops nothing: the converter goes on with what it knows, and asks again. A change reaches it at once, a revocation
/// with it.
/// </summary>
internal sealed class SamLink : IAsyncDisposable
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly KnownScanners _scanners;
    private readonly SlideSpool _spool;
    private readonly Action<SpooledSlide> _wake;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SamLine _fleet;
    private readonly SamLine _manifests;
    private BackgroundLoop? _fleetLoop;
    private BackgroundLoop? _manifestLoop;
    private string? _tag;

    internal SamLink(SamAddress sam, KnownScanners scanners, SlideSpool spool, Action<SpooledSlide> wake, (TimeProvider Time, ILogger Log) surroundings)
    {
        _scanners = scanners;
        _spool = spool;
        _wake = wake;
        (_time, _log) = surroundings;
        _fleet = new SamLine(sam, "the scanners", _log);
        _manifests = new SamLine(sam, "manifests", _log);
    }

    /// <summary>Raised after SAM's word of the scanners has changed: connections may have to go.</summary>
    internal event Action? ScannersChanged;

    internal void Start()
    {
        _fleetLoop = new BackgroundLoop("SAM's scanners", Pause, stop => _fleet.AskAsync(LearnScannersAsync, stop), _time, _log);
        _manifestLoop = new BackgroundLoop("SAM's manifests", Pause, stop => _manifests.AskAsync(LearnManifestsAsync, stop), _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleetLoop is not null)
            await _fleetLoop.DisposeAsync();
        if (_manifestLoop is not null)
            await _manifestLoop.DisposeAsync();
        _fleet.Dispose();
        _manifests.Dispose();
    }

    private async Task LearnScannersAsync(SamRoleClient client, CancellationToken cancellationToken)
    {
        if (await client.GetFleetAsync(_tag, LongPoll, cancellationToken) is not { } answer)
            return;
        _tag = answer.Tag;
        try
        {
            _scanners.Learn(answer.Fleet);
        }
        catch (IOException e)
        {
            Log.FleetNotTaken(_log, e.Message);
        }

        ScannersChanged?.Invoke();
    }

    // A scanner may tell of an image before, while and after it sends it: open slides are asked for until SAM knows, the longest unasked first.
    private async Task LearnManifestsAsync(SamRoleClient client, CancellationToken cancellationToken)
    {
        var open = _spool.Slides.Where(s => s.HoldAgainstManifest() is not { Unfulfilled: null } && s.Record is { } record && record.State.IsOpen())
            .OrderBy(s => s.AskedAt).Take(ManifestQuestion.MaxSeries).ToArray();
        if (open.Length == 0)
            return;
        var manifests = (await client.GetManifestsAsync([.. open.Select(s => s.Key.SeriesInstanceUid).Distinct()], cancellationToken))
            .ToLookup(m => m.SeriesInstanceUid, StringComparer.Ordinal);
        foreach (var slide in open)
        {
            slide.AskedAt = _time.GetTimestamp();
            // Only a scanner's own word counts; where there are no certificates, its instances' hashes must do.
            var serial = _scanners.SerialNumberOf(slide.Key.Scanner);
            var told = manifests[slide.Key.SeriesInstanceUid].LastOrDefault(m => m.SerialNumber == serial || !slide.Key.IsProven)?.Instances;
            if (told is null || (slide.Manifest is { } before && told.SequenceEqual(before)))
                continue;
            slide.Manifest = told;
            _wake(slide);
        }
    }
}
