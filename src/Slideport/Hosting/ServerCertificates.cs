using System.Net.Security;

namespace Slideport.Hosting;

/// <summary>
/// Which certificate a port shows (RFC 6066 3): the one the site has installed to whoever asks for one of its names, or for none; the installation's
/// own to all others, first of all to its own machines, which ask for the names that only its own authority gives.
/// </summary>
/// <param name="own">The installation's own.</param>
/// <param name="site">The one the site has installed; null when there is none.</param>
internal sealed class ServerCertificates(CurrentCertificate own, CurrentCertificate? site)
{
    /// <summary>The certificate for a name; empty when none was asked for.</summary>
    public SslStreamCertificateContext For(string name)
    {
        if (site is null)
            return own.Get();
        var installed = site.Get();
        return name.Length == 0 || (Uri.CheckHostName(name) != UriHostNameType.Unknown && installed.TargetCertificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
            ? installed
            : own.Get();
    }
}
