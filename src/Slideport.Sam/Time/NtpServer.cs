using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Slideport.Sam.Time;

/// <summary>
/// Answers NTP on one UDP port (flow F6), from a thread of its own: a pool that is busy with other things would make the time late, and a flood
/// of questions would keep the pool busy. A question costs two system calls and allocates nothing.
/// </summary>
internal sealed class NtpServer : IDisposable
{
    // More than is ever answered; what is longer is cut, and not answered either.
    private const int BufferBytes = 512;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Between two lines in the log about what went wrong: whoever can make something go wrong can do so often.
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly HostClock _clock;
    private readonly RequestLimiter? _limiter;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly SocketAddress _peer;
    private Thread? _thread;
    private long? _toldAt;

    private NtpServer(Socket socket, TimeOptions options, HostClock clock, TimeProvider time, ILogger log)
    {
        (_socket, _clock, _time, _log) = (socket, clock, time, log);
        _limiter = options.RequestsPerSecond > 0 ? new RequestLimiter(options.RequestsPerSecond, time) : null;
        _peer = new SocketAddress(socket.AddressFamily);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Where it is bound.</summary>
    internal IPEndPoint LocalEndPoint { get; }

    /// <summary>Takes the port; nothing is answered yet.</summary>
    /// <param name="options">Port, and how often who is answered.</param>
    /// <param name="address">IP address, or <c>*</c>.</param>
    /// <param name="clock">What is said of the clock.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Log.</param>
    /// <exception cref="IOException">The port cannot be had; one sentence says what can be done.</exception>
    internal static NtpServer Bind(TimeOptions options, string address, HostClock clock, TimeProvider time, ILogger log)
    {
        var end = new IPEndPoint(address != "*" ? IPAddress.Parse(address) : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, options.Port);
        var socket = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (end.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(end);
            return new NtpServer(socket, options, clock, time, log);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var permission = e.SocketErrorCode == SocketError.AccessDenied ? " (ports below 1024 need root or CAP_NET_BIND_SERVICE)" : "";
            throw new IOException(
                $"SAM cannot serve time on UDP port {options.Port}: {e.Message}{permission}. Choose another with --Time:Port=…, or leave it to this machine's own NTP server with --Time:Serve=false.", e);
        }
    }

    /// <summary>Begins to answer.</summary>
    internal void Start()
    {
        _thread = new Thread(Serve) { IsBackground = true, Name = "NTP" };
        _thread.Start();
    }

    /// <summary>Stops answering and gives the port back.</summary>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
            return;
        _stop.Cancel();
        _socket.Dispose(); // ends the call the thread waits in
        _thread?.Join();
        _stop.Dispose();
    }

    private void Serve()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                ServeOne();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException && _stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset)
            {
                // Windows alone: a datagram longer than the buffer, or somebody who did not wait for his answer.
            }
            catch (SocketException e)
            {
                if (IsToBeTold())
                    Log.TimeServiceFailed(_log, e.Message, e);
                _stop.Token.WaitHandle.WaitOne(Pause); // nothing can be received now
            }
#pragma warning disable CA1031 // Whatever one question brings about, the next is answered; the clocks of a lab hang on this loop.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (IsToBeTold())
                    Log.TimeServiceFailed(_log, e.Message, e);
            }
        }
    }

    /// <summary>Waits for one datagram and answers it if it is to be answered.</summary>
    internal void ServeOne()
    {
        var length = _socket.ReceiveFrom(_buffer, SocketFlags.None, _peer);
        var received = _time.GetUtcNow();
        if (!NtpAnswer.IsQuestion(_buffer.AsSpan(0, length), out var question) || !HasPort(_peer))
            return;
        var allowance = _limiter?.Take(AddressOf(_peer)) ?? Allowance.Answer;
        if (allowance == Allowance.Silence)
            return;
        var answer = _buffer.AsSpan(0, Protocol.Time.NtpPacket.HeaderBytes);
        if (allowance == Allowance.Kiss)
            NtpAnswer.KissTo(question).Write(answer);
        else
            NtpAnswer.To(question, _clock.Read(), received, _time.GetUtcNow()).Write(answer);
        Send(answer);
    }

    // A sender that cannot be reached, maybe a forged one, is no reason to be late for the next.
    private void Send(ReadOnlySpan<byte> answer)
    {
        try
        {
            _socket.SendTo(answer, SocketFlags.None, _peer);
        }
        catch (SocketException e) when (!_stop.IsCancellationRequested)
        {
            if (IsToBeTold())
                Log.TimeNotSent(_log, _peer.ToString(), e.Message);
        }
    }

    private bool IsToBeTold()
    {
        if (_toldAt is { } told && _time.GetElapsedTime(told) < Quiet)
            return false;
        _toldAt = _time.GetTimestamp();
        return true;
    }

    // sockaddr_in and sockaddr_in6 alike: family, then the port; nothing can be sent to port 0.
    private static bool HasPort(SocketAddress peer) => (peer[2] | peer[3]) != 0;

    // sockaddr_in: the address follows the port; sockaddr_in6: the flow label lies between them. IPv4 is mapped into IPv6 (RFC 4291 §2.5.5.2).
    private static UInt128 AddressOf(SocketAddress peer) => peer.Family == AddressFamily.InterNetwork
        ? new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(peer.Buffer.Span[4..]))
        : BinaryPrimitives.ReadUInt128BigEndian(peer.Buffer.Span[8..]);
}
