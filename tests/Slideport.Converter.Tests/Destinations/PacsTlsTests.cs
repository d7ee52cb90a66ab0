using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter.Destinations;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests.Destinations;

/// <summary>Which certificate a PACS may show: one of the authority that is set, in time, and revoked by nobody.</summary>
public sealed class PacsTlsTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-pacs-tls-").FullName;
    private readonly X509Certificate2 _authority = Authority("CN=Hospital");
    private readonly X509Certificate2 _other = Authority("CN=Other");

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_authority_that_is_set_is_trusted_and_no_other()
    {
        using var good = Issue(_authority, 1, TimeSpan.FromDays(1));
        using var foreign = Issue(_other, 2, TimeSpan.FromDays(1));

        Assert.Null(await ErrorAsync(good, AuthorityFile()));
        Assert.NotNull(await ErrorAsync(foreign, AuthorityFile()));
        Assert.NotNull(await ErrorAsync(good, "")); // the installation's authority has not issued it
        Assert.Null(await ErrorAsync(foreign, ""));
    }

    [Fact]
    public async Task One_that_is_out_of_time_or_revoked_is_refused()
    {
        using var good = Issue(_authority, 1, TimeSpan.FromDays(1));
        using var expired = Issue(_authority, 2, TimeSpan.FromDays(-1));
        using var revoked = Issue(_authority, 3, TimeSpan.FromDays(1));
        using var key = _authority.GetECDsaPrivateKey()!;
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(revoked);
        var file = AuthorityFile(PemEncoding.WriteString("X509 CRL", list.Build(_authority, 1, Now.AddDays(1), HashAlgorithmName.SHA256)));

        Assert.Null(await ErrorAsync(good, file));
        Assert.NotNull(await ErrorAsync(expired, file));
        Assert.NotNull(await ErrorAsync(revoked, file));
        Assert.Null(await ErrorAsync(revoked, AuthorityFile()));
        Assert.NotNull(await ErrorAsync(good, file, isRevoked: c => c.RawDataMemory.Span.SequenceEqual(good.RawDataMemory.Span))); // by SAM
    }

    [Fact]
    public void A_damaged_revocation_list_is_refused_or_read_and_nothing_else()
    {
        using var revoked = Issue(_authority, 3, TimeSpan.FromDays(1));
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(revoked);
        var sound = list.Build(_authority, 1, Now.AddDays(1), HashAlgorithmName.SHA256);
        Assert.Single(PacsTls.RevokedBy(sound));
        Assert.Empty(PacsTls.RevokedBy(new CertificateRevocationListBuilder().Build(_authority, 1, Now.AddDays(1), HashAlgorithmName.SHA256)));
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. sound[..random.Next(1, sound.Length + 1)]];
            for (var flips = random.Next(4); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Assert.InRange(PacsTls.RevokedBy(bytes).Count, 0, bytes.Length);
            }
            catch (System.Formats.Asn1.AsnContentException)
            {
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n")]
    public async Task A_file_that_names_nobody_makes_slides_wait(string text)
    {
        using var good = Issue(_authority, 1, TimeSpan.FromDays(1));
        var path = Path.Join(_folder, "wrong.pem");
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);

        Assert.Contains(path, (await ErrorAsync(good, path))!, StringComparison.Ordinal);
        Assert.NotNull(await ErrorAsync(good, Path.Join(_folder, "missing.pem")));
    }

    // The same way a delivery takes, up to an association.
    private async Task<string?> ErrorAsync(X509Certificate2 server, string authorityFile, Predicate<X509Certificate2>? isRevoked = null)
    {
        await using var pacs = new ScriptedPacs(_ => TlsPolicy.ForServer(server, clientAuthorities: null));
        var tls = new PacsTls(new ConverterTls(_ => throw new InvalidOperationException(), [_other]), authorityFile, isRevoked ?? (_ => false));
        try
        {
            await using var association = await Association.ConnectAsync(
                "127.0.0.1",
                pacs.Port,
                new AssociationRequest { CallingAETitle = "US", CalledAETitle = "PACS", Contexts = [(Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian)], Tls = tls.Options("localhost") },
                cancellationToken: TestContext.Current.CancellationToken);
            await association.ReleaseAsync(TestContext.Current.CancellationToken);
            return null;
        }
        catch (Exception e) when (e is AssociationException or IOException)
        {
            return e.Message;
        }
    }

    private string AuthorityFile(string more = "")
    {
        var path = Path.Join(_folder, $"{Guid.NewGuid():n}.pem");
        File.WriteAllText(path, _authority.ExportCertificatePem() + "\n" + more);
        return path;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, byte serialNumber, TimeSpan until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pacs", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, Now.AddDays(-5), Now + until, [0, 0x80, serialNumber]);
        return issued.CopyWithPrivateKey(key);
    }
}
