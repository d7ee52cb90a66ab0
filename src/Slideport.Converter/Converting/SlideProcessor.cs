using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Completion;
using Slideport.Converter.Delivery;
using Slideport.Converter.Monitoring;
using Slideport.Converter.Spool;
using Slideport.Converter.Verification;

namespace Slideport.Converter.Converting;

/// <summary>Who does the work of each stage, and who times it.</summary>
internal sealed record SlideStages(SlideConversion Conversion, SlideDelivery Delivery, SlideVerification Verification, Attempts Attempts, StageTimer Timer);

/// <summary>Moves slides on: assembles ahead while they arrive, sees when they are complete, has them converted, delivered, verified and purged.</summary>
/// <remarks>
/// <code>
/// instance durable ─┐
/// association ended ├─► queue ─► worker (one per slide at a time) ─► next state on disk ─► …
/// commitment asked  │
/// clock             ┘
/// </code>
/// A worker that fails leaves the slide in a state from which the next one goes on.
/// </remarks>
internal sealed class SlideProcessor : IAsyncDisposable
{
    // Two: one slide's disk waits are another's hashing time. More would only make every slide later and hold more memory.
    private const int Workers = 2;

    // Quiet times after which a slide whose scanner broke off is judged by what is there.
    private const int PatienceForLostSenders = 10;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly Channel<SpooledSlide> _queue = Channel.CreateUnbounded<SpooledSlide>();
    private readonly Channel<SpooledSlide> _purges = Channel.CreateUnbounded<SpooledSlide>();
    private readonly CancellationTokenSource _stop = new();
    private readonly SlideSpool _spool;
    private readonly SlideStages _stages;
    private readonly ConverterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private Task _running = Task.CompletedTask;

    internal SlideProcessor(SlideSpool spool, SlideStages stages, ConverterOptions options, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _stages = stages;
        _options = options;
        _time = time;
        _log = log;
        _timer = time.CreateTimer(_ => WakeDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        spool.Changed += Wake;
    }

    /// <summary>Begins to work, on what recovery found first.</summary>
    internal void Start()
    {
        _running = Task.Run(RunAsync);
        WakeDue();
        _timer.Change(Tick, Tick);
    }

    /// <summary>There may be something to do for a slide.</summary>
    internal void Wake(SpooledSlide slide)
    {
        if (Interlocked.Exchange(ref slide.Queued, 1) == 0)
            (slide.Record?.State == SlideState.Verified ? _purges : _queue).Writer.TryWrite(slide);
    }

    /// <summary>Stops; what is under way is cut short and begun again at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        _spool.Changed -= Wake;
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        await _running;
        foreach (var slide in _spool.Slides)
            slide.DropAssembly();
        _stop.Dispose();
    }

    private void WakeDue()
    {
        foreach (var slide in _spool.Slides)
        {
            if (slide.Record is { } record && IsDue(slide, record))
                Wake(slide);
        }
    }

    private bool IsDue(SpooledSlide slide, SlideRecord record) => record.State switch
    {
        SlideState.Receiving or SlideState.Conflict =>
            record.Committed || slide.HoldAgainstManifest() is { Unfulfilled: null } || (slide.OpenAssociations == 0 && _time.GetElapsedTime(slide.LastActivity) >= _options.QuietTime),
        SlideState.Waiting when record.NotBefore is null => IsAbandoned(slide, record),
        SlideState.Waiting => record.NotBefore <= _time.GetUtcNow(),
        SlideState.Complete or SlideState.Delivering or SlideState.Delivered => record.NotBefore is null || record.NotBefore <= _time.GetUtcNow(),
        SlideState.Verified => record.Destinations.All(d => d.IsSettled)
            && (record.NotBefore is null || record.NotBefore <= _time.GetUtcNow()) && _time.GetUtcNow() - record.Since >= _options.Retention,
        _ => false,
    };

    // Its scanner broke off and has not come back. It may hold a success for everything it scanned, and have nothing more to say.
    private bool IsAbandoned(SpooledSlide slide, SlideRecord record) =>
        !record.SenderFinished && slide.OpenAssociations == 0 && _time.GetElapsedTime(slide.LastActivity) >= _options.QuietTime * PatienceForLostSenders;

    private async Task RunAsync()
    {
        await _stages.Delivery.RemoveLeftoversAsync(_stop.Token);
        // Before a slide goes, shares are read once more: a slow one, be it a further destination's, must not keep slides from being delivered.
        await Task.WhenAll(Enumerable.Repeat(_queue, Workers).Append(_purges).Select(queue => Task.Run(() => WorkAsync(queue.Reader))));
    }

