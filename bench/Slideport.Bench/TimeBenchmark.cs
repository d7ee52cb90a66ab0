using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slideport.Protocol.Time;

namespace Slideport.Bench;

/// <summary>
/// Measures SAM's NTP service, which runs in a process of its own: how many questions it answers while two threads of this process always have
/// a window of them under way, and how far off a clock is found that surely is not, this machine having only one. The same questions to
/// chronyd, where it is installed. The limit per address is off, for all of them come from one.
/// </summary>
internal sealed class TimeBenchmark(string program, string folder, Action<string> tell)
{
    private const int Askers = 2;
    private const int Window = 64;
    private const int Exchanges = 500;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Runs all of it.</summary>
    internal async Task<IReadOnlyList<BenchRow>> RunAsync(CancellationToken cancellationToken)
    {
        tell("SAM: time");
        var (sam, port) = (ChildProcess.FreePort(), FreeUdpPort());
        using var server = ChildProcess.Start(program,
        [
            "serve", "--roles", "sam", "--data", Path.Join(folder, "time"), "--Sam:Address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--Sam:Port={sam}"),
            string.Create(CultureInfo.InvariantCulture, $"--Time:Port={port}"), "--Time:RequestsPerSecond=0", "--Web:Address=127.0.0.1", "--Web:Port=0",
        ]);
        await server.WaitForPortAsync(sam, cancellationToken);
        var client = new NtpClient(TimeProvider.System);
        await client.MeasureAsync("127.0.0.1", port, TimeSpan.FromSeconds(10), cancellationToken); // answers now
        await RateAsync(port, WarmUp);
        var rate = await RateAsync(port, Measured);
        var errors = new List<double>(Exchanges);
        for (var i = 0; i < Exchanges; i++)
            errors.Add((await client.MeasureAsync("127.0.0.1", port, TimeSpan.FromSeconds(10), cancellationToken)).Offset.Duration().TotalMilliseconds);
        var p99 = errors.Order().ElementAt(Exchanges * 99 / 100);
        return
        [
            new BenchRow("NTP answers", rate, "requests/s", await ChronydAsync(cancellationToken), null, "≥ 50000 requests/s", rate >= 50_000),
            new BenchRow("NTP on loopback: offset error, p99", p99, "ms", null, null, "≤ 1 ms", p99 <= 1),
        ];
    }

    // The peer, with the same questions; null where it is not installed.
    private async Task<string?> ChronydAsync(CancellationToken cancellationToken)
    {
        if (!ChildProcess.Exists("chronyd"))
            return null;
        tell("chronyd: time");
        var port = FreeUdpPort();
        using var chronyd = ChildProcess.Start("chronyd",
        [
            "-d", "-x", "-U", string.Create(CultureInfo.InvariantCulture, $"port {port}"), "bindaddress 127.0.0.1", "allow 127.0.0.1", "local stratum 8", "cmdport 0",
            $"pidfile {Path.Join(folder, "chronyd.pid")}",
        ]);
        await UntilItAnswersAsync(port, cancellationToken);
        await RateAsync(port, WarmUp);
        var rate = await RateAsync(port, Measured);
        return string.Create(CultureInfo.InvariantCulture, $"chronyd: {rate:0} requests/s");
    }

    // Until the port is bound, the system says that nobody is there.
    private static async Task UntilItAnswersAsync(int port, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await new NtpClient(TimeProvider.System).MeasureAsync("127.0.0.1", port, TimeSpan.FromSeconds(10), cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10, cancellationToken);
            }
        }
    }

    private static async Task<double> RateAsync(int port, TimeSpan span)
    {
        var clock = Stopwatch.StartNew();
        var answered = await Task.WhenAll(Enumerable.Range(0, Askers).Select(_ =>
            Task.Factory.StartNew(() => Ask(port, span), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return answered.Sum() / clock.Elapsed.TotalSeconds;
    }

    // Each answer that came makes room for the next question; what was dropped on the way is made up for when nothing has come for a while.
    private static long Ask(int port, TimeSpan span)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 100 };
        socket.Connect(IPAddress.Loopback, port);
        var (question, answer) = (new byte[NtpPacket.HeaderBytes], new byte[NtpPacket.HeaderBytes]);
        var (asked, answered, room) = (0UL, 0L, Window);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < span)
        {
            for (; room > 0; room--)
            {
                new NtpPacket { Version = 4, Mode = NtpMode.Client, Transmit = new NtpTimestamp(++asked) }.Write(question);
                socket.Send(question);
            }

            try
            {
                socket.Receive(answer);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                room = Window;
                continue;
            }

            NtpPacket.TryRead(answer, out var packet);
            if (packet is not { Mode: NtpMode.Server, Stratum: > 0 } || packet.Origin.Value == 0 || packet.Origin.Value > asked)
                throw new InvalidOperationException("This is no answer to a question that was asked.");
            answered++;
            room++;
        }

        return answered;
    }

    private static int FreeUdpPort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
