using System.Formats.Asn1;
using System.Net.Security;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Destinations;

/// <summary>Whom we take for a PACS over TLS, and what we show it.</summary>
/// <param name="Own">Our certificates, and the installation's authorities.</param>
/// <param name="AuthorityFile">
/// PEM with the authorities that this PACS's certificate may come from, instead of the installation's, and their revocation lists; empty: the installation's.
/// Read for each connection, so that what is put right or revoked counts at once.
/// </param>
/// <param name="IsRevoked">Whether SAM has revoked a certificate.</param>
internal sealed record PacsTls(ConverterTls Own, string AuthorityFile, Predicate<X509Certificate2> IsRevoked)
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string RevocationLabel = "X509 CRL";

    /// <summary>What a connection demands: a chain to those authorities, in time, for the host's name, and none of it revoked.</summary>
    /// <exception cref="IOException">The file cannot be read, or names nobody: slides wait.</exception>
    internal SslClientAuthenticationOptions Options(string host)
    {
        var (authorities, revoked) = AuthorityFile.Length == 0 ? ([.. Own.ClientAuthorities, .. Own.FurtherAuthorities], []) : Read(AuthorityFile);
        var options = TlsPolicy.ForClient(host, authorities, Own.ClientCertificate());
        options.RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
            errors == SslPolicyErrors.None && presented is X509Certificate2 && chain is not null
            && !chain.ChainElements.Any(e => IsRevoked(e.Certificate) || revoked.Contains(Name(e.Certificate.IssuerName.RawData, e.Certificate.SerialNumberBytes.Span)));
        return options;
    }

    private static (X509Certificate2Collection Authorities, HashSet<string> Revoked) Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            var authorities = new X509Certificate2Collection();
            var revoked = new HashSet<string>(StringComparer.Ordinal);
            for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
            {
                var bytes = Convert.FromBase64String(rest[fields.Base64Data].ToString());
                if (rest[fields.Label].SequenceEqual(CertificateLabel))
                    authorities.Add(X509CertificateLoader.LoadCertificate(bytes));
                else if (rest[fields.Label].SequenceEqual(RevocationLabel))
                    revoked.UnionWith(RevokedBy(bytes));
            }

            return authorities.Count > 0 ? (authorities, revoked) : throw new IOException($"'{path}' holds no certificate of an authority.");
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or UnauthorizedAccessException)
        {
            throw new IOException($"'{path}' cannot be read as certificates and revocation lists of authorities: {e.Message}", e);
        }
    }

    /// <summary>What a revocation list (RFC 5280, 5.1) names. Its signature is not looked at: whoever may write the file may name authorities.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    internal static IReadOnlyList<string> RevokedBy(byte[] list)
    {
        var names = new List<string>();
        var signed = new AsnReader(list, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (signed.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            signed.ReadInteger(); // version
        signed.ReadSequence(); // algorithm
        var issuer = signed.ReadEncodedValue().ToArray();
        signed.ReadEncodedValue(); // thisUpdate
        if (signed.HasData && (signed.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || signed.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime)))
            signed.ReadEncodedValue(); // nextUpdate
        if (!signed.HasData || !signed.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return names;
        for (var entries = signed.ReadSequence(); entries.HasData;)
            names.Add(Name(issuer, entries.ReadSequence().ReadIntegerBytes().Span));
        return names;
    }

    // Issuer and serial number, the number as a number: encodings differ in leading zeros.
    private static string Name(ReadOnlySpan<byte> issuer, ReadOnlySpan<byte> serialNumber) =>
        $"{Convert.ToHexString(issuer)} {new BigInteger(serialNumber, isUnsigned: true, isBigEndian: true)}";
}
