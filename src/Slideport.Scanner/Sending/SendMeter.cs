namespace Slideport.Scanner.Sending;

/// <summary>Counts what all associations send and tells whoever wants to know. Thread-safe.</summary>
internal sealed class SendMeter(long bytesTotal, int instancesTotal, IProgress<SendProgress>? progress, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _bytes;
    private int _instances;

    /// <summary>Since the first moment.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>A counter for one attempt.</summary>
    public Attempt Begin(SendStage stage) => new(this, stage);

    /// <summary>One more instance is acknowledged.</summary>
    public void Acknowledge()
    {
        Interlocked.Increment(ref _instances);
        Report(SendStage.Sending);
    }

    private void Report(SendStage stage) => progress?.Report(new SendProgress(
        stage, Interlocked.Read(ref _bytes), bytesTotal, Volatile.Read(ref _instances), instancesTotal, Elapsed));

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
