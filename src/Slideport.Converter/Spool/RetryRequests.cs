using Microsoft.Extensions.Logging;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Converter.Spool;

/// <summary>
/// What a person asks of the converter through the spool: <c>requests/SLIDE.retry</c> says that a slide is to be tried again. Such a file is as
/// good before the converter starts as while it runs; the spool's lock stays with the converter, the only one that ever changes a slide.
/// </summary>
internal sealed class RetryRequests : IAsyncDisposable
{
    private const string Extension = ".retry";

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly SlideSpool _spool;
    private readonly Action<SpooledSlide> _wake;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private BackgroundLoop? _loop;

    internal RetryRequests(SlideSpool spool, Action<SpooledSlide> wake, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _wake = wake;
        _time = time;
        _log = log;
    }

    /// <summary>Where a request for a slide lies.</summary>
    internal static string PathOf(string spoolFolder, string slide) => Path.Join(spoolFolder, SpoolFolder.RequestsName, slide + Extension);

    internal void Start() => _loop = new BackgroundLoop("Requests", Tick, TakeUpAsync, _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Does what is asked; a request goes when it is done.</summary>
    internal async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        foreach (var path in Directory.GetFiles(_spool.Folder.Requests, "*" + Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (_spool.Slides.FirstOrDefault(s => s.Key.Name == name) is { } slide)
                await RetryAsync(slide, cancellationToken);
            else
                Log.RequestForNothing(_log, path);
            DurableFile.Delete(path);
        }
    }

    private async Task RetryAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            Log.RetryAsked(_log, slide.Key.SeriesInstanceUid, slide.Record!.State);
            // One that was published looks first whether it lies in the store after all; one whose scanner left without a word is taken as it is.
            if (slide.Record.State == SlideState.Failed)
                _spool.Step(slide, slide.Record.Manifest?.Sha256 is null ? SlideState.Complete : SlideState.Delivering, "A person asked to try again.", r => r with { Strikes = 0, Setbacks = 0, NotBefore = null, MayRepeat = true });
            else if (slide.Record.NotBefore is not null)
                SlideSpool.Save(slide, slide.Record with { Setbacks = 0, NotBefore = _time.GetUtcNow() });
            else if (slide.Record.State == SlideState.Waiting)
                SlideSpool.Save(slide, slide.Record with { SenderFinished = true });
        }
        finally
        {
            slide.Gate.Release();
        }

        _wake(slide);
    }
}
