using System.Net.Security;

namespace Slideport.Sam;

/// <summary>What SAM's connections demand of the other side; asked anew for each, so that a renewed certificate is used at once.</summary>
/// <param name="Server">For those who come.</param>
/// <param name="Client">For those it goes to, by host.</param>
/// <param name="AuditRepository">For the audit repository, by host; null: as for the others.</param>
public sealed record SamTls(
    Func<SslServerAuthenticationOptions> Server, Func<string, SslClientAuthenticationOptions> Client, Func<string, SslClientAuthenticationOptions>? AuditRepository = null);
