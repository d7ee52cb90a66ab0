using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Converting;

/// <summary>What happens to a slide when an attempt does not succeed.</summary>
/// <remarks>
/// The surroundings' failures (store away, disk full) make a slide wait and try again with growing pauses, for ever. The slide's own make it
/// fail: at once when it is known what is wrong, after three attempts when nobody knows. Nothing received is ever given up.
/// </remarks>
internal sealed class Attempts
{
    /// <summary>Attempts that may fail for unknown reasons, crashes of the process among them.</summary>
    internal const int MaxStrikes = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly SlideSpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    internal Attempts(SlideSpool spool, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _time = time;
        _log = log;
    }

    /// <summary>The surroundings are in the way: wait, then begin again.</summary>
    internal async Task SetBackAsync(SpooledSlide slide, string reason)
    {
        await ReleaseAsync(slide);
        TellOnce(slide.Record!, reason);
        var setbacks = slide.Record!.Setbacks + 1;
        await _spool.StepAtLeastInMemoryAsync(
            slide, SlideState.Waiting, reason, r => r with { Setbacks = setbacks, NotBefore = _time.GetUtcNow() + Pause(setbacks) });
    }

    /// <summary>
    /// Something stopped a delivery that may have been published already: it stays one, and the next attempt looks at what lies under the name
    /// before anything is made again.
    /// </summary>
    internal async Task HoldDeliveryAsync(SpooledSlide slide, string reason)
    {
        await ReleaseAsync(slide);
        TellOnce(slide.Record!, reason);
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            var setbacks = slide.Record!.Setbacks + 1;
            slide.Record = slide.Record with { Setbacks = setbacks, NotBefore = _time.GetUtcNow() + Pause(setbacks), Reason = reason };
            SlideSpool.Save(slide, slide.Record);
        }
        catch (IOException e)
        {
            Log.RecordNotWritten(_log, slide.Key.SeriesInstanceUid, e.Message); // known in memory; after a restart it is tried at once
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>A record could not be written or read: the spool is in the way, and nothing is counted against the slide.</summary>
    internal async Task SpoolFailedAsync(SpooledSlide slide, Exception reason)
    {
        if (slide.Record is { State: SlideState.Delivering, Manifest.Sha256: not null })
        {
            await HoldDeliveryAsync(slide, reason.Message);
            return;
        }

        if (slide.Record is { State: SlideState.Converting or SlideState.Delivering })
        {
            await SetBackAsync(slide, reason.Message);
            return;
        }

        // The other states are due again by the clock; a published slide, which is read whole each time, not with every tick.
        Log.RecordNotWritten(_log, slide.Key.SeriesInstanceUid, reason.Message);
        await slide.Gate.WaitAsync();
        if (slide.Record is { State: SlideState.Delivered } record)
            slide.Record = record with { NotBefore = _time.GetUtcNow() + LongestPause };
        slide.Gate.Release();
    }

    /// <summary>Nothing more can be done without a person.</summary>
    internal async Task GiveUpAsync(SpooledSlide slide, string reason)
    {
        await ReleaseAsync(slide);
        if (slide.Record!.State == SlideState.Complete)
            await _spool.StepAsync(slide, SlideState.Converting, "Conversion began.");
        await _spool.StepAsync(slide, SlideState.Failed, reason);
        Log.SlideNeedsAttention(_log, slide.Key.SeriesInstanceUid, reason);
    }

    /// <summary>Its name is another slide's, and such slides are to be set aside: a person looks, and asks to try again.</summary>
    internal Task SetRepeatAsideAsync(SpooledSlide slide, Manifest manifest) =>
        GiveUpAsync(slide, $"'{manifest.Name}' is the name of another slide, and repeats are to be set aside; 'slideport spool retry' delivers it as '{manifest.Path}'.");

    /// <summary>An instance's bytes in the spool have rotted: it is quarantined, and its slide waits until the scanner sends it again.</summary>
    internal async Task SetAsideAsync(SpooledSlide slide, Receipt damaged, string reason)
    {
        Log.SpoolDamaged(_log, damaged.SopInstanceUid, damaged.SeriesInstanceUid, reason);
        await ReleaseAsync(slide);
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            // The scanner may have sent it again since it was read; then the good bytes are here already.
            if (ReferenceEquals(slide.Find(damaged.SopInstanceUid), damaged))
                _spool.SetAside(slide, damaged, reason);
            else if (slide.Record!.State == SlideState.Converting)
                _spool.Step(slide, SlideState.Complete, "The scanner sent a damaged instance again; conversion begins again.");
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>Something nobody foresaw: counted; the third time the slide fails.</summary>
    internal async Task StruckAsync(SpooledSlide slide, Exception reason)
    {
        Log.AttemptFailed(_log, slide.Key.SeriesInstanceUid, reason);
        await ReleaseAsync(slide);
        if (slide.Record is not { State: SlideState.Converting or SlideState.Delivering or SlideState.Delivered } record)
            return;
        var strikes = record.Strikes + 1;
        SlideRecord Counted(SlideRecord r) => r with { Strikes = strikes, NotBefore = _time.GetUtcNow() + Pause(strikes) };
        if (strikes >= MaxStrikes)
            await GiveUpAsync(slide, $"Three attempts failed, the last with: {reason.Message}");
        else if (record.State == SlideState.Delivered)
            await SlideSpool.ChangeAsync(slide, Counted);
        else
            await _spool.StepAsync(slide, SlideState.Waiting, $"An attempt failed: {reason.Message}", Counted);
    }

    /// <summary>The process is stopping: the slide is left so that the next start begins again and counts nothing against it.</summary>
    internal async Task InterruptedAsync(SpooledSlide slide)
    {
        slide.DropAssembly();
        if (slide.Record?.State is SlideState.Converting)
            await _spool.StepAtLeastInMemoryAsync(slide, SlideState.Complete, "Slideport was stopped; conversion begins again.", r => r);
    }

    /// <summary>Drops the output under construction, with its part in the store if that can be reached.</summary>
    internal async Task ReleaseAsync(SpooledSlide slide)
    {
        try
        {
            if (slide.Assembly is { } assembly)
                await assembly.CloseDeliveryAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StoreUnavailable(_log, e.Message); // the next attempt removes the part before it begins
        }

        slide.DropAssembly();
    }

    // A store that is away for days is tried every five minutes for each slide: thousands of times, which nobody wants to read.
    private void TellOnce(SlideRecord record, string reason)
    {
        if (record.Setbacks == 0 || (record.Reason != reason && record.History.LastOrDefault(t => t.State == SlideState.Waiting)?.Reason != reason))
            Log.StoreUnavailable(_log, reason);
    }

    private static TimeSpan Pause(int times)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(times - 1, 10));
        return pause < LongestPause ? pause : LongestPause;
    }
}
