using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// The BCP 195 TLS profile (PS3.15 B.12; RFC 8996, 9325): TLS 1.2 and 1.3, authenticated encryption and ephemeral keys only, no
/// renegotiation, no resumption (every handshake checks the certificate anew), trust in the site's own authority alone.
/// </summary>
public static class TlsPolicy
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // Windows takes its suites from system policy and refuses this setting.
    private static readonly CipherSuitesPolicy? Suites = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()
        ? new CipherSuitesPolicy(
        [
            TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
            TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ])
        : null;

    /// <summary>What the accepting side demands.</summary>
    /// <param name="certificate">Server certificate with its private key.</param>
    /// <param name="clientAuthorities">Who may have issued client certificates; null demands none (only for sites that cannot issue any).</param>
    /// <param name="isRevoked">Asked for every client certificate that is otherwise good; null revokes none.</param>
    public static SslServerAuthenticationOptions ForServer(
        X509Certificate2 certificate, X509Certificate2Collection? clientAuthorities, Predicate<X509Certificate2>? isRevoked = null) =>
        ForServer(SslStreamCertificateContext.Create(certificate, null, offline: true), clientAuthorities, isRevoked);

    /// <summary>The same with a certificate whose chain is built already, which takes longer than all the rest.</summary>
    /// <param name="certificate">Server certificate with its private key and chain.</param>
    /// <param name="clientAuthorities">As above.</param>
    /// <param name="isRevoked">As above.</param>
    public static SslServerAuthenticationOptions ForServer(
        SslStreamCertificateContext certificate, X509Certificate2Collection? clientAuthorities, Predicate<X509Certificate2>? isRevoked = null) =>
        ForServer(certificate, clientAuthorities is null ? null : new ClientTrust(clientAuthorities) { IsRevoked = isRevoked });

    /// <summary>The same where certificates of further authorities may be taken, too.</summary>
    /// <param name="certificate">Server certificate with its private key and chain.</param>
    /// <param name="clients">Whose certificates are taken; null demands none.</param>
    public static SslServerAuthenticationOptions ForServer(SslStreamCertificateContext certificate, ClientTrust? clients)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            CipherSuitesPolicy = Suites,
            ClientCertificateRequired = clients is not null,
        };
        if (clients is not null)
        {
            options.CertificateChainPolicy = TrustOnly([.. clients.Authorities, .. clients.FurtherAuthorities], ClientAuthentication);
            options.RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
                errors == SslPolicyErrors.None && presented is X509Certificate2 peer && chain is not null && clients.Takes(peer, chain);
        }

        return options;
    }

    /// <summary>What the requesting side demands.</summary>
    /// <param name="host">Name the server certificate must carry.</param>
    /// <param name="serverAuthorities">Who may have issued it; null trusts whom the operating system trusts.</param>
    /// <param name="certificate">Our own certificate with its private key; null shows none.</param>
    public static SslClientAuthenticationOptions ForClient(string host, X509Certificate2Collection? serverAuthorities, X509Certificate2? certificate)
    {
        var options = ForClient(host, serverAuthorities);
        if (certificate is not null)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return options;
    }

    /// <summary>The same with a certificate whose chain is built already.</summary>
    /// <param name="host">Name the server certificate must carry.</param>
    /// <param name="certificate">Our own certificate with its private key and chain.</param>
    /// <param name="serverAuthorities">Who may have issued the server's.</param>
    public static SslClientAuthenticationOptions ForClient(string host, SslStreamCertificateContext certificate, X509Certificate2Collection? serverAuthorities)
    {
        var options = ForClient(host, serverAuthorities);
        options.ClientCertificateContext = certificate;
        return options;
    }

    private static SslClientAuthenticationOptions ForClient(string host, X509Certificate2Collection? serverAuthorities)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            CipherSuitesPolicy = Suites,
        };
        if (serverAuthorities is not null)
            options.CertificateChainPolicy = TrustOnly(serverAuthorities, ServerAuthentication);
        return options;
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities, string purpose)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // Revocation is the site's own list, asked in the callback: no download while a stranger waits.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        // Roots are trusted; what lies between them and a certificate is only known.
        foreach (var authority in authorities)
            (authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        policy.ApplicationPolicy.Add(new Oid(purpose));
        return policy;
    }
}
