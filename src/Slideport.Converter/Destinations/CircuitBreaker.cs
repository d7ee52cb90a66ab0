namespace Slideport.Converter.Destinations;

/// <summary>
/// Keeps slides from queueing up before a destination that is down: after three failures in a row, whichever slides they were of, one slide at a
/// time tries whether it is back, with growing pauses, and the others wait without being touched. Single-owner.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    /// <summary>Failures in a row that open it.</summary>
    internal const int FailuresToOpen = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private int _failures;
    private DateTimeOffset _nextProbe;

    /// <summary>Whether the destination is taken to be down.</summary>
    internal bool IsOpen => _failures >= FailuresToOpen;

    /// <summary>Whether a slide may try now.</summary>
    internal bool MayTry => !IsOpen || time.GetUtcNow() >= _nextProbe;

    /// <summary>Goes on where an earlier process was: with so many failures in a row, after which the next try is due then.</summary>
    internal void Resume(int failures, DateTimeOffset nextProbe) => (_failures, _nextProbe) = (failures, nextProbe);

    /// <summary>The destination did its part.</summary>
    /// <returns>Whether this closed it.</returns>
    internal bool Succeeded()
    {
        var wasOpen = IsOpen;
        _failures = 0;
        return wasOpen;
    }

    /// <summary>The destination was in the way.</summary>
    /// <returns>Whether this opened it.</returns>
    internal bool Failed()
    {
        _failures++;
        _nextProbe = time.GetUtcNow() + Pause(_failures - FailuresToOpen + 1);
        return _failures == FailuresToOpen;
    }

    /// <summary>A try that showed nothing about the destination: what was known of it stays, and the next one waits a little.</summary>
    internal void ShowedNothing()
    {
        if (IsOpen)
            _nextProbe = time.GetUtcNow() + FirstPause;
    }

    /// <summary>A person wants it tried: the next try need not wait.</summary>
    internal void TryNow() => _nextProbe = DateTimeOffset.MinValue;

    /// <summary>How long to wait after so many failures in a row.</summary>
    internal static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Clamp(failures - 1, 0, 10));
        return pause < LongestPause ? pause : LongestPause;
    }
}
