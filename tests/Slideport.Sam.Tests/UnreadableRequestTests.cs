using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests;

/// <summary>What cannot be read is answered with the field, the place and how to mend it, and with nothing about how SAM is made.</summary>
public sealed class UnreadableRequestTests
{
    private static readonly string[] SecureHeaders = ["Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_field_that_cannot_be_read_is_named_with_how_to_mend_it()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        using var http = sam.Http(scanner);

        foreach (var (body, field, mend) in new[]
        {
            ("", "", "is missing"),
            ("null", "", "is missing"),
            ("{", "", "no JSON"),
            ("[]", "", "wrong kind"),
            ("{\"state\":\"idle\",\"nobody\":1}", "nobody", "leave it out"),
            ("{\"state\":\"idle\",\"state\":\"idle\"}", "state", "twice"),
            ("{\"state\":\"dancing\"}", "state", "wrong kind"),
            ("{\"state\":\"idle\",\"racks\":1e40}", "racks", "wrong kind"),
            ("{\"state\":\"idle\",\"activity\":null}", "activity", "cannot be null"),
            ("{}", "state", "is missing"),
            ($"{{\"nobody\":{new string('[', 20)}", "nobody", "leave it out"),
        })
        {
            using var response = await http.PostAsync("scanner/status", Json(body), Cancel);
            await IsRefusedAsync(response, HttpStatusCode.BadRequest, field, mend);
        }
    }

    [Fact]
    public async Task A_parameter_that_cannot_be_read_is_named_with_how_to_mend_it()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();

        foreach (var (address, field, mend) in new[]
        {
            ("api/slides?take=many", "take", "whole number"),
            ("api/slides?before=yesterday", "before", "2026-03-01T12:00:00Z"),
            ("api/events?open=perhaps", "open", "true or false"),
            ("api/audit?from=x", "from", "2026-03-01T12:00:00Z"),
        })
        {
            using var response = await admin.GetAsync(address, Cancel);
            await IsRefusedAsync(response, HttpStatusCode.BadRequest, field, mend);
        }
    }

    [Fact]
    public async Task Another_media_type_is_refused_and_the_right_one_told()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();

        using var response = await admin.PostAsync("api/scanners", new StringContent("<scanner/>", new MediaTypeHeaderValue("application/xml")), Cancel);

        await IsRefusedAsync(response, HttpStatusCode.UnsupportedMediaType, "Content-Type", "application/json");
    }

    [Fact]
    public async Task Browsers_are_kept_from_doing_with_a_refusal_what_they_should_not_do_with_any_answer()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var browser = sam.Browser();

        using var response = await browser.PostAsync("api/session", Json("{"), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.All(SecureHeaders, header => Assert.True(response.Headers.Contains(header), header));
    }

    [Fact]
    public async Task A_method_that_is_not_in_capitals_is_refused_with_the_same_headers_and_another_sites_page_before_it()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var browser = sam.Browser();

        using var response = await browser.SendAsync(new HttpRequestMessage(new HttpMethod("Gather"), "api/session"), Cancel);
        using var elsewhere = await browser.SendAsync(new HttpRequestMessage(new HttpMethod("Gather"), "api/session") { Headers = { { "Origin", "https://elsewhere.example" } } }, Cancel);

        await IsRefusedAsync(response, HttpStatusCode.BadRequest, "", "capital letters");
        Assert.All(SecureHeaders, header => Assert.True(response.Headers.Contains(header), header));
        Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));

    private static async Task IsRefusedAsync(HttpResponseMessage response, HttpStatusCode status, string field, string mend)
    {
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.StatusCode == status, body);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("System.", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Slideport.", body, StringComparison.Ordinal);
        var error = Assert.Single((JsonArray)JsonNode.Parse(body)!["errors"]!)!;
        Assert.Equal(field, (string?)error["field"]);
        Assert.Contains(mend, (string?)error["message"], StringComparison.Ordinal);
    }
}
