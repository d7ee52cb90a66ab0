using Slideport.Protocol.Time;

namespace Slideport.Sam.Time;

/// <summary>Which datagrams are answered, and with what (RFC 5905 §9.2 and §14, a server that is no client of anybody).</summary>
internal static class NtpAnswer
{
    /// <summary>The longest question: a header with a MAC of 20 bytes, as clients with MD5 keys send (RFC 5905 §7.3). Extension fields begin beyond it.</summary>
    internal const int MaxQuestionBytes = NtpPacket.HeaderBytes + 20;

    // Ticks of .NET's clock are 100 ns: 2^-23 s is 119.
    private const sbyte Precision = -23;

    // What a kiss-o'-death asks for: a question every 64 s.
    private const sbyte KissPoll = 6;

    private static readonly uint Rate = NtpPacket.ReferenceIdOf("RATE"u8);

    /// <summary>
    /// Whether a datagram is a client's question in a form that is answered: mode 3, version 3 or 4, a header alone or with a MAC. SAM has no
    /// keys: a MAC is not looked at and none is sent, which a client that insists on one takes for no answer (RFC 5905 §7.3). All else gets
    /// nothing, so that no answer is ever longer than what caused it, and no two servers ever talk to each other.
    /// </summary>
    internal static bool IsQuestion(ReadOnlySpan<byte> datagram, out NtpPacket question)
    {
        question = default;
        return datagram.Length is <= MaxQuestionBytes && datagram.Length % sizeof(uint) == 0
            && NtpPacket.TryRead(datagram, out question) && question is { Mode: NtpMode.Client, Version: 3 or 4 };
    }

    /// <summary>The answer; it leaves when it is written.</summary>
    /// <param name="question">The question.</param>
    /// <param name="clock">What is said of the clock.</param>
    /// <param name="received">When the question came.</param>
    /// <param name="now">When the answer leaves.</param>
    internal static NtpPacket To(in NtpPacket question, in HostClockState clock, DateTimeOffset received, DateTimeOffset now)
    {
        var receive = NtpTimestamp.FromUtc(received);
        return new NtpPacket
        {
            Leap = clock.Leap,
            Version = question.Version,
            Mode = NtpMode.Server,
            Stratum = clock.Stratum,
            Poll = question.Poll,
            Precision = Precision,
            RootDispersion = clock.RootDispersion,
            ReferenceId = clock.ReferenceId,
            // The clock may have been looked at since the question came; no client takes a time from before the clock was set.
            Reference = receive.Since(clock.Reference) < TimeSpan.Zero ? receive : clock.Reference,
            Origin = question.Transmit,
            Receive = receive,
            Transmit = NtpTimestamp.FromUtc(now),
        };
    }

    /// <summary>A kiss-o'-death that asks for fewer questions (RFC 5905 §7.4). It says no time: its timestamps are the question's own.</summary>
    internal static NtpPacket KissTo(in NtpPacket question) => new()
    {
        Leap = LeapIndicator.Unsynchronized,
        Version = question.Version,
        Mode = NtpMode.Server,
        Poll = KissPoll > question.Poll ? KissPoll : question.Poll,
        Precision = Precision,
        ReferenceId = Rate,
        Origin = question.Transmit,
        Receive = question.Transmit,
        Transmit = question.Transmit,
    };
}
