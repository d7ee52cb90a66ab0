using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Api;
using Slideport.Dsr.Catalogue;

namespace Slideport.Dsr.Tests.Api;

/// <summary>Who gets in, and where.</summary>
public sealed class EntranceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_endpoint_says_who_may_call_it()
    {
        await using var dsr = await DsrUnderTest.StartAsync();

        Assert.All(dsr.Role.Endpoints.OfType<RouteEndpoint>(), endpoint => Assert.True(
            endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null, endpoint.RoutePattern.RawText));
        var open = dsr.Role.Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(e => e.RoutePattern.RawText);
        Assert.All(open, route => Assert.True(route is "/" or "/viewer" or "/api/session" || route!.StartsWith("/pages/", StringComparison.Ordinal) || route.StartsWith("/viewer/", StringComparison.Ordinal), route));
    }

    [Fact]
    public async Task Nobody_sees_a_slide_without_a_session_nor_support_nor_who_has_to_change_his_password_first()
    {
        await using var dsr = await DsrUnderTest.StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await dsr.Browser(null).StatusAsync(HttpMethod.Get, "api/slides"));
        Assert.Equal(HttpStatusCode.Forbidden, await dsr.Browser("support").StatusAsync(HttpMethod.Get, "api/slides"));
        Assert.Equal(HttpStatusCode.Forbidden, await dsr.Browser("operator", "passwordChange").StatusAsync(HttpMethod.Get, "api/slides"));
        Assert.Equal(HttpStatusCode.OK, await dsr.Browser("operator").StatusAsync(HttpMethod.Get, "api/slides"));
        Assert.Equal(HttpStatusCode.OK, await dsr.Script("labAdmin").StatusAsync(HttpMethod.Get, "api/slides"));
        Assert.Equal(HttpStatusCode.Forbidden, await dsr.Browser("operator").StatusAsync(HttpMethod.Post, "api/rescan"));
        Assert.Equal(HttpStatusCode.OK, await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan"));
    }

    [Fact]
    public async Task Nothing_but_its_policy_stands_before_what_is_for_all_who_may_look()
    {
        await using var dsr = await DsrUnderTest.StartAsync();

        // LookingOn asks what the policy asks, and goes past everything else that ASP.NET Core would ask.
        var forAll = dsr.Role.Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<IAuthorizeData>()?.Policy == Policies.View).ToList();
        Assert.NotEmpty(forAll);
        Assert.All(forAll, endpoint => Assert.True(
            endpoint.Metadata.GetMetadata<EnableRateLimitingAttribute>() is null && endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is null && endpoint.Metadata.GetMetadata<IAuthorizationRequirementData>() is null,
            endpoint.RoutePattern.RawText));
    }

    [Theory]
    [InlineData("operator", "none", HttpStatusCode.NotFound, HttpStatusCode.Forbidden)]
    [InlineData("labAdmin", "none", HttpStatusCode.NotFound, HttpStatusCode.OK)]
    [InlineData("support", "none", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData("labAdmin", "passwordChange", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    public async Task Whom_SAM_has_just_vouched_for_may_do_no_more_than_before(string role, string limit, HttpStatusCode tile, HttpStatusCode rescan)
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser(role, limit);
        var address = $"slides/{SlideId.None}/tiles/0/0/0";

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(tile, await browser.StatusAsync(HttpMethod.Get, address));
            Assert.Equal(rescan, await browser.StatusAsync(HttpMethod.Post, "api/rescan"));
        }

        dsr.Sam.Sessions.Clear();

        await DsrUnderTest.UntilAsync(async () => await browser.StatusAsync(HttpMethod.Get, address) == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_session_that_ends_at_SAM_is_over_here_within_seconds()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser("operator");
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync(HttpMethod.Get, "api/slides"));

        dsr.Sam.Sessions.Clear();

        await DsrUnderTest.UntilAsync(async () => await browser.StatusAsync(HttpMethod.Get, "api/slides") == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task While_SAM_is_away_people_are_asked_to_come_again()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser("operator");
        dsr.Sam.IsAway = true;

        using var response = await browser.GetAsync("api/slides", Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("SAM", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Whoever_was_given_a_password_chooses_one_of_his_own_and_sees_slides_with_that()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser(null);
        using var given = await browser.PostAsJsonAsync("api/session", new { name = "operator", password = "given" }, Cancel);
        Assert.Equal("passwordChange", (string?)JsonNode.Parse(await given.Content.ReadAsStringAsync(Cancel))!["limit"]);

        using var refused = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = "given", password = "x" }, Cancel);
        using var changed = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = "given", password = "right" }, Cancel);
        using var again = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = "right", password = "right" }, Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal("password", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!["errors"]![0]!["field"]);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (changed.StatusCode, again.StatusCode));
        using var own = await browser.PostAsJsonAsync("api/session", new { name = "operator", password = "right" }, Cancel);
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync(HttpMethod.Get, "api/slides"));
    }

    [Fact]
    public async Task People_log_in_and_out_with_what_SAM_knows()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser(null);

        using (var refused = await browser.PostAsJsonAsync("api/session", new { name = "operator", password = "wrong" }, Cancel))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using (var wanted = await browser.PostAsJsonAsync("api/session", new { name = "operator", password = "app" }, Cancel))
            Assert.Equal("totp", (string?)JsonNode.Parse(await wanted.Content.ReadAsStringAsync(Cancel))!["code"]);
        using (var done = await browser.PostAsJsonAsync("api/session", new { name = "operator", password = "right" }, Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, done.StatusCode);
            Assert.Null(JsonNode.Parse(await done.Content.ReadAsStringAsync(Cancel))!["token"]);
        }

        Assert.Equal("operator", (string?)(await browser.GetJsonAsync("api/session"))["name"]);
        Assert.Equal(HttpStatusCode.NoContent, await browser.StatusAsync(HttpMethod.Delete, "api/session"));
        Assert.Empty(dsr.Sam.Sessions);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync(HttpMethod.Get, "api/slides"));
    }

    [Fact]
    public async Task Only_SAM_tells_of_images_with_a_certificate_that_is_not_revoked()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var sam = dsr.Machine("sam");

        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(sam));
        Assert.Equal(HttpStatusCode.Forbidden, await TellAsync(dsr.Machine("converter")));
        Assert.Equal(HttpStatusCode.NotFound, await TellAsync(dsr.Browser("labAdmin")));
        await Assert.ThrowsAsync<HttpRequestException>(() => TellAsync(dsr.Machine(null)));

        dsr.Sam.Revoke(dsr.Authority.Client("sam").GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant());
        await DsrUnderTest.UntilAsync(async () =>
        {
            try
            {
                return await TellAsync(sam) != HttpStatusCode.NoContent;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        });

        // And stays so when this role starts while SAM is away.
        dsr.Sam.IsAway = true;
        await dsr.RestartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => TellAsync(dsr.Machine("sam")));
    }

    [Fact]
    public async Task A_page_of_another_site_changes_nothing()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser("labAdmin");
        browser.DefaultRequestHeaders.Remove("Origin");
        browser.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");

        Assert.Equal(HttpStatusCode.Forbidden, await browser.StatusAsync(HttpMethod.Post, "api/collections", new { name = "theirs" }));
    }

    private static async Task<HttpStatusCode> TellAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "images") { Content = JsonContent.Create(TestImage.Create("7", "1.2.3")) };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Headers.Add("Slideport-Subject", "SS1/7");
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