    private async Task WorkAsync(ChannelReader<SpooledSlide> queue)
    {
        try
        {
            await foreach (var slide in queue.ReadAllAsync(_stop.Token))
            {
                Interlocked.Exchange(ref slide.Queued, 0);
                await AdvanceSafelyAsync(slide);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task AdvanceSafelyAsync(SpooledSlide slide)
    {
        await slide.Work.WaitAsync(_stop.Token);
        try
        {
            await AdvanceOrCountAsync(slide);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await _stages.Attempts.InterruptedAsync(slide);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await _stages.Attempts.SpoolFailedAsync(slide, e);
        }
        finally
        {
            slide.Work.Release();
        }
    }

    private async Task AdvanceOrCountAsync(SpooledSlide slide)
    {
        try
        {
            await AdvanceAsync(slide, _stop.Token);
        }
#pragma warning disable CA1031 // One slide's failure, even a bug, is that slide's: it is counted, and the others go on.
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException) && !(e is OperationCanceledException && _stop.IsCancellationRequested))
#pragma warning restore CA1031
        {
            await _stages.Attempts.StruckAsync(slide, e);
        }
    }

    private async Task AdvanceAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        if (slide.Record is null)
        {
            await _stages.Conversion.AssembleFirstAsync(slide, cancellationToken);
            return;
        }

        // Each round makes at most one step of the state table; a slide that has none to make is left.
        for (var state = slide.Record.State; ;)
        {
            switch (state)
            {
                case SlideState.Receiving or SlideState.Conflict:
                    await _stages.Conversion.AssembleAheadAsync(slide, cancellationToken);
                    await DecideAsync(slide, cancellationToken);
                    break;
                case SlideState.Waiting when slide.Record!.NotBefore is null:
                    if (IsAbandoned(slide, slide.Record))
                        await SlideSpool.ChangeAsync(slide, r => r with { SenderFinished = true });
                    await DecideAsync(slide, cancellationToken);
                    break;
                case SlideState.Waiting when slide.Record!.NotBefore <= _time.GetUtcNow():
                    await _spool.StepAsync(slide, SlideState.Complete, "Trying again.", r => r with { NotBefore = null });
                    break;
                case SlideState.Complete when slide.Record!.Strikes >= Attempts.MaxStrikes:
                    await _stages.Attempts.GiveUpAsync(slide, "Slideport ended three times while converting it.");
                    break;
                case SlideState.Complete:
                    await _stages.Timer.ConvertAsync(slide, _stages.Conversion.ConvertAsync, cancellationToken);
                    break;
                case SlideState.Delivering:
                    await _stages.Timer.DeliverAsync(slide, _stages.Delivery.DeliverAsync, cancellationToken);
                    break;
                case SlideState.Delivered:
                    await _stages.Timer.VerifyAsync(slide, _stages.Verification.VerifyAsync, cancellationToken);
                    break;
                case SlideState.Verified when IsDue(slide, slide.Record!):
                    await _stages.Verification.PurgeAsync(slide, cancellationToken);
                    return;
                default:
                    break;
            }

            var next = slide.Record!.State;
            if (next == state)
                return;
            state = next;
        }
    }

    private async Task DecideAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        var record = slide.Record!;
        var facts = new CompletionFacts(slide.HoldAgainstManifest(), record.Committed, record.SenderFinished, slide.OpenAssociations, _time.GetElapsedTime(slide.LastActivity), null);
        var verdict = CompletionPolicy.Decide(facts, _options.QuietTime);
        if (verdict.Kind == CompletionKind.Complete)
        {
            // Only now is the structure worth reading: it means opening every instance.
            var missing = await _stages.Conversion.MissingAsync(slide);
            verdict = CompletionPolicy.Decide(facts with { Missing = missing }, _options.QuietTime);
        }

        // What may wait for weeks holds no files open, and no part of an output.
        if (verdict.Kind == CompletionKind.Incomplete)
            await _stages.Attempts.ReleaseAsync(slide);
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            // An instance that came meanwhile has its own turn.
            if (!ReferenceEquals(slide.Record, record) || verdict.Kind == CompletionKind.TooEarly || (record.State == SlideState.Waiting && verdict.Kind == CompletionKind.Incomplete))
                return;
            Debug.Assert(record.State.IsOpen(), "only open slides are decided");
            _spool.Step(slide, verdict.Kind == CompletionKind.Complete ? SlideState.Complete : SlideState.Waiting, verdict.Reason);
            if (verdict.Kind == CompletionKind.Complete)
                ConverterSpans.Completed(slide, record.Since, slide.Record!.Since);
            if (verdict.Kind == CompletionKind.Incomplete)
                Log.SlideNeedsAttention(_log, slide.Key.SeriesInstanceUid, verdict.Reason);
        }
        finally
        {
            slide.Gate.Release();
        }
    }
}
