using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Slideport.Protocol.Time;

namespace Slideport.Interop.Tests;

/// <summary>The time on the wire between real peers and ours, in both directions.</summary>
public sealed class TimeTests : IDisposable
{
    private readonly Installation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task Chronyd_sets_its_clock_by_SAM()
    {
        Peer.Require("chronyd");
        var port = FreeUdpPort();
        await ServeAsync("127.0.0.1", port);

        // -Q: says by how much it would set the clock, and does not.
        var output = await Peer.RunAsync(
            "chronyd", "-Q", "-U", "-t", "60", $"server 127.0.0.1 port {port} iburst maxsamples 4", $"pidfile {Path.Join(_installation.Folder, "chronyd.pid")}");

        var wrong = Regex.Match(output, @"System clock wrong by (-?\d+\.\d+) seconds");
        Assert.True(wrong.Success, output);
        Assert.InRange(double.Parse(wrong.Groups[1].Value, CultureInfo.InvariantCulture), -1, 1); // it is the same clock
    }

    [Theory]
    [InlineData("ntpdig")]
    [InlineData("ntpdate", "-q")]
    public async Task What_sets_a_clock_once_takes_SAMs_answer(string program, params string[] options)
    {
        Peer.Require(program);
        // They know no other port than 123: an address of loopback that nobody else uses has one of its own.
        var address = new IPAddress([127, (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]).ToString();
        if (!MayListenOn(address, NtpPacket.Port))
            Assert.Skip("Only root may listen on port 123 here");
        await ServeAsync(address, NtpPacket.Port);

        var output = await Peer.RunAsync(program, [.. options, address]);

        // 2026-11-28 12:40:38.123456 (+0000) +0.000012 +/- 0.000345 127.0.0.1 s10 no-leap
        var offset = Regex.Match(output, @"([+-]\d+\.\d+) \+/- \d+\.\d+ .*s(\d+) no-leap");
        Assert.True(offset.Success, output);
        Assert.InRange(double.Parse(offset.Groups[1].Value, CultureInfo.InvariantCulture), -1, 1);
    }

    [Fact]
    public async Task Our_client_reads_chronyds_clock()
    {
        Peer.Require("chronyd");
        var port = FreeUdpPort();
        using var chronyd = Peer.Start(
            "chronyd", "-d", "-x", "-U", $"port {port}", "bindaddress 127.0.0.1", "allow 127.0.0.1", "local stratum 8", "cmdport 0", $"pidfile {Path.Join(_installation.Folder, "chronyd.pid")}");

        var measured = await UntilItAnswersAsync(port);

        Assert.Equal((8, LeapIndicator.None), (measured.Stratum, measured.Leap));
        Assert.InRange(measured.Offset, -measured.RoundTrip, measured.RoundTrip); // it is the same clock
    }

    [Fact]
    public async Task A_chronyd_that_has_no_time_itself_sets_no_clock()
    {
        Peer.Require("chronyd");
        var port = FreeUdpPort();
        using var chronyd = Peer.Start(
            "chronyd", "-d", "-x", "-U", $"port {port}", "bindaddress 127.0.0.1", "allow 127.0.0.1", "cmdport 0", $"pidfile {Path.Join(_installation.Folder, "chronyd.pid")}");

        var refused = await Assert.ThrowsAsync<NtpException>(() => UntilItAnswersAsync(port));

        Assert.Contains("not synchronised", refused.Message, StringComparison.Ordinal);
    }

    private async Task ServeAsync(string address, int port)
    {
        await _installation.ServeAsync($"--Time:Address={address}", $"--Time:Port={port}");
        await UntilItAnswersAsync(port, address);
    }

    // Nothing tells when a UDP port begins to be answered: until then the system says that nobody is there.
    private static async Task<NtpMeasurement> UntilItAnswersAsync(int port, string address = "127.0.0.1")
    {
        while (true)
        {
            try
            {
                return await new NtpClient(TimeProvider.System).MeasureAsync(address, port, TimeSpan.FromSeconds(30), Cancel);
            }
            catch (SocketException)
            {
                await Task.Delay(50, Cancel);
            }
        }
    }

    private static int FreeUdpPort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static bool MayListenOn(string address, int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
