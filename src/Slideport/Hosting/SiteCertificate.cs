using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Settings;

namespace Slideport.Hosting;

/// <summary>A certificate of this machine that the site's own authority has issued, as an administrator puts it into files.</summary>
internal static class SiteCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>Reads and checks it.</summary>
    /// <param name="options">Where it lies.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="IOException">It cannot be used; the message says why, and what to do.</exception>
    public static SslStreamCertificateContext Open(CertificateOptions options, DateTimeOffset now)
    {
        var (certificate, chain) = Read(options);
        if (Mistake(certificate, now) is { } mistake)
            throw new IOException($"Certificates:Server '{options.Server}' {mistake}");
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>Further authorities: roots, and what lies between them and certificates.</summary>
    /// <param name="path">PEM file; empty: there are none.</param>
    /// <exception cref="IOException">There is none in it, or something else.</exception>
    public static X509Certificate2Collection Authorities(string path)
    {
        var authorities = new X509Certificate2Collection();
        if (path.Length == 0)
            return authorities;
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"Certificates:ClientAuthorities '{path}' cannot be read: {e.Message}", e);
        }

        if (authorities.Count == 0)
            throw new IOException($"Certificates:ClientAuthorities '{path}' holds no certificate in PEM.");
        if (authorities.FirstOrDefault(a => a.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault()?.CertificateAuthority != true) is { } none)
            throw new IOException($"Certificates:ClientAuthorities '{path}' holds the certificate of {none.Subject}, which is no authority's; scanners' own certificates are registered with 'slideport certificate register'.");
        if (!authorities.Any(IsRoot))
            throw new IOException($"Certificates:ClientAuthorities '{path}' holds no root, only authorities below it; add the root.");
        return authorities;
    }

    /// <summary>Which of the names people and machines reach this one by are not in the certificate: they meet the installation's own, or a mismatch.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="hosts">Names and addresses.</param>
    public static IReadOnlyList<string> MissingNames(X509Certificate2 certificate, IEnumerable<string> hosts) =>
        [.. hosts.Where(h => Uri.CheckHostName(h) != UriHostNameType.Unknown && !certificate.MatchesHostname(h, allowWildcards: true, allowCommonName: false)).Distinct(StringComparer.OrdinalIgnoreCase)];

    private static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Read(CertificateOptions options)
    {
        var password = options.PasswordFile.Length == 0 ? null : File.ReadAllText(options.PasswordFile).TrimEnd('\r', '\n');
        var text = File.ReadAllText(options.Server);
        return PemEncoding.TryFind(text, out _) ? ReadPem(options, text, password) : ReadPkcs12(options, password);
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadPem(CertificateOptions options, string text, string? password)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"Certificates:Server '{options.Server}' cannot be read: {e.Message}", e);
        }

        if (all.Count == 0)
            throw new IOException($"Certificates:Server '{options.Server}' holds no certificate.");
        var (keyFile, key) = options.ServerKey.Length > 0 ? (options.ServerKey, File.ReadAllText(options.ServerKey)) : (options.Server, text);
        try
        {
            var certificate = password is null ? X509Certificate2.CreateFromPem(text, key) : X509Certificate2.CreateFromEncryptedPem(text, key, password);
            return (certificate, [.. all.Skip(1)]);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new IOException(KeyMistake(options, keyFile, key, password), e);
        }
    }

    // .NET's own words are about parameters and lengths.
    private static string KeyMistake(CertificateOptions options, string keyFile, string key, string? password)
    {
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            return $"'{keyFile}' holds no private key in PEM; say where it is with Certificates:ServerKey.";
        return (key.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal), password) switch
        {
            (true, null) => $"The key in '{keyFile}' is encrypted; say where its password is with Certificates:PasswordFile.",
            (true, _) => $"The password in '{options.PasswordFile}' does not open the key in '{keyFile}', or the key is not that of the first certificate in '{options.Server}'.",
            (false, not null) => $"The key in '{keyFile}' is not encrypted; leave Certificates:PasswordFile out.",
            _ => $"The key in '{keyFile}' is not that of the first certificate in '{options.Server}'.",
        };
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadPkcs12(CertificateOptions options, string? password)
    {
        if (options.ServerKey.Length > 0)
            throw new IOException($"Certificates:Server '{options.Server}' is not PEM, and PKCS #12 has its key in it; leave Certificates:ServerKey out, or give both as PEM.");
        X509Certificate2Collection all;
        try
        {
            all = X509CertificateLoader.LoadPkcs12CollectionFromFile(options.Server, password, X509KeyStorageFlags.EphemeralKeySet);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"Certificates:Server '{options.Server}' is neither PEM nor PKCS #12 with {(password is null ? "no password; say where one is with Certificates:PasswordFile" : $"the password in '{options.PasswordFile}'")}.", e);
        }

        var certificate = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new IOException($"Certificates:Server '{options.Server}' holds no private key.");
        return (certificate, [.. all.Where(c => c != certificate)]);
    }

    private static string? Mistake(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (now < new DateTimeOffset(certificate.NotBefore))
            return $"is good only from {certificate.NotBefore.ToUniversalTime():u} on; check this machine's clock, or wait.";
        if (now >= new DateTimeOffset(certificate.NotAfter))
            return $"ended on {certificate.NotAfter.ToUniversalTime():u}; have it renewed.";
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault()?.CertificateAuthority == true)
            return "begins with an authority's certificate; put this machine's own first.";
        if (certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage && !usage.EnhancedKeyUsages.OfType<Oid>().Any(o => o.Value is ServerAuthentication or AnyPurpose))
            return "is not for servers (extended key usage serverAuth); have it issued anew.";
        return certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Any() ? null : "carries no names (subject alternative name), which nobody takes any more; have it issued anew.";
    }

    private static bool IsRoot(X509Certificate2 authority) => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);
}
