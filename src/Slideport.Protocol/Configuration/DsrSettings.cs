namespace Slideport.Protocol.Configuration;

/// <summary>Page <i>DSR</i>: the DSR DataServer that SAM forwards image metadata to (flow F8).</summary>
public sealed record DsrSettings
{
    /// <summary>Its host; empty: nothing is forwarded.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Its TCP port.</summary>
    public int Port { get; init; } = 44387;

    /// <summary>Whether the link runs over TLS.</summary>
    public bool Tls { get; init; } = true;

    internal IEnumerable<FieldError> Validate()
    {
        if (Hostname.Length > 0 && !Host.IsValid(Hostname))
            yield return new FieldError("dsr.hostname", $"'{Hostname}' is neither a host name nor an address.");
        if (Port is < 1 or > 65535)
            yield return new FieldError("dsr.port", $"{Port} is no TCP port; write 1 to 65535.");
    }
}
