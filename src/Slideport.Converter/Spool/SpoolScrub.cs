using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Converter.Spool;

/// <summary>
/// Reads every instance in the spool again, once per interval, and compares it with its receipt. What no longer matches goes to quarantine
/// with an alarm, while the scanner may still have it to send again.
/// </summary>
/// <remarks>
/// Spread over the interval by size, one instance at a time: a spool of 100 GB read once a day is 1.2 MB/s. Instances that come during a round
/// are read in the next; they were hashed when they came.
/// </remarks>
internal sealed class SpoolScrub : IAsyncDisposable
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromMinutes(1);

    private readonly Queue<(SpooledSlide Slide, Receipt Receipt)> _toRead = new();
    private readonly SlideSpool _spool;
    private readonly Attempts _attempts;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private BackgroundLoop? _loop;
    private long? _began;
    private double _roundBytes;
    private double _readBytes;

    internal SpoolScrub(SlideSpool spool, Attempts attempts, TimeSpan interval, TimeProvider time, ILogger log)
    {
        _spool = spool;
        _attempts = attempts;
        _interval = interval;
        _time = time;
        _log = log;
    }

    /// <summary>Begins a first round; does nothing when the interval is 0.</summary>
    internal void Start()
    {
        if (_interval > TimeSpan.Zero)
            _loop = new BackgroundLoop("Scrubbing the spool", _interval / 100 < LongestTick ? _interval / 100 : LongestTick, ReadDueAsync, _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Reads what is due by now.</summary>
    internal async Task ReadDueAsync(CancellationToken cancellationToken)
    {
        if (_began is null || (_toRead.Count == 0 && _time.GetElapsedTime(_began.Value) >= _interval))
            Begin();
        var due = _roundBytes * (_time.GetElapsedTime(_began!.Value) / _interval);
        while (_readBytes < due && _toRead.TryDequeue(out var next))
        {
            _readBytes += next.Receipt.DataSetBytes;
            await ReadAsync(next.Slide, next.Receipt, cancellationToken);
        }
    }

    private void Begin()
    {
        (_began, _readBytes, _roundBytes) = (_time.GetTimestamp(), 0, 0);
        foreach (var slide in _spool.Slides)
        {
            foreach (var receipt in slide.Receipts())
            {
                _toRead.Enqueue((slide, receipt));
                _roundBytes += receipt.DataSetBytes;
            }
        }
    }

    private async Task ReadAsync(SpooledSlide slide, Receipt receipt, CancellationToken cancellationToken)
    {
        if (await Task.Run(() => Damage(slide, receipt, cancellationToken), cancellationToken) is null)
            return;
        await slide.Work.WaitAsync(cancellationToken);
        try
        {
            // A worker may have purged or set it aside meanwhile; and what was misread once is read again before anything is moved.
            if (await Task.Run(() => Damage(slide, receipt, cancellationToken), cancellationToken) is { } reason)
                await _attempts.SetAsideAsync(slide, receipt, reason);
        }
        finally
        {
            slide.Work.Release();
        }
    }

    private static string? Damage(SpooledSlide slide, Receipt receipt, CancellationToken cancellationToken)
    {
        try
        {
            using var file = DurableFile.OpenRead(slide.PathOf(receipt));
            DurableFile.ForgetCached(file); // rot is on the disk, not in memory
            if (FileHash.Sha256(file, receipt.DataSetOffset, cancellationToken) == receipt.Sha256)
                return null;
            return ReferenceEquals(slide.Find(receipt.SopInstanceUid), receipt) ? "Its bytes are not those that were acknowledged." : null;
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException || DurabilityException.MeansBadMedium(e))
        {
            return ReferenceEquals(slide.Find(receipt.SopInstanceUid), receipt) ? (DurabilityException.MeansBadMedium(e) ? $"It cannot be read: {e.Message}" : "Its file is gone.") : null;
        }
    }
}
