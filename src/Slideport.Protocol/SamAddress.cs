using System.Net.Security;

namespace Slideport.Protocol;

/// <summary>The SAM DataServer as another role reaches it.</summary>
/// <param name="Address"><c>https://host:44386</c>; null while it is not known yet.</param>
/// <param name="Tls">Whom to trust, and the role's own certificate; by host. Asked before each question: the same context for as long as the certificate is the same.</param>
public sealed record SamAddress(Func<Uri?> Address, Func<string, SslClientAuthenticationOptions> Tls);
