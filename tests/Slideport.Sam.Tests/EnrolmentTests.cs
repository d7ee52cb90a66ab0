using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Status;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

public abstract class EnrolmentTests(TestDatabase testDatabase)
{
    [Fact]
    public async Task A_scanner_with_a_code_gets_a_certificate_and_with_it_its_configuration()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);

        var (client, certificate) = await sam.EnrolScannerAsync("SS45001");
        var answer = await client.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Equal("scanner:SS45001", CertificateHolder.Of(certificate));
        Assert.Equal(2762, answer!.Configuration.Images.Port);
    }

    [Fact]
    public async Task A_code_lets_one_machine_in_and_that_one_may_ask_again()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var code = EnrolmentCode.TryParse((await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1" })).Code)!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var first = await SamClient.EnrolAsync(sam.Address, code, key, sam.TrustOnly, TestContext.Current.CancellationToken);
        var again = await SamClient.EnrolAsync(sam.Address, code, key, sam.TrustOnly, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<SamException>(() => SamClient.EnrolAsync(sam.Address, code, other, sam.TrustOnly, TestContext.Current.CancellationToken));

        Assert.Equal(first.Certificate, again.Certificate);
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
    }

    [Fact]
    public async Task Every_wrong_code_gets_the_same_answer()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var stranger = sam.Http(null);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

        var answers = new List<string>();
        foreach (var (code, csr) in new[] { (EnrolmentCode.Create(sam.Authority.Certificate).ToString(), request), ("nonsense", request), ("", "") })
        {
            using var response = await stranger.PostAsJsonAsync("enrol", new EnrolmentRequest(code, csr), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            var answer = await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);
            answer!.Remove("traceId"); // another for each request
            answers.Add(answer.ToJsonString());
        }

        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task A_code_is_sent_to_no_other_SAM()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await using var other = await SamUnderTest.StartAsync(testDatabase);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var refused = await Assert.ThrowsAsync<SamException>(() => SamClient.EnrolAsync(
            other.Address, EnrolmentCode.Create(sam.Authority.Certificate), key, other.TrustOnly, TestContext.Current.CancellationToken));

        Assert.Contains("nothing was sent", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_certificate_ends_its_connections_and_comes_in_no_more()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (client, certificate) = await sam.EnrolScannerAsync("SS1");
        var known = await client.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken);
        var waiting = client.GetConfigurationAsync(known!.Tag, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        using var revoked = await admin.PostAsJsonAsync(
            $"api/certificates/{Holders.Thumbprint(certificate)}/revoke", new { reason = "lost" }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.ReportAsync(new ScannerStatus { State = ScannerState.Idle }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_retired_scanner_is_out_whatever_certificate_it_has()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var (client, _) = await sam.EnrolScannerAsync("SS1");

        using var retired = await admin.PostAsJsonAsync("api/scanners/SS1/retire", new { reason = "sold" }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, retired.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_was_granted_survives_a_restart()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");

        await sam.RestartAsync();
        using var client = new SamClient(sam.Address, sam.Tls(certificate));

        Assert.NotNull(await client.GetConfigurationAsync(null, TimeSpan.Zero, TestContext.Current.CancellationToken));
    }
}

public sealed class EnrolmentTestsOnSqlite() : EnrolmentTests(new OnSqlite());

public sealed class EnrolmentTestsOnPostgreSql(PostgreSqlServer server) : EnrolmentTests(new OnPostgreSql(server));

public sealed class EnrolmentTestsOnSqlServer(SqlServerInstance server) : EnrolmentTests(new OnSqlServer(server));
