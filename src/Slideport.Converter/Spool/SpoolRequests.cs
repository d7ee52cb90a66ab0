using Microsoft.Extensions.Logging;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Converter.Spool;

/// <summary>
/// What a person asks of the converter through the spool: <c>requests/SLIDE.retry</c> says that a slide is to be tried again,
/// <c>requests/SLIDE.DESTINATION.waive</c> that it need not go to a destination, and holds who says so. Such a file is as good before the converter
/// starts as while it runs; the spool's lock stays with the converter, the only one that ever changes a slide.
/// </summary>
internal sealed class SpoolRequests : IAsyncDisposable
{
    private const string RetryExtension = ".retry";
    private const string WaiverExtension = ".waive";
    internal const string ResendExtension = ".resend";
    private const int MaxNameChars = 64;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly SlideSpool _spool;
    private readonly Action<SpooledSlide> _wake;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private BackgroundLoop? _loop;

    internal SpoolRequests(SlideSpool spool, Action<SpooledSlide> wake, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _wake = wake;
        _time = time;
        _log = log;
    }

    /// <summary>Where a request to try a slide again lies.</summary>
    internal static string PathOf(string spoolFolder, string slide) => Path.Join(spoolFolder, SpoolFolder.RequestsName, slide + RetryExtension);

    /// <summary>Where it lies that a slide need not go to a destination.</summary>
    internal static string WaiverPathOf(string spoolFolder, string slide, string destination) =>
        Path.Join(spoolFolder, SpoolFolder.RequestsName, $"{slide}.{destination}{WaiverExtension}");

    /// <summary>Where it lies that a slide is to go to a destination after all, of which it was let go.</summary>
    internal static string ResendPathOf(string spoolFolder, string slide, string destination) =>
        Path.Join(spoolFolder, SpoolFolder.RequestsName, $"{slide}.{destination}{ResendExtension}");

    internal void Start() => _loop = new BackgroundLoop("Requests", Tick, TakeUpAsync, _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Does what is asked; a request goes when it is done.</summary>
    internal async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        foreach (var path in Directory.GetFiles(_spool.Folder.Requests, "*" + RetryExtension))
        {
            if (_spool.Find(Path.GetFileNameWithoutExtension(path)) is { } slide)
                await RetryAsync(slide, cancellationToken);
            else
                Log.RequestForNothing(_log, path);
            DurableFile.Delete(path);
        }

        foreach (var path in Directory.GetFiles(_spool.Folder.Requests, "*" + WaiverExtension))
        {
            if (Path.GetFileNameWithoutExtension(path).Split('.') is not [var name, var destination]
                || _spool.Find(name) is not { } slide || !await WaiveAsync(slide, destination, WhoAsked(path), cancellationToken))
                Log.RequestForNothing(_log, path);
            DurableFile.Delete(path);
        }
    }

    // Whoever may write into the spool may say any name: it is for the log.
    internal static string WhoAsked(string path)
    {
        using var reader = new StreamReader(path);
        var name = new char[MaxNameChars];
        var text = new string(name, 0, reader.ReadBlock(name, 0, name.Length));
        return string.Concat(text.Where(c => !char.IsControl(c))).Trim() is { Length: > 0 } who ? who : "A person";
    }

    private async Task<bool> WaiveAsync(SpooledSlide slide, string destination, string who, CancellationToken cancellationToken)
    {
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slide.Record!.Destinations.FirstOrDefault(d => d.IsNamed(destination) && !d.IsSettled) is not { } owed)
                return false;
            SlideSpool.Save(slide, slide.Record.With(destination, d => d.Step(DestinationState.Waived, _time.GetUtcNow(), $"{who} decided that it need not go there.")));
            Log.DestinationWaived(_log, slide.Key.SeriesInstanceUid, owed.Name, who, owed.State);
        }
        finally
        {
            slide.Gate.Release();
        }

        _wake(slide);
        return true;
    }

    /// <summary>Has a slide tried again at once, and each destination that has not got it.</summary>
    internal async Task RetryAsync(SpooledSlide slide, CancellationToken cancellationToken)
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
            if (slide.Record.Destinations.Any(d => !d.IsSettled))
                SlideSpool.Save(slide, slide.Record with { Destinations = [.. slide.Record.Destinations.Select(Again)] });
        }
        finally
        {
            slide.Gate.Release();
        }

        _wake(slide);
    }

    private SlideDestination Again(SlideDestination destination)
    {
        if (destination.IsSettled)
            return destination;
        var again = destination.IsStuck ? destination.Step(DestinationState.Waiting, _time.GetUtcNow(), "A person asked to try again.") : destination;
        return again with { Strikes = 0, Setbacks = 0, NotBefore = null };
    }
}
