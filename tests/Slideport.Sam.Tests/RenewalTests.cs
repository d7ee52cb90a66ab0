using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

/// <summary>The certificate after a certificate.</summary>
public abstract class RenewalTests(TestDatabase testDatabase)
{
    // Certificates are good for 730 days and can be renewed in the last 90: these have 70 left.
    private static readonly CertificatesUnderTest NearTheirEnd = new() { AuthorityTime = new FakeTimeProvider(DateTimeOffset.UnixEpoch + Ago(660)) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_gets_its_next_certificate_once_and_the_same_key_the_same_answer()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, certificates: NearTheirEnd);
        var (client, certificate) = await sam.EnrolScannerAsync("SS1");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var next = await client.RenewAsync(Signing(key), Cancel);
        var again = await client.RenewAsync(Signing(key), Cancel);
        var refused = await Assert.ThrowsAsync<SamException>(() => client.RenewAsync(Signing(another), Cancel));

        using var issued = With(next, key);
        Assert.Equal(next.Certificate, again.Certificate);
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Contains("somebody has a copy", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("scanner:SS1", certificate.Subject), (CertificateHolder.Of(issued), issued.Subject));
        await using var database = sam.Databases.CreateDbContext();
        var thumbprint = Holders.Thumbprint(certificate);
        Assert.Equal(["success", "failure"], await database.Audit.Where(a => a.Action == "certificate.renew" && a.Object.Contains(thumbprint)).OrderBy(a => a.Sequence).Select(a => a.Outcome).ToListAsync(Cancel));
    }

    [Fact]
    public async Task The_one_before_is_good_until_the_next_has_been_used_for_a_while()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time, certificates: NearTheirEnd);
        var (client, certificate) = await sam.EnrolScannerAsync("SS1");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = With(await client.RenewAsync(Signing(key), Cancel), key);
        time.Advance(Renewals.Grace * 2); // nobody has used it yet
        Assert.NotNull(await client.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));

        using var next = new SamClient(sam.Address, sam.Tls(issued));
        Assert.NotNull(await next.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
        Assert.NotNull(await client.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
        var reason = await RetiredAsync(sam, certificate, time);

        Assert.Contains(Holders.Thumbprint(issued), reason, StringComparison.Ordinal);
        using var late = new SamClient(sam.Address, sam.Tls(certificate));
        await Assert.ThrowsAsync<HttpRequestException>(() => late.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
        Assert.NotNull(await next.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
    }

    [Fact]
    public async Task Who_revokes_a_certificate_revokes_what_it_was_renewed_to()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, certificates: NearTheirEnd);
        var (client, certificate) = await sam.EnrolScannerAsync("SS1");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = With(await client.RenewAsync(Signing(key), Cancel), key);
        using var admin = sam.Admin();

        using var revoked = await admin.PostAsJsonAsync($"api/certificates/{Holders.Thumbprint(certificate)}/revoke", new { reason = "stolen" }, Cancel);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        using var thief = new SamClient(sam.Address, sam.Tls(issued));
        await Assert.ThrowsAsync<HttpRequestException>(() => thief.GetConfigurationAsync(null, TimeSpan.Zero, Cancel));
    }

    [Fact]
    public async Task One_that_has_long_to_go_and_one_that_lies_on_SAMs_machine_are_not_renewed()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (client, _) = await sam.EnrolScannerAsync("SS1");
        using var role = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter")));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var early = await Assert.ThrowsAsync<SamException>(() => client.RenewAsync(Signing(key), Cancel));
        Assert.Equal(HttpStatusCode.Conflict, early.Status);
        Assert.Contains("it can be renewed from", early.Message, StringComparison.Ordinal);
        await using var old = await SamUnderTest.StartAsync(testDatabase, certificates: NearTheirEnd);
        using var local = new SamRoleClient(old.Address, old.Tls(old.Authority.Client("converter")));
        var here = await Assert.ThrowsAsync<SamException>(() => local.RenewAsync(Signing(key), Cancel));
        Assert.Contains("on SAM's own machine", here.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("rsa")]
    [InlineData("p384")]
    public async Task What_is_no_request_for_a_P_256_key_is_refused_and_the_field_named(string text)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, certificates: NearTheirEnd);
        var (client, _) = await sam.EnrolScannerAsync("SS1");
        using var rsa = RSA.Create(2048);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var signing = text switch
        {
            "rsa" => new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(),
            "p384" => Signing(p384),
            _ => text,
        };

        var refused = await Assert.ThrowsAsync<SamException>(() => client.RenewAsync(signing, Cancel));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal("certificateSigningRequest", Assert.Single(refused.Errors).Field);
    }

    [Fact]
    public async Task A_role_on_another_machine_gets_its_hosts_into_its_certificate_and_keeps_them()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, certificates: NearTheirEnd);
        using var admin = sam.Admin();
        var code = EnrolmentCode.TryParse((await admin.PostAsync<SamUnderTest.InvitationText>("api/roles/converter/enrolment", new { })).Code)!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var nextKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var first = With(await SamClient.EnrolAsync(sam.Address, new CodeRequest(code, ["converter.lab", "10.1.2.3"]), key, sam.TrustOnly, Cancel), key);
        using var client = new SamRoleClient(sam.Address, sam.Tls(first));
        using var next = With(await client.RenewAsync(Signing(nextKey), Cancel), nextKey);

        foreach (var certificate in new[] { first, next })
        {
            Assert.All((string[])["converter.lab", "10.1.2.3", "localhost", MachineNames.Converter], name => Assert.True(certificate.MatchesHostname(name), name));
            Assert.False(certificate.MatchesHostname(MachineNames.Sam));
            Assert.Equal("role:converter", CertificateHolder.Of(certificate));
            Assert.Equal(2, certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Count);
        }
    }

    [Theory]
    [InlineData("sam.slideport.internal")]
    [InlineData("not a host")]
    [InlineData("")]
    public async Task A_role_gets_no_name_that_is_none_or_another_roles(string host)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var code = EnrolmentCode.TryParse((await admin.PostAsync<SamUnderTest.InvitationText>("api/roles/converter/enrolment", new { })).Code)!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var refused = await Assert.ThrowsAsync<SamException>(() => SamClient.EnrolAsync(sam.Address, new CodeRequest(code, [host]), key, sam.TrustOnly, Cancel));

        Assert.Equal("hosts", Assert.Single(refused.Errors).Field);
        await using var database = sam.Databases.CreateDbContext();
        Assert.Empty(await database.Certificates.ToListAsync(Cancel));
    }

    private static TimeSpan Ago(int days) => TimeProvider.System.GetUtcNow().AddDays(-days) - DateTimeOffset.UnixEpoch;

    private static string Signing(ECDsa key) => new CertificateRequest("CN=renewal", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    private static X509Certificate2 With(EnrolmentAnswer answer, ECDsa key)
    {
        using var bare = X509Certificate2.CreateFromPem(answer.Certificate);
        return bare.CopyWithPrivateKey(key);
    }

    private static async Task<string?> RetiredAsync(SamUnderTest sam, X509Certificate2 certificate, FakeTimeProvider time)
    {
        while (!sam.Role.IsRevoked(certificate))
        {
            time.Advance(Renewals.Grace / 10);
            await Task.Delay(20, Cancel);
        }

        await using var database = sam.Databases.CreateDbContext();
        var thumbprint = Holders.Thumbprint(certificate);
        return await database.Certificates.Where(c => c.Thumbprint == thumbprint).Select(c => c.RevocationReason).SingleAsync(Cancel);
    }
}

public sealed class RenewalTestsOnSqlite() : RenewalTests(new OnSqlite());

public sealed class RenewalTestsOnPostgreSql(PostgreSqlServer server) : RenewalTests(new OnPostgreSql(server));

public sealed class RenewalTestsOnSqlServer(SqlServerInstance server) : RenewalTests(new OnSqlServer(server));
