using System.Numerics;
using Slideport.Protocol.Time;
using Slideport.Sam.Time;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// Any datagram as a question to SAM's time server, and as an answer to a client's question. What is accepted is held against the words of
/// RFC 5905, read bit by bit with numbers that cannot wrap.
/// </summary>
internal static class NtpTarget
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Elapsed = TimeSpan.FromSeconds(1) / 128; // 2^-7 s has no rest in binary

    /// <summary>Runs one input; throws where a promise is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var isRead = NtpPacket.TryRead(data, out var packet);
        Require(isRead == data.Length >= 48, "a header is 48 bytes");
        if (isRead)
        {
            var written = new byte[48];
            packet.Write(written);
            Require(data[..48].SequenceEqual(written), "what was read is written differently");
        }

        AsQuestion(data);
        if (isRead)
            AsAnswer(data, packet);
    }

    /// <summary>A question, an answer, a kiss-o'-death, a control message.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        byte[] question = [0x23, .. new byte[39], 1, 2, 3, 4, 5, 6, 7, 8];
        yield return question;
        yield return [0x1B, .. question[1..], .. new byte[20]];
        NtpAnswer.IsQuestion(question, out var asked);
        var clock = new HostClockState(true, true, LeapIndicator.None, 5, NtpShort.FromTimeSpan(TimeSpan.FromMilliseconds(3)), 0x4E5450, NtpTimestamp.FromUtc(Noon.AddMinutes(-1)));
        yield return Bytes(NtpAnswer.To(asked, clock, Noon.AddMilliseconds(4), Noon.AddMilliseconds(5)));
        yield return Bytes(NtpAnswer.To(asked, clock, Noon.AddYears(30), Noon.AddYears(30).AddMilliseconds(1)));
        yield return Bytes(NtpAnswer.KissTo(asked));
        yield return [0x16, 0x02, 0, 1, .. new byte[8]];
        yield return [0x17, 0, 3, 42, .. new byte[4]];
    }

    private static void AsQuestion(ReadOnlySpan<byte> data)
    {
        var isTaken = NtpAnswer.IsQuestion(data, out var question);
        var isAllowed = data.Length is 48 or 52 or 56 or 60 or 64 or 68 && data[0] % 8 == 3 && data[0] / 8 % 8 is 3 or 4;
        Require(isTaken == isAllowed, "a question that is taken, or one that is not");
        if (!isTaken)
            return;
        var clock = new HostClockState(true, true, LeapIndicator.None, 5, default, 1, NtpTimestamp.FromUtc(Noon));
        foreach (var answer in (byte[][])[Bytes(NtpAnswer.To(question, clock, Noon, Noon)), Bytes(NtpAnswer.KissTo(question))])
        {
            Require(answer.Length <= data.Length, "an answer longer than its question");
            Require(answer[0] % 8 == 4 && answer[0] / 8 % 8 == data[0] / 8 % 8, "mode and version of an answer");
            Require(answer.AsSpan(24, 8).SequenceEqual(data.Slice(40, 8)), "an answer to another question");
        }
    }

    // The client had asked at noon and heard this 8 ms later.
    private static void AsAnswer(ReadOnlySpan<byte> data, NtpPacket packet)
    {
        NtpMeasurement measured;
        try
        {
            measured = NtpClient.Evaluate(packet, Noon, Elapsed);
        }
        catch (NtpException)
        {
            return; // says no time
        }

        Require(data[0] >> 6 != 3 && data[1] is > 0 and < 16, "time of a clock that says it has none");
        var (receive, transmit) = (Number(data.Slice(32, 8)), Number(data.Slice(40, 8)));
        Require(receive != 0 && transmit != 0, "time of a server that tells none");
        var (asked, heard) = (Bits(Noon), Bits(Noon + Elapsed));
        // In steps of 2^-32 s; each within half an era of the client's clock.
        var twice = Nearest(receive - asked) + Nearest(transmit - heard);
        var expected = twice * TimeSpan.TicksPerSecond / (BigInteger.One << 33);
        Require(BigInteger.Abs(expected - measured.Offset.Ticks) <= 2, "offset");
        Require(measured.RoundTrip >= TimeSpan.Zero && measured.RoundTrip <= Elapsed, "round trip");
        Require(measured.Stratum == data[1], "stratum");
    }

    private static byte[] Bytes(NtpPacket packet)
    {
        var bytes = new byte[48];
        packet.Write(bytes);
        return bytes;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    // Seconds since 1900 and their fraction, era and all.
    private static BigInteger Bits(DateTimeOffset instant) =>
        ((BigInteger)(instant.UtcTicks - new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks) << 32) / TimeSpan.TicksPerSecond;

    private static BigInteger Nearest(BigInteger difference)
    {
        var (era, half) = (BigInteger.One << 64, BigInteger.One << 63);
        var within = ((difference % era) + era) % era;
        return within < half ? within : within - era;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }
}
