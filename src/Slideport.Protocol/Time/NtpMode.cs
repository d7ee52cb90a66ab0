namespace Slideport.Protocol.Time;

/// <summary>Association mode (RFC 5905 §7.3, figure 10).</summary>
public enum NtpMode
{
    /// <summary>Reserved.</summary>
    Reserved = 0,

    /// <summary>Symmetric active.</summary>
    SymmetricActive = 1,

    /// <summary>Symmetric passive.</summary>
    SymmetricPassive = 2,

    /// <summary>A client's question.</summary>
    Client = 3,

    /// <summary>A server's answer.</summary>
    Server = 4,

    /// <summary>Broadcast.</summary>
    Broadcast = 5,

    /// <summary>Control messages (RFC 9327).</summary>
    Control = 6,

    /// <summary>Private use: <c>monlist</c> and what else made servers amplifiers (CVE-2013-5211).</summary>
    Private = 7,
}
