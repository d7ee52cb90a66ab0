using System.Net;
using System.Net.Sockets;
using Slideport.Protocol.Time;

namespace Slideport.Protocol.Tests.Time;

/// <summary>One exchange with a time server, good or bad.</summary>
public sealed class NtpClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    [InlineData(-86400 * 365 * 20L)]
    [InlineData(86400 * 365 * 20L)] // in the next era
    public async Task The_offset_is_that_of_the_servers_clock_and_the_rest_is_its_word(long ahead)
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question, TimeSpan.FromSeconds(ahead))]);

        var measured = await MeasureAsync(server);

        // The server stamps both its times at once, between sending and receiving: the error is half of the round trip at most.
        Assert.InRange(measured.Offset - TimeSpan.FromSeconds(ahead), -measured.RoundTrip, measured.RoundTrip);
        Assert.Equal((3, LeapIndicator.None), (measured.Stratum, measured.Leap));
        Assert.Equal(20, measured.RootDelay.TotalMilliseconds, 0.1);
        Assert.Equal(7, measured.RootDispersion.TotalMilliseconds, 0.1);
    }

    [Fact]
    public async Task A_question_is_a_bare_header_that_says_nothing_of_the_clock_and_is_never_the_same()
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question)]);

        await MeasureAsync(server);
        await MeasureAsync(server);

        Assert.All(server.Questions, q => Assert.Equal([0x23, .. new byte[39]], q[..40]));
        Assert.All(server.Questions, q => Assert.Equal(NtpPacket.HeaderBytes, q.Length));
        Assert.NotEqual(server.Questions[0][40..], server.Questions[1][40..]);
    }

    [Fact]
    public async Task What_does_not_answer_the_question_is_passed_over_and_the_answer_awaited()
    {
        await using var server = new ScriptedTimeServer(question =>
        {
            var lie = ScriptedTimeServer.Good(question, TimeSpan.FromHours(1));
            return
            [
                lie with { Origin = new NtpTimestamp(question.Transmit.Value ^ 2) }, // a guess
                lie with { Origin = default },
                lie with { Mode = NtpMode.SymmetricPassive },
                lie with { Mode = NtpMode.Broadcast },
                lie with { Version = 1 },
                lie with { Origin = default, Stratum = 0, ReferenceId = NtpPacket.ReferenceIdOf("DENY"u8) }, // a forged kiss stops nobody
                ScriptedTimeServer.Good(question),
            ];
        });

        var measured = await MeasureAsync(server);

        Assert.InRange(measured.Offset.TotalMinutes, -30, 30);
    }

    public static TheoryData<string, Func<NtpPacket, NtpPacket>, string> Useless => new()
    {
        { "RATE", answer => answer with { Stratum = 0, Leap = LeapIndicator.Unsynchronized, ReferenceId = NtpPacket.ReferenceIdOf("RATE"u8) }, "kiss-o'-death RATE" },
        { "DENY", answer => answer with { Stratum = 0, ReferenceId = NtpPacket.ReferenceIdOf("DENY"u8) }, "kiss-o'-death DENY" },
        { "", answer => answer with { Leap = LeapIndicator.Unsynchronized }, "not synchronised" },
        { "", answer => answer with { Stratum = 16 }, "not synchronised" },
        { "", answer => answer with { Stratum = 0, ReferenceId = 0 }, "not synchronised" },
        { "", answer => answer with { RootDispersion = NtpShort.FromTimeSpan(TimeSpan.FromSeconds(16)) }, "any better than 16 s" },
        { "", answer => answer with { RootDelay = NtpShort.FromTimeSpan(TimeSpan.FromSeconds(40)) }, "any better than 20 s" },
        { "", answer => answer with { Transmit = default }, "cannot be true" },
        { "", answer => answer with { Receive = default }, "cannot be true" },
        { "", answer => answer with { Receive = NtpTimestamp.FromUtc(Noon.AddSeconds(1)), Transmit = NtpTimestamp.FromUtc(Noon), Reference = default }, "cannot be true" }, // answered before it was asked
        { "", answer => answer with { Reference = NtpTimestamp.FromUtc(TimeProvider.System.GetUtcNow().AddDays(1)) }, "cannot be true" }, // set tomorrow
        { "", answer => answer with { Receive = NtpTimestamp.FromUtc(TimeProvider.System.GetUtcNow().AddDays(-1)) }, "cannot be true" }, // thought about it for a day
    };

    [Theory]
    [MemberData(nameof(Useless), DisableDiscoveryEnumeration = true)]
    public async Task An_answer_that_says_no_time_is_told_with_the_reason(string kissCode, Func<NtpPacket, NtpPacket> spoil, string reason)
    {
        await using var server = new ScriptedTimeServer(question => [spoil(ScriptedTimeServer.Good(question))]);

        var refused = await Assert.ThrowsAsync<NtpException>(() => MeasureAsync(server));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(kissCode, refused.KissCode ?? "");
    }

    [Fact]
    public async Task Silence_ends()
    {
        await using var server = new ScriptedTimeServer(_ => []);

        await Assert.ThrowsAsync<TimeoutException>(() => new NtpClient(TimeProvider.System).MeasureAsync("127.0.0.1", server.Port, TimeSpan.FromMilliseconds(100), Cancel));
    }

    [Fact]
    public async Task Nobody_there_is_told_at_once_and_a_name_nobody_knows_too()
    {
        var client = new NtpClient(TimeProvider.System);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        probe.Dispose();

        var refused = await Assert.ThrowsAsync<SocketException>(() => client.MeasureAsync("127.0.0.1", port, Patience, Cancel));
        var unknown = await Assert.ThrowsAsync<SocketException>(() => client.MeasureAsync("no-such-host.invalid", port, Patience, Cancel));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.True(unknown.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain, unknown.SocketErrorCode.ToString());
    }

    [Fact]
    public async Task Each_address_of_a_name_is_tried()
    {
        await using var server = new ScriptedTimeServer(question => [ScriptedTimeServer.Good(question)]);

        var measured = await new NtpClient(TimeProvider.System).MeasureAsync("localhost", server.Port, Patience, Cancel); // ::1 comes first where there is one

        Assert.Equal(3, measured.Stratum);
    }

    // RFC 5905 §8, on the figures of an exchange: asked at 12:00:00, under way 30 ms there and 10 ms back, 5 ms at a server that is 2 s ahead.
    [Fact]
    public void Offset_and_round_trip_are_those_of_the_standard()
    {
        NtpTimestamp At(double milliseconds) => NtpTimestamp.FromUtc(Noon.AddMilliseconds(milliseconds));
        var answer = ScriptedTimeServer.Good(new NtpPacket { Version = 4 }) with { Reference = At(0), Receive = At(2030), Transmit = At(2035) };

        var measured = NtpClient.Evaluate(answer, Noon, TimeSpan.FromMilliseconds(45));

        Assert.Equal((2010.0, 40.0), (measured.Offset.TotalMilliseconds, measured.RoundTrip.TotalMilliseconds));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void An_offset_of_decades_is_as_exact_as_one_of_milliseconds(int years)
    {
        var atServer = NtpTimestamp.FromUtc(Noon.AddYears(years).AddTicks(1));
        var answer = ScriptedTimeServer.Good(new NtpPacket { Version = 4 }) with { Reference = atServer, Receive = atServer, Transmit = atServer };

        var measured = NtpClient.Evaluate(answer, Noon, TimeSpan.Zero);

        Assert.Equal(Noon.AddYears(years).AddTicks(1) - Noon, measured.Offset);
    }

    private static Task<NtpMeasurement> MeasureAsync(ScriptedTimeServer server) => new NtpClient(TimeProvider.System).MeasureAsync("127.0.0.1", server.Port, Patience, Cancel);
}
