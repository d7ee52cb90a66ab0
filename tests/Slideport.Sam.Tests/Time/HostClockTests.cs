using Microsoft.Extensions.Time.Testing;
using Slideport.Files;
using Slideport.Protocol.Time;
using Slideport.Sam.Time;

namespace Slideport.Sam.Tests.Time;

/// <summary>What SAM says of its own clock, by what the kernel knows.</summary>
public sealed class HostClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private KernelClock? _kernel;

    [Fact]
    public void A_clock_that_somebody_sets_is_at_the_stratum_of_the_settings_and_off_by_what_he_says_and_15_ppm_since()
    {
        Tell(milliseconds: 20);
        var clock = Clock();
        var first = clock.Read();
        for (var i = 1; i <= 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Tell(20 + (0.5 * i)); // as the kernel counts, 500 ppm
            clock.Read();
        }

        var state = clock.Read();

        Assert.Equal((true, (byte)5, LeapIndicator.None), (state.IsSynchronized, state.Stratum, state.Leap));
        Assert.Equal(20, first.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(35, state.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(NtpTimestamp.FromUtc(Noon), state.Reference);
        Assert.Equal(TimeSpan.Zero, clock.AloneFor());
    }

    [Fact]
    public void An_error_that_became_smaller_means_that_the_clock_was_set()
    {
        Tell(400);
        var clock = Clock();
        clock.Read();
        _time.Advance(TimeSpan.FromMinutes(1));
        Tell(2);

        var state = clock.Read();

        Assert.Equal(NtpTimestamp.FromUtc(Noon.AddMinutes(1)), state.Reference);
        Assert.Equal(2, state.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
    }

    [Fact]
    public void Nobody_is_believed_to_be_right_to_the_microsecond()
    {
        Tell(0); // systemd-timesyncd

        Assert.Equal(1, Clock().Read().RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
    }

    [Theory]
    [InlineData(16_000)] // nobody has told the kernel anything since it started
    [InlineData(10_000)] // chronyd without a source
    public void A_clock_that_nobody_sets_is_at_the_local_stratum_and_its_error_grows_to_what_clients_still_take(double milliseconds)
    {
        Tell(milliseconds);
        var clock = Clock();
        var first = clock.Read();
        _time.Advance(TimeSpan.FromHours(1));
        var later = clock.Read();
        _time.Advance(TimeSpan.FromDays(30));
        var last = clock.Read();

        Assert.Equal((true, false, (byte)10, NtpPacket.ReferenceIdOf("LOCL"u8)), (first.IsKnown, first.IsSynchronized, first.Stratum, first.ReferenceId));
        Assert.Equal(10, first.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(10 + 54, later.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(500, last.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(NtpTimestamp.FromUtc(_time.GetUtcNow()), last.Reference);
        Assert.Equal(TimeSpan.FromHours(1) + TimeSpan.FromDays(30), clock.AloneFor());
    }

    [Fact]
    public void A_clock_that_was_in_step_goes_on_from_where_it_was_left_alone()
    {
        Tell(2);
        var clock = Clock();
        clock.Read();
        _time.Advance(TimeSpan.FromHours(9));
        Tell(16_000);
        clock.Read();
        _time.Advance(TimeSpan.FromMinutes(10));

        var state = clock.Read();

        Assert.Equal(2 + (33_000 * 0.015), state.RootDispersion.ToTimeSpan().TotalMilliseconds, 0.02);
        Assert.Equal(TimeSpan.FromMinutes(10), clock.AloneFor());
    }

    [Fact]
    public void Where_the_kernel_cannot_be_asked_the_clock_counts_as_one_that_nobody_sets()
    {
        _kernel = null;

        var state = Clock().Read();

        Assert.Equal((false, false, (byte)10), (state.IsKnown, state.IsSynchronized, state.Stratum));
    }

    [Theory]
    [InlineData(true, false, LeapIndicator.Insert)]
    [InlineData(false, true, LeapIndicator.Delete)]
    public void A_leap_second_the_kernel_knows_of_is_announced(bool isInserted, bool isDeleted, LeapIndicator expected)
    {
        _kernel = new KernelClock(TimeSpan.FromMilliseconds(1), isInserted, isDeleted);

        Assert.Equal(expected, Clock().Read().Leap);
    }

    [Fact]
    public void The_kernel_is_asked_once_a_second_at_most()
    {
        var asked = 0;
        var clock = new HostClock(new TimeOptions(), () => { asked++; return null; }, _time);

        for (var i = 0; i < 100; i++)
        {
            clock.Read();
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(10, asked);
    }

    [Fact]
    public void The_kernel_of_this_machine_can_be_asked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux is asked");

        Assert.InRange(KernelClock.TryRead()!.Value.MaxError, TimeSpan.Zero, TimeSpan.FromSeconds(16));
    }

    private HostClock Clock() => new(new TimeOptions(), () => _kernel, _time);

    private void Tell(double milliseconds) => _kernel = new KernelClock(TimeSpan.FromMilliseconds(milliseconds), false, false);
}
