using System.Net;

namespace Slideport.Sam;

/// <summary>Settings of section <c>Web</c>: the port for people, with browsers or scripts, who log in; machines come to <c>Sam:Port</c>.</summary>
public sealed record WebOptions
{
    /// <summary>Address of the network interface to listen on; <c>*</c> for all.</summary>
    public string Address { get; init; } = "*";

    /// <summary>TCP port; 0 takes a free one.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>Name browsers reach it by, to which passkeys belong; empty is this machine's name.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>The name passkeys belong to (Web Authentication Level 3, RP ID).</summary>
    internal string EffectiveHostname => Hostname.Length > 0 ? Hostname : Dns.GetHostName();

    /// <summary>Everything wrong with the settings, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (Address != "*" && !IPAddress.TryParse(Address, out _))
            yield return $"Web:Address '{Address}' is neither * nor an IP address.";
        if (Port is < 0 or > 65535)
            yield return $"Web:Port is {Port}; it must be 0 to 65535.";
        if (Hostname.Length > 0 && Uri.CheckHostName(Hostname) != UriHostNameType.Dns)
            yield return $"Web:Hostname '{Hostname}' is no DNS name; passkeys can belong to a name only, not to an address.";
    }
}
