namespace Slideport.Scanner.Clock;

/// <summary>The clock of a virtual scanner: this machine's, put forward or back. Setting it sets nothing but the scanner's.</summary>
/// <param name="machine">The machine's clock; timers and spans are its own.</param>
/// <param name="ahead">How far the scanner's is ahead of it at first.</param>
public sealed class ScannerClock(TimeProvider machine, TimeSpan ahead = default) : TimeProvider
{
    private long _ahead = ahead.Ticks;
    private volatile TimeZoneInfo _zone = machine.LocalTimeZone;

    /// <summary>How far it is ahead of the machine's.</summary>
    public TimeSpan Ahead => new(Interlocked.Read(ref _ahead));

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _zone;

    /// <inheritdoc/>
    public override long TimestampFrequency => machine.TimestampFrequency;

    /// <summary>Shows another zone's time from now on.</summary>
    public void Show(TimeZoneInfo zone) => _zone = zone;

    /// <summary>Puts it forward, or back.</summary>
    public void Adjust(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + Ahead;

    /// <inheritdoc/>
    public override long GetTimestamp() => machine.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);
}
