using System.Net;

namespace Slideport.Hosting.Monitoring;

/// <summary>Settings of the section <c>Monitoring</c>: how an installation is looked at from outside.</summary>
internal sealed record MonitoringOptions
{
    /// <summary>Whether metrics and health are served.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Address of the network interface to serve them on; <c>*</c> for all.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes a free one.</summary>
    public int Port { get; init; } = 9464;

    /// <summary>Whether they are served over TLS, to those only who show a certificate of <c>role:monitor</c>.</summary>
    public bool Tls { get; init; }

    /// <summary>The OpenTelemetry collector that gets metrics and traces over OTLP/HTTP; empty: none does.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>Everything wrong with the settings, a sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Address != "*" && !IPAddress.TryParse(Address, out _))
            errors.Add($"Monitoring:Address '{Address}' is neither * nor an IP address.");
        else if (!Tls && !IsLoopback)
            errors.Add($"Monitoring:Address is {Address}: without TLS metrics are served to this machine only; switch Monitoring:Tls on, or take 127.0.0.1.");
        if (Port is < 0 or > 65535)
            errors.Add($"Monitoring:Port is {Port}; it must be 0 to 65535.");
        if (OtlpEndpoint.Length > 0 && !IsGood(OtlpEndpoint))
            errors.Add($"Monitoring:OtlpEndpoint '{OtlpEndpoint}' is no https address; http is for a collector on this machine only, for example http://127.0.0.1:4318.");
        return errors;
    }

    private bool IsLoopback => Address != "*" && IPAddress.IsLoopback(IPAddress.Parse(Address));

    private static bool IsGood(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
