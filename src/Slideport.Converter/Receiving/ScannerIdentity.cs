using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Receiving;

/// <summary>Which scanner an association belongs to.</summary>
internal static class ScannerIdentity
{
    private const string ByCertificate = "cert:";
    private const string ByName = "scanner:";

    /// <summary>
    /// <c>cert:</c> and the certificate's thumbprint where there is one: that is proof. Without certificates <c>peer:</c>, AE title and address:
    /// labels only, but two scanners that wear different ones cannot mix up each other's slides.
    /// </summary>
    internal static string Of(PeerIdentity peer) =>
        peer.CertificateThumbprint is { } thumbprint ? OfCertificate(thumbprint) : $"peer:{peer.CallingAETitle}@{peer.EndPoint.Address}";

    /// <summary>The identity of who shows a certificate.</summary>
    /// <param name="thumbprint">SHA-256, hexadecimal.</param>
    internal static string OfCertificate(string thumbprint) => ByCertificate + thumbprint.ToUpperInvariant();

    /// <summary>The identity of a scanner that SAM knows by its certificates: it stays the same when they are renewed.</summary>
    internal static string OfSerialNumber(string serialNumber) => ByName + serialNumber;

    /// <summary>Whether an identity was proven by a certificate.</summary>
    internal static bool IsProven(string scanner) => scanner.StartsWith(ByCertificate, StringComparison.Ordinal) || scanner.StartsWith(ByName, StringComparison.Ordinal);
}
