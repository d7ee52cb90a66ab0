namespace Slideport.Scanner.Sending;

/// <summary>Counts what all associations send and tells whoever wants to know. Thread-safe.</summary>
/// <param name="slides">Slides that will be sent in all.</param>
/// <param name="progress">Who wants to know.</param>
/// <param name="time">Clock; it begins to run now.</param>
internal sealed class SendMeter(int slides, IProgress<SendProgress>? progress, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards the totals of what is known so far
    private readonly long _start = time.GetTimestamp();
    private long _bytes;
    private int _instances;
    private long _knownBytes;
    private int _knownInstances;
    private int _knownSlides;

    /// <summary>Since the first moment.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Slides are there to be sent; what is still to be scanned is expected to be like them.</summary>
    public void Expect(long bytes, int instances, int count)
    {
        lock (_lock)
        {
            _knownBytes += bytes;
            _knownInstances += instances;
            _knownSlides += count;
        }
    }

    /// <summary>A counter for one attempt.</summary>
    public Attempt Begin(SendStage stage) => new(this, stage);

    /// <summary>One more instance is acknowledged.</summary>
    public void Acknowledge()
    {
        Interlocked.Increment(ref _instances);
        Report(SendStage.Sending);
    }

    private void Report(SendStage stage)
    {
        if (progress is null) return;
        double bytes, instances;
        lock (_lock)
        {
            var share = _knownSlides == 0 ? 1 : (double)Math.Max(slides, _knownSlides) / _knownSlides;
            (bytes, instances) = (_knownBytes * share, _knownInstances * share);
        }

        progress.Report(new SendProgress(stage, Interlocked.Read(ref _bytes), (long)bytes, Volatile.Read(ref _instances), (int)instances, Elapsed));
    }

    /// <summary>Bytes of one attempt to send an instance.</summary>
    internal sealed class Attempt(SendMeter meter, SendStage stage) : IProgress<long>
    {
        private long _sent;

        /// <inheritdoc/>
        public void Report(long value)
        {
            Interlocked.Add(ref meter._bytes, value - _sent);
            _sent = value;
            meter.Report(stage);
        }

        /// <summary>The attempt failed: its bytes do not count.</summary>
        public void TakeBack() => Report(0);
    }
}
