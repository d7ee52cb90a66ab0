using System.Net.Security;

namespace Slideport.Dsr;

/// <summary>Who the DSR is and whom it trusts.</summary>
/// <param name="Server">For those who come, by the name they ask for; empty when they ask for none. A client certificate that is shown must be of the installation's authority.</param>
public sealed record DsrTls(Func<string, SslServerAuthenticationOptions> Server);
