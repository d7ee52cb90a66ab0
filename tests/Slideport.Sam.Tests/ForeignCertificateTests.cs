using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

/// <summary>Scanners with certificates of another authority, the hospital's.</summary>
public abstract class ForeignCertificateTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registered_certificate_is_its_scanners_whatever_it_says_and_the_others_of_its_authority_are_nobodys()
    {
        using var hospital = new HospitalAuthority();
        await using var sam = await StartAsync(hospital);
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1" });
        // It says that it is SAM's administrator. Nobody believes it.
        using var registered = hospital.Issue("urn:slideport:role:admin");
        using var other = hospital.Issue("urn:slideport:role:admin");

        using var created = await RegisterAsync(admin, "SS1", registered);
        using var scanner = new SamClient(sam.Address, sam.Tls(registered));
        using var asAdmin = sam.Http(registered);
        using var stranger = sam.Http(other);

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.NotNull(await scanner.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
        using var refused = await asAdmin.GetAsync("api/certificates", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync("api/certificates", Cancel));
        var listed = Assert.Single((await admin.GetFromJsonAsync<JsonArray>("api/certificates", Cancel))!)!;
        Assert.Equal(("scanner:SS1", true), ((string)listed["holder"]!, (bool)listed["isForeign"]!));
    }

    [Fact]
    public async Task A_registered_certificate_that_is_revoked_is_out_at_once_and_is_not_registered_again()
    {
        using var hospital = new HospitalAuthority();
        await using var sam = await StartAsync(hospital);
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1" });
        using var certificate = hospital.Issue("urn:example:scanner");
        (await RegisterAsync(admin, "SS1", certificate)).Dispose();
        using var scanner = new SamClient(sam.Address, sam.Tls(certificate));
        await scanner.GetConfigurationAsync(null, TimeSpan.Zero, Cancel);

        using var revoked = await admin.PostAsJsonAsync($"api/certificates/{Holders.Thumbprint(certificate)}/revoke", new { reason = "lost" }, Cancel);
        using var again = await RegisterAsync(admin, "SS1", certificate);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => scanner.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, again.StatusCode);
    }

    [Fact]
    public async Task What_could_not_come_in_is_not_registered_and_the_reason_told()
    {
        using var hospital = new HospitalAuthority();
        using var nobodys = new HospitalAuthority();
        await using var sam = await StartAsync(hospital);
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1" });
        using var good = hospital.Issue("urn:example:scanner");
        using var ended = hospital.Issue("urn:example:scanner", daysLeft: -1);
        using var server = hospital.Issue("urn:example:scanner", purpose: "1.3.6.1.5.5.7.3.1");
        using var unknown = nobodys.Issue("urn:example:scanner");

        Assert.Contains("not now", await RefusalAsync(admin, ended.ExportCertificatePem()), StringComparison.Ordinal);
        Assert.Contains("clientAuth", await RefusalAsync(admin, server.ExportCertificatePem()), StringComparison.Ordinal);
        Assert.Contains("None of the authorities", await RefusalAsync(admin, unknown.ExportCertificatePem()), StringComparison.Ordinal);
        Assert.Contains("no certificate in it", await RefusalAsync(admin, "nonsense"), StringComparison.Ordinal);
        using var nowhere = await RegisterAsync(admin, "SS2", good);
        Assert.Equal(HttpStatusCode.NotFound, nowhere.StatusCode);
        Assert.Empty((await admin.GetFromJsonAsync<JsonArray>("api/certificates", Cancel))!);
    }

    private async Task<SamUnderTest> StartAsync(HospitalAuthority hospital) =>
        await SamUnderTest.StartAsync(testDatabase, certificates: new CertificatesUnderTest { Further = [X509CertificateLoader.LoadCertificate(hospital.Certificate.RawData)] });

    private static Task<HttpResponseMessage> RegisterAsync(HttpClient admin, string serialNumber, X509Certificate2 certificate) =>
        admin.PostAsJsonAsync($"api/scanners/{serialNumber}/certificates", new { certificate = certificate.ExportCertificatePem() }, Cancel);

    private static async Task<string> RefusalAsync(HttpClient admin, string pem)
    {
        using var response = await admin.PostAsJsonAsync("api/scanners/SS1/certificates", new { certificate = pem }, Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancel);
    }
}

public sealed class ForeignCertificateTestsOnSqlite() : ForeignCertificateTests(new OnSqlite());

public sealed class ForeignCertificateTestsOnPostgreSql(PostgreSqlServer server) : ForeignCertificateTests(new OnPostgreSql(server));

public sealed class ForeignCertificateTestsOnSqlServer(SqlServerInstance server) : ForeignCertificateTests(new OnSqlServer(server));

/// <summary>An authority that is not the installation's.</summary>
internal sealed class HospitalAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public HospitalAuthority()
    {
        var request = new CertificateRequest($"CN=Hospital {Guid.NewGuid()}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        Certificate = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(100));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Issue(string uri, int daysLeft = 30, string purpose = "1.3.6.1.5.5.7.3.2")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=GT450-7", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(Certificate, now.AddDays(-9), now.AddDays(daysLeft), RandomNumberGenerator.GetBytes(12));
        return issued.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}
