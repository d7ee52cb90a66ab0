namespace Slideport.Sam.Audit.Repository;

/// <summary>Where an audit repository takes syslog over TLS.</summary>
internal sealed record RepositoryAddress(string Host, int Port)
{
    // RFC 5425 4.1.
    private const int DefaultPort = 6514;

    /// <summary><c>host:port</c>, or <c>host</c> for port 6514; null for anything else.</summary>
    internal static RepositoryAddress? TryParse(string text) =>
        Uri.TryCreate($"syslog://{text}", UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri is { PathAndQuery: "/" or "", UserInfo: "", Fragment: "" } && uri.Port != 0
            ? new RepositoryAddress(uri.IdnHost, uri.Port < 0 ? DefaultPort : uri.Port)
            : null;
}
