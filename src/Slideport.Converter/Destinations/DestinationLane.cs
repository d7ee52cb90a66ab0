using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.Protocol;
using Slideport.Slides;

namespace Slideport.Converter.Destinations;

/// <summary>
/// Works for one destination, one slide at a time, and for nobody else: one that is down, full or slow takes nothing from the others. What the
/// surroundings prevent is tried again for ever, with growing pauses; what the slide itself prevents waits for a person.
/// </summary>
internal sealed class DestinationLane : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly IDestinationDelivery _delivery;
    private readonly SlideSpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CircuitBreaker _breaker;
    private BackgroundLoop? _loop;
    private volatile string? _problem;
    private bool _isAsked;

    internal DestinationLane(Destination destination, IDestinationDelivery delivery, SlideSpool spool, (TimeProvider Time, ILogger Log) surroundings)
    {
        Destination = destination;
        _delivery = delivery;
        _spool = spool;
        (_time, _log) = surroundings;
        _breaker = new CircuitBreaker(_time);
    }

    internal Destination Destination { get; }

    /// <summary>Why the destination is taken to be down, as a sentence; null while it is not.</summary>
    internal string? Problem => _problem;

    /// <summary>The slide that is on its way there now; null when none is.</summary>
    internal SpooledSlide? Current { get; private set; }

    /// <summary>Slides that still have to go there, with how far each is.</summary>
    internal IEnumerable<(SpooledSlide Slide, SlideDestination State)> Owed => _spool.Slides
        .Where(s => s.Record is { IsForDestinations: true })
        .SelectMany(s => s.Record!.Destinations.Where(d => d.IsNamed(Destination.Name) && !d.IsSettled).Select(d => (s, d)));

    internal void Start()
    {
        // What the records tell of failures outlives the process: one that was down is so until a slide has shown otherwise.
        var held = Owed.Select(o => o.State).Where(d => d is { IsStuck: false, Setbacks: > 0, NotBefore: not null }).ToArray();
        if (held.Sum(d => d.Setbacks) is var failures && failures >= CircuitBreaker.FailuresToOpen)
        {
            var last = held.MaxBy(d => d.NotBefore)!;
            _breaker.Resume(failures, last.NotBefore!.Value);
            _problem = last.Reason;
        }

        _loop = new BackgroundLoop($"Destination {Destination.Name}", Tick, RoundAsync, _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Has a slide tried at once, though the destination is taken to be down.</summary>
    internal void TryNow() => Volatile.Write(ref _isAsked, true);

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isAsked, false))
            _breaker.TryNow();
        while (!cancellationToken.IsCancellationRequested && _breaker.MayTry && Next() is { } slide)
            await TryAsync(slide, cancellationToken);
    }

    // While the destination is down one slide tries for all, however long its own pause is; each in turn, for it may be that one alone is refused.
    private SpooledSlide? Next() => Owed
        .Where(o => !o.State.IsStuck && (_breaker.IsOpen || o.State.NotBefore is null || o.State.NotBefore <= _time.GetUtcNow()))
        .OrderBy(o => _breaker.IsOpen ? o.State.NotBefore ?? DateTimeOffset.MinValue : DateTimeOffset.MinValue).ThenBy(o => o.Slide.Record!.Since)
        .Select(o => o.Slide).FirstOrDefault();

    private async Task TryAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        var steps = new DestinationSteps(slide, Destination.Name, _time);
        Current = slide;
        try
        {
            if (await _delivery.DeliverAsync(steps, cancellationToken))
                Worked();
            else
                _breaker.ShowedNothing();
        }
        catch (SpoolException e)
        {
            await HoldAsync(steps, Sayable(steps, e.Message));
            _breaker.ShowedNothing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Sayable(steps, e.Message);
            await HoldAsync(steps, reason);
            DidNotWork(reason);
        }
        catch (Exception e) when (e is DicomException or SlideException)
        {
            await FailAsync(steps, $"It cannot be made: {e.Message}");
            _breaker.ShowedNothing();
        }
#pragma warning disable CA1031 // One slide's failure, even a bug, is that slide's: it is counted, and the others go on.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await StruckAsync(steps, e);
            _breaker.ShowedNothing();
        }
        finally
        {
            Current = null;
        }
    }

    // A store's error may name the copy, and of a de-identified one the name is a pseudonym.
    private static string Sayable(DestinationSteps steps, string reason) => steps.Current?.Manifest is { IsPseudonymous: true } manifest
        ? manifest.Path.Split('/').Concat(manifest.Name.Split('/')).Where(part => part.Length > 0).OrderByDescending(part => part.Length)
            .Aggregate(reason, (said, part) => said.Replace(part, "…", StringComparison.Ordinal))
        : reason;

    private void Worked()
    {
        if (_breaker.Succeeded())
            Log.DestinationBack(_log, Destination.Name);
        _problem = null;
    }

    private void DidNotWork(string reason)
    {
        if (_breaker.Failed())
            Log.DestinationDown(_log, Destination.Name, reason);
        _problem = _breaker.IsOpen ? reason : _problem;
    }

    private Task HoldAsync(DestinationSteps steps, string reason)
    {
        if (steps.Current is not { } current)
            return Task.CompletedTask;
        Log.DestinationHeldUp(_log, steps.Slide.Key.SeriesInstanceUid, Destination.Name, reason);
        // One that may have been published stays so: what lies under its name is looked at before anything is made again.
        var setbacks = current.Setbacks + 1;
        return steps.StepAtLeastInMemoryAsync(
            DestinationState.Waiting, reason, d => d with { Setbacks = setbacks, NotBefore = _time.GetUtcNow() + CircuitBreaker.Pause(setbacks) });
    }

    private async Task StruckAsync(DestinationSteps steps, Exception reason)
    {
        Log.AttemptFailed(_log, steps.Slide.Key.SeriesInstanceUid, reason);
        if (steps.Current is not { } current)
            return;
        var strikes = current.Strikes + 1;
        if (strikes >= Attempts.MaxStrikes)
        {
            await FailAsync(steps, $"Three attempts failed, the last with: {reason.Message}");
        }
        else
        {
            await steps.StepAtLeastInMemoryAsync(
                DestinationState.Waiting, $"An attempt failed: {reason.Message}", d => d with { Strikes = strikes, NotBefore = _time.GetUtcNow() + CircuitBreaker.Pause(strikes) });
        }
    }

    private async Task FailAsync(DestinationSteps steps, string reason)
    {
        await steps.StepAtLeastInMemoryAsync(DestinationState.Failed, reason, d => d);
        Log.DestinationNeedsAttention(_log, steps.Slide.Key.SeriesInstanceUid, Destination.Name, reason);
    }
}
