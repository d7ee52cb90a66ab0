using System.Security.Cryptography.X509Certificates;

namespace Slideport.Converter;

/// <summary>The certificates of the DICOM Converter's port.</summary>
/// <param name="Certificate">Our server certificate, with its private key.</param>
/// <param name="ClientAuthorities">Who may have issued scanners' certificates: the site's own authority.</param>
/// <param name="ClientCertificate">What we show where we connect ourselves, to bring a storage commitment report; null shows none.</param>
public sealed record ConverterTls(X509Certificate2 Certificate, X509Certificate2Collection ClientAuthorities, X509Certificate2? ClientCertificate = null);
