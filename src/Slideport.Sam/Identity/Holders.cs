using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Identity;

namespace Slideport.Sam.Identity;

/// <summary>
/// What holders of certificates are called, and what their certificates are known by. What another authority's certificate says counts for nothing:
/// one that is registered for a scanner is held as <c>foreign:SERIAL</c>.
/// </summary>
internal static class Holders
{
    private const string ForeignPrefix = "foreign:";

    internal static string Scanner(string serialNumber) => $"scanner:{serialNumber}";

    /// <summary>The serial number of a scanner that is named so.</summary>
    internal static string SerialNumber(string scanner) => scanner["scanner:".Length..];

    internal static string Role(string name) => $"role:{name}";

    /// <summary>A certificate of another authority, registered for a scanner.</summary>
    internal static string Foreign(string serialNumber) => ForeignPrefix + serialNumber;

    internal static bool IsForeign(string holder) => holder.StartsWith(ForeignPrefix, StringComparison.Ordinal);

    /// <summary>The holder, whoever has issued the certificate.</summary>
    internal static string Plain(string holder) => IsForeign(holder) ? Scanner(holder[ForeignPrefix.Length..]) : holder;

    internal static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    internal static string Thumbprint(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        return Thumbprint(certificate);
    }

    internal static string HashOfKey(byte[] subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));
}

/// <summary>What a certificate shown here says. It cannot change while a connection lives, so that each is read once, however much is asked over it.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate, hexadecimal.</param>
/// <param name="Holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>; null when it names none of ours.</param>
internal sealed record ShownCertificate(string Thumbprint, string? Holder)
{
    internal static ShownCertificate Of(X509Certificate2 certificate) => new(Holders.Thumbprint(certificate), CertificateHolder.Of(certificate));
}
