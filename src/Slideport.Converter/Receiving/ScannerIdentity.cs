using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Receiving;

/// <summary>Which scanner an association belongs to.</summary>
internal static class ScannerIdentity
{
    /// <summary>
    /// <c>cert:</c> and the certificate's thumbprint where there is one: that is proof. Without certificates <c>peer:</c>, AE title and address:
    /// labels only, but two scanners that wear different ones cannot mix up each other's slides.
    /// </summary>
    internal static string Of(PeerIdentity peer) =>
        peer.CertificateThumbprint is { } thumbprint ? $"cert:{thumbprint}" : $"peer:{peer.CallingAETitle}@{peer.EndPoint.Address}";
}
