using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Slideport.Protocol.Identity;

namespace Slideport.Sam.Tests;

/// <summary>Who may ask what, endpoint by endpoint.</summary>
public abstract class EndpointTests(TestDatabase testDatabase)
{
    private static readonly string[] Open = ["/authority", "/enrol"];

    [Fact]
    public async Task Every_endpoint_has_a_policy_but_those_for_machines_that_come_for_their_certificate()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);

        Assert.All(Endpoints(sam), endpoint => Assert.True(
            endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null ? Open.Contains(endpoint.RoutePattern.RawText) : endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy is not null),
            endpoint.RoutePattern.RawText));
        Assert.Equal(Open.Length, Endpoints(sam).Count(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null));
    }

    [Fact]
    public async Task Nobody_comes_where_he_does_not_belong()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var callers = new (string Kind, X509Certificate2? Certificate)[] { ("", null), ("/scanner", scanner), ("/api", sam.Authority.Client("admin")), ("/role", sam.Authority.Client("converter")), ("nowhere", sam.Authority.Client("stranger")) };

        foreach (var (kind, certificate) in callers)
        {
            using var http = sam.Http(certificate);
            foreach (var endpoint in Endpoints(sam).Where(e => !Open.Contains(e.RoutePattern.RawText) && (kind.Length == 0 || !e.RoutePattern.RawText!.StartsWith(kind, StringComparison.Ordinal))))
            {
                var method = endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods[0];
                using var request = new HttpRequestMessage(new HttpMethod(method), Path(endpoint)) { Content = new StringContent("{}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
                using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

                Assert.True(
                    response.StatusCode == (certificate is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden),
                    $"{kind} at {method} {endpoint.RoutePattern.RawText}: {response.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task Certificates_that_are_not_good_end_the_handshake()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var elsewhere = CertificateAuthority.OpenOrCreate(System.IO.Path.Join(sam.Folder, "elsewhere"));

        foreach (var certificate in new[] { elsewhere.Client("admin"), sam.Authority.Server("sam"), sam.Authority.Scanner("UNKNOWN") })
        {
            using var http = sam.Http(certificate);
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("api/scanners", TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("POST", "scanner/status", "{", HttpStatusCode.BadRequest)]
    [InlineData("POST", "scanner/status", "{\"state\":\"idle\",\"nobody\":1}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "scanner/status", "{\"state\":\"idle\",\"state\":\"idle\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "scanner/status", "{\"state\":7}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "scanner/status", "{\"state\":\"idle\",\"racks\":-1}", HttpStatusCode.UnprocessableEntity)]
    [InlineData("POST", "scanner/status", "null", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "scanner/images/I1", "{}", HttpStatusCode.BadRequest)]
    [InlineData("GET", "scanner/nowhere", "", HttpStatusCode.Forbidden)]
    [InlineData("DELETE", "scanner/status", "", HttpStatusCode.Forbidden)]
    public async Task What_is_malformed_gets_problem_details(string method, string path, string body, HttpStatusCode expected)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        using var http = sam.Http(scanner);

        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_body_of_more_than_a_megabyte_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        using var http = sam.Http(scanner);
        http.DefaultRequestHeaders.ExpectContinue = true; // asks before it sends: whoever sends at once may find the line cut

        using var response = await http.PostAsync("scanner/status", new StringContent(new string(' ', 2 << 20), new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    private static IReadOnlyList<RouteEndpoint> Endpoints(SamUnderTest sam) => [.. sam.Role.Endpoints.OfType<RouteEndpoint>()];

    private static string Path(RouteEndpoint endpoint) => string.Concat(endpoint.RoutePattern.PathSegments.Select(segment => "/" + string.Concat(segment.Parts.Select(part =>
        part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "1"))));
}

public sealed class EndpointTestsOnSqlite() : EndpointTests(new OnSqlite());

public sealed class EndpointTestsOnPostgreSql(PostgreSqlServer server) : EndpointTests(new OnPostgreSql(server));
