namespace Slideport.Scanner.Sending;

/// <summary>
/// A token bucket over all associations: bytes flow into it at the rate, what is sent flows out; who finds it empty waits. It holds at most a
/// tenth of a second, so that a pause is not followed by a burst. Thread-safe.
/// </summary>
internal sealed class RateLimit(long bytesPerSecond, TimeProvider time)
{
    private const double BurstSeconds = 0.1;

    private readonly Lock _gate = new(); // guards the two fields below
    private readonly double _capacity = bytesPerSecond * BurstSeconds;
    private double _tokens = bytesPerSecond * BurstSeconds;
    private long _stamp = time.GetTimestamp();

    /// <summary>Takes tokens, on credit if need be, and tells how long to wait until they are paid for.</summary>
    public TimeSpan Take(long bytes)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _tokens = Math.Min(_capacity, _tokens + time.GetElapsedTime(_stamp, now).TotalSeconds * bytesPerSecond);
            _stamp = now;
            _tokens -= bytes;
            return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / bytesPerSecond);
        }
    }
}
