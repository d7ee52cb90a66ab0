using System.Net.Security;

namespace Slideport.Converter;

/// <summary>The SAM DataServer as the converter reaches it.</summary>
/// <param name="Address"><c>https://host:44386</c>; null while it is not known yet.</param>
/// <param name="Tls">Whom to trust, and the converter's own certificate; by host. Asked before each question: the same context for as long as the certificate is the same.</param>
public sealed record ConverterSam(Func<Uri?> Address, Func<string, SslClientAuthenticationOptions> Tls);
