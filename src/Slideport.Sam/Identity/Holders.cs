using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Identity;

namespace Slideport.Sam.Identity;

/// <summary>What holders of certificates are called, and what their certificates are known by.</summary>
internal static class Holders
{
    internal static string Scanner(string serialNumber) => $"scanner:{serialNumber}";

    internal static string Role(string name) => $"role:{name}";

    internal static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    internal static string HashOfKey(byte[] subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));
}

/// <summary>What a certificate shown here says. It cannot change while a connection lives, so that each is read once, however much is asked over it.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate, hexadecimal.</param>
/// <param name="Holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>; null when it names none of ours.</param>
internal sealed record ShownCertificate(string Thumbprint, string? Holder)
{
    internal static ShownCertificate Of(X509Certificate2 certificate) => new(Holders.Thumbprint(certificate), CertificateHolder.Of(certificate));
}
