namespace Slideport.Protocol.Time;

/// <summary>
/// NTP timestamp format (RFC 5905 §6, figure 3): seconds since 1900 in the upper 32 bits, their fraction in the lower. Seconds wrap every
/// 136 years, first on 7 February 2036: a timestamp alone does not say its era, so it is only ever compared with one that lies near.
/// </summary>
/// <param name="Value">The 64 bits; 0 where there is no time.</param>
public readonly record struct NtpTimestamp(ulong Value)
{
    // 0h on 1 January 1900 (UTC), the prime epoch (RFC 5905 §6, figure 4).
    private static readonly long PrimeEpochTicks = new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    /// <summary>Whether it says that there is no time (RFC 5905 §6).</summary>
    public bool IsUnset => Value == 0;

    /// <summary>The timestamp of an instant, to the nearest 2⁻³² s. An instant is never unset: where it would be all zeros it is 2⁻³² s later.</summary>
    /// <param name="instant">Any instant of any era.</param>
    public static NtpTimestamp FromUtc(DateTimeOffset instant)
    {
        var ticks = instant.UtcTicks - PrimeEpochTicks;
        var rest = ticks % TimeSpan.TicksPerSecond;
        if (rest < 0)
            rest += TimeSpan.TicksPerSecond; // before 1900: eras are counted down from -1
        var seconds = (ticks - rest) / TimeSpan.TicksPerSecond;
        var fraction = ((rest << 32) + (TimeSpan.TicksPerSecond / 2)) / TimeSpan.TicksPerSecond; // below 2³²: the last tick of a second is 429 steps before the next
        var value = unchecked((ulong)seconds << 32) | (ulong)fraction;
        return new NtpTimestamp(value == 0 ? 1 : value);
    }

    /// <summary>The instant meant by it, to the nearest 100 ns: the one within 68 years of another.</summary>
    /// <param name="near">An instant known to lie near, such as one's own clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">It would lie before the year 1 or after 9999.</exception>
    public DateTimeOffset ToUtc(DateTimeOffset near) => near.ToUniversalTime() + Since(FromUtc(near));

    /// <summary>How much later it is than another, right across the end of an era as long as both lie within 68 years of each other (RFC 5905 §6).</summary>
    public TimeSpan Since(NtpTimestamp earlier)
    {
        // Two's complement of the difference is its sign: this is what lets timestamps wrap.
        var difference = unchecked((long)(Value - earlier.Value));
        return new TimeSpan((long)(((Int128)difference * TimeSpan.TicksPerSecond + (1L << 31)) >> 32));
    }
}
