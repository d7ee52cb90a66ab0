namespace Slideport.Sam.Time;

/// <summary>Settings of the clock SAM gives its scanners (flow F6): section <c>Time</c>.</summary>
public sealed record TimeOptions
{
    /// <summary>Whether SAM answers NTP itself; no leaves it to the NTP server of the machine.</summary>
    public bool Serve { get; init; } = true;

    /// <summary>Address of the network interface to answer on, <c>*</c> for all; empty: the one SAM listens on.</summary>
    public string Address { get; init; } = "";

    /// <summary>UDP port; 0 takes a free one.</summary>
    public int Port { get; init; } = Protocol.Time.NtpPacket.Port;

    /// <summary>Stratum told while the machine's clock is synchronised. The kernel knows that it is, not by whom: a lab's server is commonly the fourth or fifth.</summary>
    public int Stratum { get; init; } = 5;

    /// <summary>Stratum told while it is not: low enough that a scanner with a better server takes that one, and one without follows SAM.</summary>
    public int LocalStratum { get; init; } = 10;

    /// <summary>Questions a second one address may ask in the long run, eight times as many at once; 0: as many as it likes.</summary>
    public double RequestsPerSecond { get; init; } = 2;

    /// <summary>Everything wrong with the settings, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (Address is not ("" or "*") && !System.Net.IPAddress.TryParse(Address, out _))
            yield return $"Time:Address '{Address}' is neither * nor an IP address.";
        if (Port is < 0 or > 65535)
            yield return $"Time:Port is {Port}; it must be 0 to 65535.";
        if (Stratum is < 2 or > 15)
            yield return $"Time:Stratum is {Stratum}; it must be 2 to 15.";
        if (LocalStratum is < 2 or > 15 || LocalStratum < Stratum)
            yield return $"Time:LocalStratum is {LocalStratum}; it must be 2 to 15 and not less than Time:Stratum ({Stratum}).";
        if (RequestsPerSecond is not (>= 0 and <= 1e6))
            yield return $"Time:RequestsPerSecond is {RequestsPerSecond}; it must be 0 to 1000000.";
    }
}
