using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Slideport.Protocol.Time;

/// <summary>Asks time servers how far a clock is off: one question and one answer at a time, as SNTP clients do (RFC 5905 §14).</summary>
/// <remarks>
/// The question says nothing of the clock it is asked for: its transmit timestamp is random, and only who has seen it can answer. Answers to
/// anything else are passed over and the right one is waited for, so that a stranger who guesses can neither set a clock nor stop it from
/// being set.
/// </remarks>
/// <param name="clock">The clock that is compared; also that of the time limits.</param>
public sealed class NtpClient(TimeProvider clock)
{
    // RFC 5905 §7.2, MAXDISP: a server this far from its reference clock knows no time.
    private static readonly TimeSpan MaxRootDistance = TimeSpan.FromSeconds(16);

    // Clocks of some servers tick only every 16 ms: so much longer than it was under way a question may seem to have been with the server.
    private static readonly TimeSpan CoarseTick = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks a server.</summary>
    /// <param name="host">Its name or address; of a name's addresses the first is taken that gives a measurement.</param>
    /// <param name="port">Its UDP port, such as <see cref="NtpPacket.Port"/>.</param>
    /// <param name="patience">How long at most, all addresses together.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NtpException">It answers, but says no time.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    /// <exception cref="SocketException">Its name is not known, or nothing listens there.</exception>
    public async Task<NtpMeasurement> MeasureAsync(string host, int port, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        var started = clock.GetTimestamp();
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).WaitAsync(patience, clock, cancellationToken);
        Exception failure = new SocketException((int)SocketError.NoData);
        for (var i = 0; i < addresses.Length; i++)
        {
            var share = (patience - clock.GetElapsedTime(started)) / (addresses.Length - i);
            try
            {
                return await ExchangeAsync(new IPEndPoint(addresses[i], port), share, cancellationToken);
            }
            catch (Exception e) when (e is NtpException or TimeoutException or SocketException)
            {
                failure = e;
            }
        }

        ExceptionDispatchInfo.Throw(failure);
        throw failure;
    }

    // The socket is connected: the system drops what comes from elsewhere, and tells when nothing listens there.
    private async Task<NtpMeasurement> ExchangeAsync(IPEndPoint server, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(server, either.Token);
            var buffer = new byte[1024]; // far more than a header with any MAC
            var question = new NtpPacket { Version = NtpPacket.CurrentVersion, Mode = NtpMode.Client, Transmit = Unpredictable() };
            question.Write(buffer);
            var (sentAt, sent) = (clock.GetUtcNow(), clock.GetTimestamp());
            await socket.SendAsync(buffer.AsMemory(0, NtpPacket.HeaderBytes), SocketFlags.None, either.Token);
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer, SocketFlags.None, either.Token);
                var elapsed = clock.GetElapsedTime(sent);
                if (NtpPacket.TryRead(buffer.AsSpan(0, length), out var answer) && IsAnswer(answer, question))
                    return Evaluate(answer, sentAt, elapsed);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The time server at {server} does not answer.");
        }
    }

    /// <summary>Whether a packet answers a question: mode, version and origin timestamp are right (RFC 5905 §8: anything else is bogus).</summary>
    public static bool IsAnswer(in NtpPacket answer, in NtpPacket question) =>
        answer is { Mode: NtpMode.Server, Version: 3 or NtpPacket.CurrentVersion } && answer.Origin == question.Transmit;

    /// <summary>What an answer shows (RFC 5905 §8).</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="sentAt">When the question left, on one's own clock.</param>
    /// <param name="elapsed">How long the answer took, on a clock that nobody sets meanwhile.</param>
    /// <exception cref="NtpException">The answer says no time.</exception>
    public static NtpMeasurement Evaluate(in NtpPacket answer, DateTimeOffset sentAt, TimeSpan elapsed)
    {
        if (answer.KissCode is { } kiss)
            throw new NtpException($"It does not want to be asked (kiss-o'-death {kiss}).", kiss);
        if (answer.Leap == LeapIndicator.Unsynchronized || answer.Stratum is 0 or >= NtpPacket.UnsynchronizedStratum)
            throw new NtpException("It answers, but its own clock is not synchronised.");
        var distance = (answer.RootDelay.ToTimeSpan() / 2) + answer.RootDispersion.ToTimeSpan();
        if (distance >= MaxRootDistance)
            throw new NtpException($"It answers, but does not know the time any better than {distance.TotalSeconds:0} s.");
        var atServer = answer.Transmit.Since(answer.Receive);
        var isBeforeItsReference = !answer.Reference.IsUnset && answer.Transmit.Since(answer.Reference) < TimeSpan.Zero;
        if (answer.Receive.IsUnset || answer.Transmit.IsUnset || isBeforeItsReference || atServer < TimeSpan.Zero || atServer > elapsed + CoarseTick)
            throw new NtpException("It answers with timestamps that cannot be true.");
        var (there, back) = (answer.Receive.Since(NtpTimestamp.FromUtc(sentAt)), answer.Transmit.Since(NtpTimestamp.FromUtc(sentAt + elapsed)));
        var roundTrip = elapsed - atServer;
        var offset = new TimeSpan((there.Ticks + back.Ticks) / 2); // TimeSpan divides as double, which past 28 years no longer holds each tick
        return new NtpMeasurement(
            offset, roundTrip > TimeSpan.Zero ? roundTrip : TimeSpan.Zero, answer.Stratum, answer.Leap, answer.RootDelay.ToTimeSpan(), answer.RootDispersion.ToTimeSpan());
    }

    private static NtpTimestamp Unpredictable()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        return new NtpTimestamp(BitConverter.ToUInt64(random) | 1); // never unset
    }
}
