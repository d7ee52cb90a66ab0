using CsCheck;
using Slideport.Protocol.Time;

namespace Slideport.Protocol.Tests.Time;

/// <summary>Timestamps of 64 bits that wrap in 2036.</summary>
public sealed class NtpTimestampTests
{
    // Where era 1 begins: 2^32 seconds after 1900.
    private static readonly DateTimeOffset EraOne = new(2036, 2, 7, 6, 28, 16, TimeSpan.Zero);

    private static readonly Gen<DateTimeOffset> Instant = Gen.Long[new DateTimeOffset(1700, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks, new DateTimeOffset(2500, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks]
        .Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    // 68 years less a day on either side: the half of an era within which the nearer instant is meant.
    private static readonly Gen<TimeSpan> Near = Gen.Long[-24_800 * TimeSpan.TicksPerDay, 24_800 * TimeSpan.TicksPerDay].Select(ticks => new TimeSpan(ticks));

    [Theory]
    [InlineData("1900-01-01T00:00:01Z", 0x0000_0001_0000_0000)]
    [InlineData("1970-01-01T00:00:00Z", 0x83AA_7E80_0000_0000)] // 2,208,988,800 s: RFC 5905 §6, figure 4
    [InlineData("1999-12-31T00:00:00Z", 0xBC16_7080_0000_0000)] // 3,155,587,200 s: the same
    [InlineData("2026-06-01T12:00:00.5Z", 0xEDC7_F2C0_8000_0000)]
    [InlineData("2036-02-07T06:28:15.75Z", 0xFFFF_FFFF_C000_0000)]
    [InlineData("2036-02-07T06:28:16.25Z", 0x0000_0000_4000_0000)]
    [InlineData("1899-12-31T23:59:59.5Z", 0xFFFF_FFFF_8000_0000)]
    public void An_instant_has_the_bits_of_its_era(string instant, ulong bits)
    {
        var utc = DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(bits, NtpTimestamp.FromUtc(utc).Value);
    }

    [Fact]
    public void The_first_instant_of_an_era_is_not_unset()
    {
        var timestamp = NtpTimestamp.FromUtc(EraOne);

        Assert.False(timestamp.IsUnset);
        Assert.Equal(EraOne, timestamp.ToUtc(EraOne.AddYears(-1)));
    }

    [Fact]
    public void Every_instant_comes_back_to_the_tick_from_any_clock_within_68_years() => Gen.Select(Instant, Near).Sample((instant, away) =>
        Assert.Equal(instant, NtpTimestamp.FromUtc(instant).ToUtc(instant + away)));

    [Fact]
    public void Differences_are_right_across_the_end_of_an_era() => Gen.Select(Instant, Near).Sample((instant, away) =>
        Assert.Equal(away, NtpTimestamp.FromUtc(instant + away).Since(NtpTimestamp.FromUtc(instant))));

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(-3600, 7200)]
    [InlineData(-86400 * 365L, 86400 * 730L)]
    public void A_clock_before_2036_and_one_after_it_understand_each_other(long secondsBefore, long secondsBetween)
    {
        var before = EraOne.AddSeconds(secondsBefore);
        var after = before.AddSeconds(secondsBetween);

        Assert.Equal(TimeSpan.FromSeconds(secondsBetween), NtpTimestamp.FromUtc(after).Since(NtpTimestamp.FromUtc(before)));
        Assert.Equal(TimeSpan.FromSeconds(-secondsBetween), NtpTimestamp.FromUtc(before).Since(NtpTimestamp.FromUtc(after)));
        Assert.Equal(after, NtpTimestamp.FromUtc(after).ToUtc(before));
    }

    [Fact]
    public void A_short_span_is_never_told_smaller_than_it_is() => Gen.Long[0, 60_000 * TimeSpan.TicksPerSecond].Sample(ticks =>
    {
        var told = NtpShort.FromTimeSpan(new TimeSpan(ticks)).ToTimeSpan().Ticks;

        Assert.InRange(told, ticks, ticks + (TimeSpan.TicksPerSecond >> 16) + 1);
    });

    [Theory]
    [InlineData(-1.0, 0)]
    [InlineData(0.5, 0x8000)]
    [InlineData(16.0, 0x10_0000)]
    [InlineData(65535.5, 0xFFFF_8000)]
    [InlineData(1e6, 0xFFFF_FFFF)]
    public void A_short_span_has_sixteen_bits_on_either_side_of_the_point(double seconds, uint bits) =>
        Assert.Equal(bits, NtpShort.FromTimeSpan(TimeSpan.FromSeconds(seconds)).Value);
}
