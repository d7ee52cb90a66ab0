using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Sam.Identity;

/// <summary>What of a certificate signing request counts: its key. Its signature proves that the asker has it; names and extensions are not looked at.</summary>
internal static class SigningRequest
{
    /// <summary>The key; null when there is none, or it is not ECDSA P-256.</summary>
    /// <param name="pem">PKCS #10, PEM.</param>
    internal static PublicKey? KeyOf(string pem)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            using var curve = request.PublicKey.GetECDsaPublicKey();
            return curve?.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value ? request.PublicKey : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
