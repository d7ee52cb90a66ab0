namespace Slideport.Protocol.Time;

/// <summary>NTP short format (RFC 5905 §6, figure 3): seconds in the upper 16 bits, their fraction in the lower. Root delay and root dispersion.</summary>
/// <param name="Value">The 32 bits.</param>
public readonly record struct NtpShort(uint Value)
{
    /// <summary>The span, rounded up to the next 2⁻¹⁶ s: an error is never told smaller than it is. At least 0, at most 65,536 s less one step.</summary>
    public static NtpShort FromTimeSpan(TimeSpan span)
    {
        if (span <= TimeSpan.Zero)
            return default;
        var value = (((Int128)span.Ticks << 16) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        return new NtpShort(value > uint.MaxValue ? uint.MaxValue : (uint)value);
    }

    /// <summary>The span, to the nearest 100 ns.</summary>
    public TimeSpan ToTimeSpan() => new((long)(((Int128)Value * TimeSpan.TicksPerSecond + (1 << 15)) >> 16));
}
