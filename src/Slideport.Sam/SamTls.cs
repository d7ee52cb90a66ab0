using System.Net.Security;

namespace Slideport.Sam;

/// <summary>What SAM's connections demand of the other side; asked anew for each, so that a renewed certificate is used at once.</summary>
/// <param name="Server">For those who come.</param>
/// <param name="Client">For those it goes to, by host.</param>
public sealed record SamTls(Func<SslServerAuthenticationOptions> Server, Func<string, SslClientAuthenticationOptions> Client);
