using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Sam;

/// <summary>What SAM's connections demand of the other side; asked anew for each, so that a renewed certificate is used at once.</summary>
/// <param name="Server">For those who come, by the name they ask for; empty when they ask for none.</param>
/// <param name="Client">For those it goes to, by host.</param>
/// <param name="AuditRepository">For the audit repository, by host; null: as for the others.</param>
public sealed record SamTls(
    Func<string, SslServerAuthenticationOptions> Server, Func<string, SslClientAuthenticationOptions> Client, Func<string, SslClientAuthenticationOptions>? AuditRepository = null)
{
    /// <summary>Further authorities: a certificate of theirs lets a scanner in when it is registered for it. They are part of what <see cref="Server"/> trusts.</summary>
    public Func<X509Certificate2Collection> FurtherAuthorities { get; init; } = () => [];

    /// <summary>When the certificate ends that the site has installed itself, and that nobody renews for it; null when there is none.</summary>
    public Func<DateTimeOffset?> InstalledUntil { get; init; } = () => null;
}
