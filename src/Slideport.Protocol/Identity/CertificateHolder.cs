using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Protocol.Identity;

/// <summary>Who a certificate of the installation's authority names, from its subject alternative name.</summary>
public static class CertificateHolder
{
    private const string Prefix = "urn:slideport:";
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary><c>scanner:SERIAL</c> or <c>role:NAME</c>; null when the certificate names none of ours.</summary>
    /// <param name="certificate">One whose chain ends at our authority; whoever asks has seen to that.</param>
    public static string? Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == SubjectAlternativeName) is not { } extension)
            return null;
        var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        var uri = new Asn1Tag(TagClass.ContextSpecific, 6); // uniformResourceIdentifier, RFC 5280 4.2.1.6
        while (reader.HasData)
        {
            if (!reader.PeekTag().HasSameClassAndValue(uri))
            {
                reader.ReadEncodedValue();
                continue;
            }

            var text = reader.ReadCharacterString(UniversalTagNumber.IA5String, uri);
            if (text.StartsWith(Prefix, StringComparison.Ordinal))
                return Uri.UnescapeDataString(text[Prefix.Length..]);
        }

        return null;
    }
}
