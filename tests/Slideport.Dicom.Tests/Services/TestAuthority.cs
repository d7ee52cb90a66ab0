using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slideport.Dicom.Tests.Services;

/// <summary>A certificate authority for one test: good certificates, and every kind of bad one.</summary>
internal sealed class TestAuthority
{
    public const string Server = "1.3.6.1.5.5.7.3.1";
    public const string Client = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        var request = Request("CN=Test authority");
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
    }

    public X509Certificate2Collection Roots => [X509CertificateLoader.LoadCertificate(_root.RawData)];

    public X509Certificate2 Issue(string purpose, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var request = Request("CN=localhost");
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        request = new CertificateRequest(request.SubjectName, key, HashAlgorithmName.SHA256) { CertificateExtensions = { request.CertificateExtensions[0], request.CertificateExtensions[1] } };
        var certificate = request.Create(
            _root, from ?? DateTimeOffset.UnixEpoch.AddYears(50), to ?? DateTimeOffset.UnixEpoch.AddYears(99), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Request(string subject) =>
        new(subject, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
}
