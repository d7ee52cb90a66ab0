using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Converter;

/// <summary>The certificates of the DICOM Converter's port; asked anew for each connection, so that one that was renewed or replaced is used at once.</summary>
/// <param name="Certificate">Our server certificate with its private key and chain, by the name the peer asks for; empty when it asks for none.</param>
/// <param name="ClientAuthorities">Who may have issued scanners' certificates: the site's own authority.</param>
public sealed record ConverterTls(Func<string, SslStreamCertificateContext> Certificate, X509Certificate2Collection ClientAuthorities)
{
    /// <summary>Further authorities: a certificate of theirs lets a scanner in when SAM has said that it is registered for it.</summary>
    public X509Certificate2Collection FurtherAuthorities { get; init; } = [];

    /// <summary>What we show where we connect ourselves, to bring a storage commitment report; null shows none.</summary>
    public Func<X509Certificate2?> ClientCertificate { get; init; } = () => null;
}
