using Slideport.Files;
using Slideport.Protocol.Time;

namespace Slideport.Sam.Time;

/// <summary>What SAM says of the clock it gives away.</summary>
/// <param name="IsKnown">Whether the system can be asked for it at all.</param>
/// <param name="IsSynchronized">Whether somebody keeps it in step with the world.</param>
/// <param name="Leap">A leap second that is announced.</param>
/// <param name="Stratum">How far it is from a reference clock.</param>
/// <param name="RootDispersion">How far it may be off.</param>
/// <param name="ReferenceId">Where it comes from.</param>
/// <param name="Reference">When it was set.</param>
internal readonly record struct HostClockState(
    bool IsKnown, bool IsSynchronized, LeapIndicator Leap, byte Stratum, NtpShort RootDispersion, uint ReferenceId, NtpTimestamp Reference);

/// <summary>
/// The clock of SAM's own machine: whether somebody sets it, and how far it may be off. SAM sets no clock; on Linux the kernel is asked what
/// the program that does so (chronyd, ntpd, systemd-timesyncd) has told it. While nobody does, the lab still has one time: SAM's, at a low stratum.
/// </summary>
/// <param name="options">The strata.</param>
/// <param name="kernel">Asks the kernel; null when it cannot be asked.</param>
/// <param name="time">The clock itself.</param>
internal sealed class HostClock(TimeOptions options, Func<KernelClock?> kernel, TimeProvider time)
{
    // RFC 5905 §7.2, PHI: how fast a clock that nobody sets may go wrong, 15 ppm.
    private const double DriftPerSecond = 15e-6;

    // Of the reference ids of RFC 5905 §7.3, figure 12, the one of a clock that is not calibrated.
    private static readonly uint Local = NtpPacket.ReferenceIdOf("LOCL"u8);

    // Above stratum 1 it would be the address of the machine's own server (RFC 5905 §7.3), which the kernel does not know. No address of a
    // unicast host, so that nobody takes it for his own and suspects a loop.
    private static readonly uint Host = NtpPacket.ReferenceIdOf([0, (byte)'N', (byte)'T', (byte)'P']);

    // A clock with a greater error is not in step. Whoever sets the clock tells the kernel tens of milliseconds; chronyd without a source tells
    // 10 s, and a kernel nobody has told anything since its start says 16 s. The flag STA_UNSYNC is no help: chronyd without rtcsync leaves it
    // set, so that the kernel keeps its hands off the real-time clock.
    private static readonly TimeSpan NotInStep = TimeSpan.FromSeconds(10);

    // systemd-timesyncd tells the kernel 0, which no clock is.
    private static readonly TimeSpan LeastError = TimeSpan.FromMilliseconds(1);

    // What a clock nobody sets is said to be off by at first, and at most: clients leave a server that may be off by more than a second
    // (RFC 5905 §7.2, MAXDIST), and would then drift away from SAM and from each other.
    private static readonly TimeSpan LocalError = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxLocalError = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new(); // guards everything below
    private HostClockState _state;
    private long? _readAt;
    private long _alone = time.GetTimestamp(); // since when nobody sets it
    private TimeSpan? _lastError;
    private (long At, NtpTimestamp Reference, TimeSpan Error) _set = (time.GetTimestamp(), NtpTimestamp.FromUtc(time.GetUtcNow()), LocalError);

    /// <summary>How things stand, at most a second ago; allocates nothing.</summary>
    internal HostClockState Read()
    {
        lock (_lock)
        {
            if (_readAt is not { } at || time.GetElapsedTime(at) >= Rhythm)
            {
                _readAt = time.GetTimestamp();
                _state = Ask();
            }

            return _state;
        }
    }

    /// <summary>For how long nobody has set it, as far as this process has seen; zero while somebody does.</summary>
    internal TimeSpan AloneFor()
    {
        var state = Read();
        lock (_lock)
            return state.IsSynchronized ? TimeSpan.Zero : time.GetElapsedTime(_alone);
    }

    private HostClockState Ask()
    {
        var now = time.GetTimestamp();
        var told = kernel();
        if (told is not { } clock || clock.MaxError >= NotInStep)
        {
            if (_lastError is not null)
                _alone = now; // it was in step until now
            _lastError = null;
            // It is its own reference, and was read just now.
            return new HostClockState(
                told is not null, IsSynchronized: false, LeapIndicator.None, (byte)options.LocalStratum, Dispersion(now, MaxLocalError), Local, NtpTimestamp.FromUtc(time.GetUtcNow()));
        }

        // An error that has become smaller, or is the first one seen, means that the clock was set.
        if (_lastError is not { } last || clock.MaxError < last)
            _set = (now, NtpTimestamp.FromUtc(time.GetUtcNow()), clock.MaxError > LeastError ? clock.MaxError : LeastError);
        _lastError = clock.MaxError;
        var leap = clock.IsSecondInserted ? LeapIndicator.Insert : clock.IsSecondDeleted ? LeapIndicator.Delete : LeapIndicator.None;
        return new HostClockState(IsKnown: true, IsSynchronized: true, leap, (byte)options.Stratum, Dispersion(now, TimeSpan.MaxValue), Host, _set.Reference);
    }

    // The kernel's own figure grows by 500 ppm, thirty times as fast as clocks go wrong, and would soon frighten clients away.
    private NtpShort Dispersion(long now, TimeSpan most)
    {
        var error = _set.Error + (time.GetElapsedTime(_set.At, now) * DriftPerSecond);
        return NtpShort.FromTimeSpan(error < most ? error : most);
    }
}
