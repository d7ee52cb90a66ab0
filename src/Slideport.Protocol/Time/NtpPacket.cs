using System.Buffers.Binary;
using System.Text;

namespace Slideport.Protocol.Time;

/// <summary>The header of every NTP packet (RFC 5905 §7.3, figure 8): 48 bytes, big endian. What follows it, extension fields and MAC, is not read.</summary>
/// <remarks>Reading and writing allocate nothing, and what was read is written as the same bytes.</remarks>
public readonly record struct NtpPacket
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 48;

    /// <summary>The UDP port of NTP servers (RFC 5905 §7.2).</summary>
    public const int Port = 123;

    /// <summary>The version this code speaks (RFC 5905 §7.2).</summary>
    public const int CurrentVersion = 4;

    /// <summary>Strata from here on are those of clocks that are not synchronised (RFC 5905 §7.2, MAXSTRAT).</summary>
    public const int UnsynchronizedStratum = 16;

    /// <summary>Leap Indicator.</summary>
    public LeapIndicator Leap { get; init; }

    /// <summary>Version Number, 0–7.</summary>
    public byte Version { get; init; }

    /// <summary>Mode.</summary>
    public NtpMode Mode { get; init; }

    /// <summary>How many servers there are between this one and a reference clock; 0 in a kiss-o'-death.</summary>
    public byte Stratum { get; init; }

    /// <summary>Longest interval between messages, as a power of two of seconds.</summary>
    public sbyte Poll { get; init; }

    /// <summary>Precision of the clock, as a power of two of seconds.</summary>
    public sbyte Precision { get; init; }

    /// <summary>Round trip to the reference clock.</summary>
    public NtpShort RootDelay { get; init; }

    /// <summary>Error against the reference clock that has piled up on the way.</summary>
    public NtpShort RootDispersion { get; init; }

    /// <summary>Where the server has its time from; four letters at strata 0 and 1 (RFC 5905 §7.3, figure 12).</summary>
    public uint ReferenceId { get; init; }

    /// <summary>When the server's clock was last set.</summary>
    public NtpTimestamp Reference { get; init; }

    /// <summary>In an answer: the transmit timestamp of the question.</summary>
    public NtpTimestamp Origin { get; init; }

    /// <summary>When the question came.</summary>
    public NtpTimestamp Receive { get; init; }

    /// <summary>When this packet left.</summary>
    public NtpTimestamp Transmit { get; init; }

    /// <summary>
    /// What a kiss-o'-death says (RFC 5905 §7.4), such as <c>RATE</c> or <c>DENY</c>; null in any other packet. A server that merely has no time
    /// may be of stratum 0 too, but says nothing.
    /// </summary>
    public string? KissCode => Stratum == 0 && Mode == NtpMode.Server ? TextOf(ReferenceId) : null;

    /// <summary>Four ASCII characters as a reference id.</summary>
    public static uint ReferenceIdOf(ReadOnlySpan<byte> text) => BinaryPrimitives.ReadUInt32BigEndian(text);

    /// <summary>Reads a header.</summary>
    /// <param name="datagram">A datagram of any length.</param>
    /// <param name="packet">What its header says.</param>
    /// <returns>False when it is shorter than a header; there is no other way to be wrong.</returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out NtpPacket packet)
    {
        if (datagram.Length < HeaderBytes)
        {
            packet = default;
            return false;
        }

        packet = new NtpPacket
        {
            Leap = (LeapIndicator)(datagram[0] >> 6),
            Version = (byte)((datagram[0] >> 3) & 7),
            Mode = (NtpMode)(datagram[0] & 7),
            Stratum = datagram[1],
            Poll = unchecked((sbyte)datagram[2]),
            Precision = unchecked((sbyte)datagram[3]),
            RootDelay = new NtpShort(BinaryPrimitives.ReadUInt32BigEndian(datagram[4..])),
            RootDispersion = new NtpShort(BinaryPrimitives.ReadUInt32BigEndian(datagram[8..])),
            ReferenceId = BinaryPrimitives.ReadUInt32BigEndian(datagram[12..]),
            Reference = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(datagram[16..])),
            Origin = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(datagram[24..])),
            Receive = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(datagram[32..])),
            Transmit = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(datagram[40..])),
        };
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="header">At least <see cref="HeaderBytes"/> bytes; only so many are written.</param>
    /// <exception cref="ArgumentException">There is less room.</exception>
    /// <exception cref="InvalidOperationException">A field of the first byte has a value that does not fit it.</exception>
    public void Write(Span<byte> header)
    {
        if (header.Length < HeaderBytes)
            throw new ArgumentException($"An NTP header needs {HeaderBytes} bytes.", nameof(header));
        if ((uint)Leap > 3 || Version > 7 || (uint)Mode > 7)
            throw new InvalidOperationException($"Leap indicator {Leap}, version {Version} and mode {Mode} do not fit an NTP header.");
        header[0] = (byte)(((int)Leap << 6) | (Version << 3) | (int)Mode);
        header[1] = Stratum;
        header[2] = unchecked((byte)Poll);
        header[3] = unchecked((byte)Precision);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], RootDelay.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], RootDispersion.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], ReferenceId);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], Reference.Value);
        BinaryPrimitives.WriteUInt64BigEndian(header[24..], Origin.Value);
        BinaryPrimitives.WriteUInt64BigEndian(header[32..], Receive.Value);
        BinaryPrimitives.WriteUInt64BigEndian(header[40..], Transmit.Value);
    }

    // Letters, with zeros behind them where there are less than four; a stranger's other bytes are none.
    private static string? TextOf(uint id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        var text = bytes.TrimEnd((byte)0);
        return text.IsEmpty || text.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? null : Encoding.ASCII.GetString(text);
    }
}
