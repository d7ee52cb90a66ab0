using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Slideport.Http;

/// <summary>How every entrance of the house listens: HTTP/1.1 over TLS, everything bounded.</summary>
public static class HttpsServer
{
    /// <summary>The longest body an endpoint takes that says nothing else.</summary>
    public const int MaxBodyBytes = 1 << 20;

    private const int MaxHeaderBytes = 16 << 10;
    private const int MaxConnections = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A server with nothing in it but Kestrel.</summary>
    /// <param name="applicationName">The assembly whose it is.</param>
    /// <param name="listen">Opens the entrances, see <see cref="Listen"/>.</param>
    public static WebApplicationBuilder CreateBuilder(string? applicationName, Action<KestrelServerOptions> listen)
    {
        // A line ends with CRLF and nothing else: what is before us may see one line where we saw two (RFC 9112 11.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = applicationName });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = Patience;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            listen(kestrel);
        });
        return builder;
    }

    /// <summary>Opens an entrance.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="address">Address of the network interface; <c>*</c> for all.</param>
    /// <param name="port">TCP port; 0 takes a free one.</param>
    /// <param name="configure">What happens with its connections, <see cref="Secure"/> first.</param>
    public static void Listen(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions> configure)
    {
        if (address == "*")
            kestrel.ListenAnyIP(port, configure);
        else
            kestrel.Listen(IPAddress.Parse(address), port, configure);
    }

    /// <summary>TLS on every connection.</summary>
    /// <param name="listen">The entrance.</param>
    /// <param name="tls">What it demands, by the name that is asked for; empty when none is. Asked anew for each connection.</param>
    public static void Secure(ListenOptions listen, Func<string, SslServerAuthenticationOptions> tls)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = Patience, OnConnection = connection => ValueTask.FromResult(tls(connection.ClientHelloInfo.ServerName)) });
    }

    /// <summary>Asks for no certificate: people have none of ours, and browsers would ask them for one at every visit.</summary>
    public static SslServerAuthenticationOptions NotAsked(SslServerAuthenticationOptions options)
    {
        (options.ClientCertificateRequired, options.RemoteCertificateValidationCallback) = (false, null);
        return options;
    }
}
