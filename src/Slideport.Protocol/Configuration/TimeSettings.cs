namespace Slideport.Protocol.Configuration;

/// <summary>Page <i>Time</i>: where the scanner's clock comes from (flow F6).</summary>
public sealed record TimeSettings
{
    /// <summary>Host of the NTP server; empty: the host scanners reach SAM under.</summary>
    public string Server { get; init; } = "";

    /// <summary>UDP port of the NTP server.</summary>
    public int Port { get; init; } = 123;

    /// <summary>Zone of the scanner's displays, an IANA name.</summary>
    public string Zone { get; init; } = "Etc/UTC";

    /// <summary>Seconds a scanner's clock may be off before SAM warns.</summary>
    public double WarnOffsetSeconds { get; init; } = 1;

    internal IEnumerable<FieldError> Validate()
    {
        if (Server.Length > 0 && !Host.IsValid(Server))
            yield return new FieldError("time.server", $"'{Server}' is neither a host name nor an address.");
        if (Port is < 1 or > 65535)
            yield return new FieldError("time.port", $"{Port} is no UDP port; write 1 to 65535.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out _))
            yield return new FieldError("time.zone", $"There is no time zone '{Zone}'; write an IANA name such as Europe/Vienna.");
        if (WarnOffsetSeconds is not (>= 0.001 and <= 3600))
            yield return new FieldError("time.warnOffsetSeconds", $"{WarnOffsetSeconds} is not between 0.001 and 3600 seconds.");
    }
}
