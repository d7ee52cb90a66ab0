using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Sam.Identity;

/// <summary>Who a certificate of our authority names: <c>scanner:SERIAL</c> or <c>role:NAME</c>, from its subject alternative name.</summary>
internal static class Holders
{
    private const string Prefix = "urn:slideport:";
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>The holder; null when the certificate names none of ours.</summary>
    internal static string? Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == SubjectAlternativeName) is not { } extension)
            return null;
        var reader = new System.Formats.Asn1.AsnReader(extension.RawData, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        var uri = new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6); // uniformResourceIdentifier, RFC 5280 4.2.1.6
        while (reader.HasData)
        {
            if (!reader.PeekTag().HasSameClassAndValue(uri))
            {
                reader.ReadEncodedValue();
                continue;
            }

            var text = reader.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, uri);
            if (text.StartsWith(Prefix, StringComparison.Ordinal))
                return Uri.UnescapeDataString(text[Prefix.Length..]);
        }

        return null;
    }

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
    internal static ShownCertificate Of(X509Certificate2 certificate) => new(Holders.Thumbprint(certificate), Holders.Of(certificate));
}
