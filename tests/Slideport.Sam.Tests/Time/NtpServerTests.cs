using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Files;
using Slideport.Protocol.Time;
using Slideport.Sam.Time;

namespace Slideport.Sam.Tests.Time;

/// <summary>SAM's NTP server on its socket: what it answers, with what, and above all what it does not answer.</summary>
public sealed class NtpServerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IDisposable> _open = [];

    [Fact]
    public void Nothing_but_a_clients_question_is_answered_and_never_with_more_bytes()
    {
        using var client = Connect(Start(new TimeOptions { Port = 0, RequestsPerSecond = 0 }));
        var answered = new List<(int Mode, int Version, int Length)>();
        var fence = ulong.MaxValue;
        for (var first = 0; first < 256; first++)
        {
            for (var length = 0; length <= 512; length++)
            {
                Send(client, first, length, mark: ((ulong)first << 32) | (uint)length);
                if (length % 64 == 0 || length == 512)
                    Collect(client, fence--, answered);
            }
        }

        // Every leap indicator (the two highest bits) of a question is taken.
        var expected =
            from leap in Enumerable.Range(0, 4)
            from version in (int[])[3, 4]
            from length in (int[])[48, 52, 56, 60, 64, 68]
            select ((int)NtpMode.Client, version, length);
        Assert.Equal(expected.Order(), answered.Order());
    }

    [Fact]
    public async Task Our_own_client_finds_a_clock_that_is_ahead()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1));
        var server = Start(new TimeOptions { Port = 0 }, time);

        var measured = await new NtpClient(TimeProvider.System).MeasureAsync("127.0.0.1", server.LocalEndPoint.Port, Patience, TestContext.Current.CancellationToken);

        Assert.InRange(measured.Offset, TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(61)); // the fake clock stands still
        Assert.Equal(5, measured.Stratum);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void An_answer_repeats_what_the_client_knows_it_by(byte version)
    {
        using var client = Connect(Start(new TimeOptions { Port = 0 }));
        var question = new NtpPacket { Leap = LeapIndicator.Unsynchronized, Version = version, Mode = NtpMode.Client, Poll = 9, Transmit = new NtpTimestamp(0x0123_4567_89AB_CDEF) };
        Send(client, question);

        var answer = Receive(client)!.Value;

        Assert.Equal((version, NtpMode.Server, (sbyte)9, question.Transmit), (answer.Version, answer.Mode, answer.Poll, answer.Origin));
        Assert.Equal((LeapIndicator.None, (byte)5), (answer.Leap, answer.Stratum));
        Assert.True(answer.Receive.Since(answer.Reference) >= TimeSpan.Zero);
        Assert.True(answer.Transmit.Since(answer.Receive) >= TimeSpan.Zero);
    }

    [Fact]
    public void Who_asks_too_often_is_told_so_once_and_then_not_answered()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var server = Start(new TimeOptions { Port = 0, RequestsPerSecond = 1 }, time);
        using var client = Connect(server);
        using var other = Connect(server, new IPAddress([127, 0, 0, 2]));
        NtpPacket? Ask(ulong mark)
        {
            Send(client, Question(mark));
            return Receive(client);
        }

        for (var i = 1UL; i <= 8; i++)
            Assert.Equal(5, Ask(i)!.Value.Stratum);
        var kiss = Ask(9)!.Value;
        Assert.Equal(("RATE", LeapIndicator.Unsynchronized, new NtpTimestamp(9)), (kiss.KissCode, kiss.Leap, kiss.Origin));
        Assert.Equal((kiss.Origin, kiss.Origin), (kiss.Receive, kiss.Transmit)); // no time is told
        Send(client, Question(10));
        Send(client, Question(11));
        Send(other, Question(1));
        Assert.Equal(5, Receive(other)!.Value.Stratum); // another address is answered, and those before it got nothing
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new NtpTimestamp(12), Ask(12)!.Value.Origin);
    }

    [Fact]
    public void A_question_costs_no_memory()
    {
        var server = Bind(new TimeOptions { Port = 0, RequestsPerSecond = 1e6 });
        using var client = Connect(server);
        var (question, answer) = (new byte[NtpPacket.HeaderBytes], new byte[NtpPacket.HeaderBytes]);
        Question(1).Write(question);
        int Ask()
        {
            client.Send(question);
            server.ServeOne();
            return client.Receive(answer);
        }

        for (var i = 0; i < 200; i++)
            Ask(); // the first time costs what is made once
        var (before, received) = (GC.GetAllocatedBytesForCurrentThread(), 0);
        for (var i = 0; i < 1000; i++)
            received += Ask();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1000 * NtpPacket.HeaderBytes, received);
    }

    [Fact]
    public void A_port_that_is_taken_is_told_with_both_ways_out()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var error = Assert.Throws<IOException>(() => Bind(new TimeOptions { Port = ((IPEndPoint)taken.LocalEndPoint!).Port }));

        Assert.Contains("--Time:Port=", error.Message, StringComparison.Ordinal);
        Assert.Contains("--Time:Serve=false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_stops_gives_its_port_back()
    {
        var server = Start(new TimeOptions { Port = 0 });
        server.Dispose();

        var next = Start(new TimeOptions { Port = server.LocalEndPoint.Port });

        using var client = Connect(next);
        Send(client, Question(7));
        Assert.Equal(new NtpTimestamp(7), Receive(client)!.Value.Origin);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void All_interfaces_means_both_families(AddressFamily family)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        var server = Start(new TimeOptions { Port = 0 }, address: "*");
        using var client = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        client.Connect(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, server.LocalEndPoint.Port));
        Send(client, Question(7));

        Assert.Equal(new NtpTimestamp(7), Receive(client)!.Value.Origin);
    }

    public void Dispose()
    {
        foreach (var open in _open)
            open.Dispose();
    }

    private NtpServer Start(TimeOptions options, TimeProvider? time = null, string address = "127.0.0.1")
    {
        var server = Bind(options, time, address);
        server.Start();
        return server;
    }

    private NtpServer Bind(TimeOptions options, TimeProvider? time = null, string address = "127.0.0.1")
    {
        time ??= TimeProvider.System;
        var server = NtpServer.Bind(options, address, new HostClock(options, () => new KernelClock(TimeSpan.FromMilliseconds(3), false, false), time), time, NullLogger.Instance);
        _open.Add(server);
        return server;
    }

    private static Socket Connect(NtpServer server, IPAddress? from = null)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        client.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
        client.Connect(server.LocalEndPoint);
        return client;
    }

    private static NtpPacket Question(ulong mark) => new() { Version = 4, Mode = NtpMode.Client, Transmit = new NtpTimestamp(mark) };

    private static void Send(Socket client, NtpPacket question)
    {
        var datagram = new byte[NtpPacket.HeaderBytes];
        question.Write(datagram);
        client.Send(datagram);
    }

    // The mark is where a question has its transmit timestamp, if it is that long.
    private static void Send(Socket client, int first, int length, ulong mark)
    {
        var datagram = new byte[Math.Max(length, NtpPacket.HeaderBytes)];
        datagram[0] = (byte)first;
        BinaryPrimitives.WriteUInt64BigEndian(datagram.AsSpan(40), mark);
        client.Send(datagram.AsSpan(0, length));
    }

    private static NtpPacket? Receive(Socket client)
    {
        var datagram = new byte[1024];
        return NtpPacket.TryRead(datagram.AsSpan(0, client.Receive(datagram)), out var answer) ? answer : null;
    }

    // One thread answers in the order of questions: what was to come has come when a question that surely is answered has its answer.
    private static void Collect(Socket client, ulong fence, List<(int Mode, int Version, int Length)> answered)
    {
        Send(client, Question(fence));
        var datagram = new byte[1024];
        while (true)
        {
            var bytes = client.Receive(datagram);
            Assert.True(NtpPacket.TryRead(datagram.AsSpan(0, bytes), out var answer));
            if (answer.Origin.Value == fence)
                return;
            var (first, length) = ((int)(answer.Origin.Value >> 32), (int)(answer.Origin.Value & 0xFFFF));
            Assert.InRange(bytes, 0, length);
            answered.Add((first & 7, first >> 3 & 7, length));
        }
    }
}
