using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Protocol.Identity;
using Slideport.Sam.Api;
using Slideport.Sam.Tests.Users;

namespace Slideport.Sam.Tests;

/// <summary>Who may ask what, endpoint by endpoint.</summary>
public abstract class EndpointTests(TestDatabase testDatabase)
{
    private static readonly string[] Open = ["/authority", "/enrol", "/api/session", "/api/session/passkey/options", "/api/session/passkey", "/api/first-admin"];

    [Fact]
    public async Task Every_endpoint_has_a_policy_but_those_where_machines_come_for_their_certificate_and_people_log_in()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);

        Assert.All(Endpoints(sam), endpoint => Assert.True(
            IsOpen(endpoint) ? Open.Contains(endpoint.RoutePattern.RawText) : endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy is not null),
            endpoint.RoutePattern.RawText));
        Assert.Equal(Open.Length, Endpoints(sam).Count(IsOpen));
    }

    [Fact]
    public async Task Nobody_comes_where_he_does_not_belong()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var callers = new (string Who, X509Certificate2? Certificate, Predicate<string> Belongs)[]
        {
            ("nobody", null, _ => false),
            ("a stranger", sam.Authority.Client("stranger"), _ => false),
            ("a scanner", scanner, path => path.StartsWith("/scanner/", StringComparison.Ordinal)),
            ("a converter", sam.Authority.Client("converter"), path => path is "/role/certificate" or "/role/fleet" or "/role/manifests" || path.StartsWith("/role/converters/", StringComparison.Ordinal)),
            ("an event server", sam.Authority.Client("events"), path => path is "/role/certificate" or "/role/fleet" or "/role/events"),
            ("a DSR", sam.Authority.Client("dsr"), path => path is "/role/certificate" or "/role/fleet" or "/role/slides" or "/role/openings" || path.StartsWith("/role/sessions", StringComparison.Ordinal)),
            ("an administrator", sam.Authority.Client("admin"), path => path.StartsWith("/api/", StringComparison.Ordinal)),
        };

        foreach (var (who, certificate, belongs) in callers)
        {
            using var http = sam.Http(certificate);
            foreach (var endpoint in Endpoints(sam).Where(e => !IsOpen(e) && IsAt(e, Entrance.Machines) && !belongs(e.RoutePattern.RawText!)))
            {
                using var response = await SendAsync(http, endpoint, "{}");

                Assert.True(response.StatusCode == (certificate is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden), $"{who} at {endpoint.DisplayName}: {response.StatusCode}");
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

    [Fact]
    public async Task Each_role_of_people_does_what_it_may_and_nothing_else()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("operator", "operator");
        await sam.AddUserAsync("labAdmin", "labAdmin");
        await sam.AddUserAsync("support", "support");
        using var admin = sam.Admin();
        using var on = await admin.PutAsJsonAsync("api/support", new { until = TimeProvider.System.GetUtcNow().AddHours(1), reason = "test" }, TestContext.Current.CancellationToken);
        var allowed = new Dictionary<string, string[]>
        {
            ["operator"] = [Policies.View, Policies.Session],
            ["support"] = [Policies.View, Policies.Session, Policies.Service],
            ["labAdmin"] = [Policies.View, Policies.Session, Policies.Service, Policies.Admin],
        };

        foreach (var (name, policies) in allowed)
        {
            using var http = SignInTests.Script(sam, await SignInTests.TokenAsync(sam, name));
            foreach (var endpoint in Endpoints(sam).Where(e => !IsOpen(e) && IsAt(e, Entrance.People) && e.RoutePattern.RawText!.TrimEnd('/') != "/api/session"))
            {
                var may = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).OfType<string>().All(policies.Contains);
                using var response = await SendAsync(http, endpoint, "{\"reason\":\"\"}");
                Assert.True(response.StatusCode == HttpStatusCode.Forbidden != may, $"{name} at {endpoint.DisplayName}: {response.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task Without_a_session_nothing_is_open_at_the_port_for_people_but_logging_in()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var stranger = sam.Browser();

        foreach (var endpoint in Endpoints(sam).Where(e => !IsOpen(e) || !IsAt(e, Entrance.People)))
        {
            using var response = await SendAsync(stranger, endpoint, "{}");
            Assert.True(response.StatusCode == (IsAt(endpoint, Entrance.People) ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound), $"{endpoint.DisplayName}: {response.StatusCode}");
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, RouteEndpoint endpoint, string body)
    {
        var method = endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods[0];
        using var request = new HttpRequestMessage(new HttpMethod(method), Path(endpoint)) { Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static bool IsOpen(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static bool IsAt(RouteEndpoint endpoint, Entrance entrance) => (endpoint.Metadata.GetMetadata<OnlyAt>()?.Entrance ?? entrance) == entrance;

    private static IReadOnlyList<RouteEndpoint> Endpoints(SamUnderTest sam) => [.. sam.Role.Endpoints.OfType<RouteEndpoint>()];

    private static string Path(RouteEndpoint endpoint) => string.Concat(endpoint.RoutePattern.PathSegments.Select(segment => "/" + string.Concat(segment.Parts.Select(part =>
        part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { ParameterPolicies: [{ Content: "guid" }, ..] } => Guid.NewGuid().ToString(),
            _ => "1",
        }))));
}

public sealed class EndpointTestsOnSqlite() : EndpointTests(new OnSqlite());

public sealed class EndpointTestsOnPostgreSql(PostgreSqlServer server) : EndpointTests(new OnPostgreSql(server));

public sealed class EndpointTestsOnSqlServer(SqlServerInstance server) : EndpointTests(new OnSqlServer(server));
