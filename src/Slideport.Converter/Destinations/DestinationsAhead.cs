using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Protocol;

namespace Slideport.Converter.Destinations;

/// <summary>
/// Lets slides go to their further destinations before their image file system has them, when that is in the way or slow: it comes first, but is no
/// business of the others.
/// </summary>
internal sealed class DestinationsAhead(SlideSpool spool, DestinationChoice choice, TimeProvider time, ILogger log) : IAsyncDisposable
{
    // Ten times what a gigabyte takes where nothing is in the way.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private BackgroundLoop? _loop;

    internal void Start() => _loop = choice.IsEmpty ? null : new BackgroundLoop("Destinations ahead", Tick, RoundAsync, time, log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        foreach (var slide in spool.Slides.Where(IsHeldUp).ToArray())
        {
            try
            {
                await LetGoAheadAsync(slide, cancellationToken);
            }
            catch (SpoolException)
            {
                // An instance is gone or damaged: who found that has told of it, and the slide waits for it.
            }
        }
    }

    private async Task LetGoAheadAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        ManifestInstance[] whole = [.. slide.Receipts().OrderBy(r => r.SopInstanceUid, StringComparer.Ordinal).Select(ManifestInstance.Of)];
        var chosen = choice.Choose(slide, whole);
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            // With an instance that came meanwhile it is whole again later.
            if (!IsHeldUp(slide) || slide.HasMoreThan(whole))
                return;
            SlideSpool.Save(slide, slide.Record!.Decided(chosen) with { Whole = whole });
            Log.DestinationsChosen(log, slide.Key.SeriesInstanceUid, slide.Record.Revision, string.Join(", ", slide.Record.Destinations.Select(d => d.Name)));
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    // One that waits has been found to be whole. While it is converted and delivered an instance may come, which opens that question again.
    private bool IsHeldUp(SpooledSlide slide) => slide.Record is { AreDestinationsDecided: false } record && record.State switch
    {
        SlideState.Waiting => record.NotBefore is not null,
        SlideState.Converting or SlideState.Delivering => (record.Setbacks > 0 || time.GetUtcNow() - record.Since >= Patience)
            && (record.Committed || record.SenderFinished || slide.HoldAgainstManifest() is { Unfulfilled: null }),
        _ => false,
    };
}
