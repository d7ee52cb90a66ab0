using CsCheck;
using Slideport.Protocol.Time;

namespace Slideport.Protocol.Tests.Time;

/// <summary>The header of RFC 5905 §7.3, byte by byte.</summary>
public sealed class NtpPacketTests
{
    // What a real server (chrony 4.3, local stratum 8) answered.
    private const string Answer = "240800e700000000000000007f7f0101eeb54a3a4439414c3132333435363738eeb54a3c13259f81eeb54a3c132e6ed8";

    [Fact]
    public void The_answer_of_a_real_server_is_read_field_by_field()
    {
        Assert.True(NtpPacket.TryRead(Convert.FromHexString(Answer), out var packet));

        Assert.Equal(
            new NtpPacket
            {
                Leap = LeapIndicator.None,
                Version = 4,
                Mode = NtpMode.Server,
                Stratum = 8,
                Poll = 0,
                Precision = -25,
                ReferenceId = 0x7F7F0101,
                Reference = new NtpTimestamp(0xEEB54A3A_4439414C),
                Origin = new NtpTimestamp(0x31323334_35363738),
                Receive = new NtpTimestamp(0xEEB54A3C_13259F81),
                Transmit = new NtpTimestamp(0xEEB54A3C_132E6ED8),
            },
            packet);
    }

    [Fact]
    public void What_was_read_is_written_as_the_same_bytes() => Gen.Byte.Array[NtpPacket.HeaderBytes, 100].Sample(bytes =>
    {
        var written = new byte[NtpPacket.HeaderBytes];

        Assert.True(NtpPacket.TryRead(bytes, out var packet));
        packet.Write(written);

        Assert.Equal(bytes[..NtpPacket.HeaderBytes], written);
    });

    [Fact]
    public void Every_truncation_is_refused()
    {
        var bytes = Convert.FromHexString(Answer);

        for (var length = 0; length < bytes.Length; length++)
            Assert.False(NtpPacket.TryRead(bytes.AsSpan(0, length), out _));
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var bytes = Convert.FromHexString(Answer);
        Again(bytes);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Again(bytes);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Again(byte[] bytes)
        {
            NtpPacket.TryRead(bytes, out var packet);
            packet.Write(bytes);
        }
    }

    [Theory]
    [InlineData(0, NtpMode.Server, 0x52415445, "RATE")]
    [InlineData(0, NtpMode.Server, 0x58000000, "X")]
    [InlineData(0, NtpMode.Server, 0x44000A45, null)]
    [InlineData(0, NtpMode.Server, 0, null)] // chronyd without a source
    [InlineData(0, NtpMode.Client, 0x52415445, null)]
    [InlineData(1, NtpMode.Server, 0x47505300, null)]
    public void A_kiss_code_is_what_a_server_of_stratum_0_says(byte stratum, NtpMode mode, uint id, string? code) =>
        Assert.Equal(code, new NtpPacket { Stratum = stratum, Mode = mode, ReferenceId = id }.KissCode);

    [Fact]
    public void What_does_not_fit_is_not_written()
    {
        Assert.Throws<InvalidOperationException>(() => new NtpPacket { Version = 8 }.Write(new byte[48]));
        Assert.Throws<InvalidOperationException>(() => new NtpPacket { Mode = (NtpMode)8 }.Write(new byte[48]));
        Assert.Throws<InvalidOperationException>(() => new NtpPacket { Leap = (LeapIndicator)4 }.Write(new byte[48]));
        Assert.Throws<ArgumentException>(() => new NtpPacket { Version = 4 }.Write(new byte[47]));
    }
}
