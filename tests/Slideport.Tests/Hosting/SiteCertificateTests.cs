using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Hosting;
using Slideport.Protocol.Identity;
using Slideport.Settings;

namespace Slideport.Tests.Hosting;

/// <summary>A certificate as an administrator puts it into files: every form that is right is taken, every one that is wrong is told why.</summary>
public sealed class SiteCertificateTests : IDisposable
{
    private const string Password = "open sesame";

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-site-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Pem_with_its_key_beside_or_in_it_encrypted_or_not_and_Pkcs12_are_taken()
    {
        using var certificate = Make();
        var encrypted = _key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        var pem = Write("site.pem", certificate.ExportCertificatePem());
        var password = Write("password", Password + "\n");
        var pfx = Path.Join(_folder, "site.pfx");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pkcs12, Password));
        CertificateOptions[] forms =
        [
            new() { Server = Write("both.pem", certificate.ExportCertificatePem() + "\n" + _key.ExportPkcs8PrivateKeyPem()) },
            new() { Server = pem, ServerKey = Write("site.key", _key.ExportPkcs8PrivateKeyPem()) },
            new() { Server = pem, ServerKey = Write("encrypted.key", encrypted), PasswordFile = password },
            new() { Server = pfx, PasswordFile = password },
        ];

        foreach (var form in forms)
        {
            var opened = SiteCertificate.Open(form, Now).TargetCertificate;
            Assert.Equal(certificate.Thumbprint, opened.Thumbprint);
            Assert.True(opened.HasPrivateKey);
        }
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_the_reason()
    {
        using var certificate = Make();
        using var ended = Make(daysLeft: -1);
        using var client = Make(purpose: "1.3.6.1.5.5.7.3.2");
        using var nameless = Make(name: null);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = Write("site.key", _key.ExportPkcs8PrivateKeyPem());
        var pem = Write("site.pem", certificate.ExportCertificatePem());
        var pfx = Path.Join(_folder, "site.pfx");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pkcs12, Password));

        Assert.Contains("ended on", Refusal(Write("ended.pem", ended.ExportCertificatePem()), key), StringComparison.Ordinal);
        Assert.Contains("serverAuth", Refusal(Write("client.pem", client.ExportCertificatePem()), key), StringComparison.Ordinal);
        Assert.Contains("no names", Refusal(Write("nameless.pem", nameless.ExportCertificatePem()), key), StringComparison.Ordinal);
        Assert.Contains("is not that of", Refusal(pem, Write("other.key", other.ExportPkcs8PrivateKeyPem())), StringComparison.Ordinal);
        Assert.Contains("no private key", Refusal(pem, ""), StringComparison.Ordinal);
        Assert.Contains("PasswordFile", Refusal(pfx, ""), StringComparison.Ordinal);
        Assert.Contains("leave Certificates:ServerKey out", Refusal(pfx, key), StringComparison.Ordinal);
        Assert.Contains("neither PEM nor PKCS #12", Refusal(Write("nonsense", "nonsense"), ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Authorities_are_authorities_with_their_root()
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        using var server = authority.Server("sam");

        Assert.Empty(SiteCertificate.Authorities(""));
        Assert.Single(SiteCertificate.Authorities(Write("root.pem", authority.Certificate.ExportCertificatePem())));
        Assert.Contains("no authority's", Assert.Throws<IOException>(() => SiteCertificate.Authorities(Write("server.pem", server.ExportCertificatePem()))).Message, StringComparison.Ordinal);
        Assert.Contains("no certificate", Assert.Throws<IOException>(() => SiteCertificate.Authorities(Write("empty.pem", "nothing"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sites_certificate_is_shown_for_its_names_and_for_none_and_the_installations_own_for_all_others()
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        using var certificate = Make();
        var own = CurrentCertificate.Of(() => authority.Server("sam"), authority.FilesOf("sam"), TimeProvider.System);
        var site = CurrentCertificate.Of(() => certificate, (Write("site.pem", ""), Write("site.key", "")), TimeProvider.System);
        var both = new ServerCertificates(own, site);

        string Shown(string name) => both.For(name).TargetCertificate.Thumbprint;
        Assert.Equal(certificate.Thumbprint, Shown("slides.lab"));
        Assert.Equal(certificate.Thumbprint, Shown(""));
        Assert.All((string[])[MachineNames.Sam, "localhost", "other.lab", "no host, but long"], name => Assert.Equal(own.Get().TargetCertificate.Thumbprint, Shown(name)));
        Assert.Same(own.Get(), new ServerCertificates(own, null).For("slides.lab"));
    }

    [Fact]
    public void Files_that_do_not_fit_together_leave_the_one_before_in_use_and_say_so()
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        authority.Server("sam").Dispose();
        var files = authority.FilesOf("sam");
        var told = new List<string>();
        var current = CurrentCertificate.Of(() => X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), files, TimeProvider.System, told.Add);
        var before = current.Get();

        File.WriteAllText(files.Key, _key.ExportPkcs8PrivateKeyPem());
        File.SetLastWriteTimeUtc(files.Key, Now.UtcDateTime.AddSeconds(5));

        Assert.Same(before, current.Get());
        Assert.Single(told);
    }

    private static string Refusal(string server, string key) =>
        Assert.Throws<IOException>(() => SiteCertificate.Open(new CertificateOptions { Server = server, ServerKey = key }, Now)).Message;

    private string Write(string name, string text)
    {
        var path = Path.Join(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private X509Certificate2 Make(int daysLeft = 30, string purpose = "1.3.6.1.5.5.7.3.1", string? name = "slides.lab")
    {
        var request = new CertificateRequest("CN=site", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        return request.CreateSelfSigned(Now.AddDays(-9), Now.AddDays(daysLeft));
    }
}
