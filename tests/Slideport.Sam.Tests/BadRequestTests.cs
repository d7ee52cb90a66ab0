using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Slideport.Protocol.Identity;

namespace Slideport.Sam.Tests;

/// <summary>Every operation of the API, asked by everybody who does not belong there, and in every wrong way by those who do.</summary>
public abstract class BadRequestTests(TestDatabase testDatabase)
{
    // What SAM writes by itself, whatever is asked: heartbeats by the hour, its trail, when a session was last used.
    private static readonly string[] Itself = ["Audit", "ScannerHours", "Alerts", "Notifications", "Sessions.LastSeenAt"];

    // Names of types, lines of a stack, words of a database: how SAM is made is nobody's business.
    private static readonly string[] Betraying = ["System.", "Microsoft.", "Slideport.Sam.", "Slideport.Protocol.", "   at ", "SQLite", "Npgsql", "SELECT "];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_shows_a_certificate_that_is_not_good_is_refused_at_every_endpoint_before_he_can_ask()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        var sam = walked.Sam;
        using var elsewhere = CertificateAuthority.OpenOrCreate(Path.Join(sam.Folder, "elsewhere"));
        using var expired = Expired(sam);
        var before = await DatabaseContent.ReadAsync(sam.Databases, Itself);

        foreach (var certificate in new[] { expired, elsewhere.Client("admin"), elsewhere.Client("converter"), walked.Revoked, sam.Authority.Server("sam"), sam.Authority.Scanner("UNKNOWN") })
        {
            using var http = walked.Showing(certificate);
            foreach (var operation in walked.Operations)
            {
                using var request = Plausible(walked, operation, http);
                await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(request, Cancel));
            }
        }

        Assert.Equal(before, await DatabaseContent.ReadAsync(sam.Databases, Itself));
    }

    [Fact]
    public async Task Whoever_is_at_the_wrong_door_is_refused_and_nothing_is_changed()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        var sam = walked.Sam;
        var before = await DatabaseContent.ReadAsync(sam.Databases, Itself);

        foreach (var (who, http, refusal, belongs) in Callers(walked))
        {
            using (http)
            {
                foreach (var operation in walked.Operations.Where(o => !belongs(o)))
                {
                    using var request = Plausible(walked, operation, http);
                    using var response = await http.SendAsync(request, Cancel);

                    Assert.True(response.StatusCode == refusal(operation), $"{who} at {operation}: {response.StatusCode}");
                    Assert.True(await IsProblemAsync(response), $"{who} at {operation}: no problem details");
                }
            }
        }

        Assert.Equal(before, await DatabaseContent.ReadAsync(sam.Databases, Itself));
    }

    [Fact]
    public async Task What_cannot_be_taken_is_refused_with_the_field_and_nothing_of_it_is_kept()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        var before = await DatabaseContent.ReadAsync(walked.Sam.Databases, Itself);
        var wrong = new List<string>();

        foreach (var operation in walked.Operations)
            wrong.AddRange(await WrongAnswersAsync(walked, operation, mustBeRefused: true));

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
        Assert.Equal(before, await DatabaseContent.ReadAsync(walked.Sam.Databases, Itself));
    }

    [Fact]
    public async Task What_is_strange_is_taken_or_refused_and_never_an_accident()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        var wrong = new List<string>();

        // Those who act on what the others need come last.
        foreach (var operation in walked.Operations.OrderBy(o => o.Path.StartsWith("/api/", StringComparison.Ordinal)).ThenBy(o => o.Method == "DELETE"))
            wrong.AddRange(await WrongAnswersAsync(walked, operation, mustBeRefused: false));

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
    }

    [Fact]
    public async Task What_the_walk_holds_for_a_plausible_request_can_be_read_everywhere()
    {
        await using var walked = await WalkedSam.StartAsync(testDatabase);
        var wrong = new List<string>();

        foreach (var operation in walked.Operations.OrderBy(o => o.Path == "/api/session" && o.Method == "DELETE"))
        {
            using var http = walked.RightCaller(operation);
            using var request = Plausible(walked, operation, http);
            using var response = await http.SendAsync(request, Cancel);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.RequestEntityTooLarge or >= HttpStatusCode.InternalServerError)
                wrong.Add($"{operation}: {response.StatusCode} {await response.Content.ReadAsStringAsync(Cancel)}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
    }

    private static async Task<IReadOnlyList<string>> WrongAnswersAsync(WalkedSam walked, ApiOperation operation, bool mustBeRefused)
    {
        var wrong = new List<string>();
        var hostile = HostileRequests.Bodies(operation, walked.Given(operation)).Concat(HostileRequests.Parameters(operation, walked.Given(operation)));
        var http = walked.RightCaller(operation);
        foreach (var request in hostile.Where(h => h.MustBeRefused == mustBeRefused))
        {
            // Doors that are open let few in from one address.
            if (WalkedSam.IsOpen(operation))
            {
                http.Dispose();
                http = walked.RightCaller(operation);
            }

            if (await WrongAnswerAsync(http, operation, request) is { } answer)
                wrong.Add(answer);
        }

        http.Dispose();
        return wrong;
    }

    private static HttpRequestMessage Plausible(WalkedSam walked, ApiOperation operation, HttpClient http)
    {
        var body = operation.PlausibleBody() is { } plausible ? Encoding.UTF8.GetBytes(plausible.ToJsonString()) : null;
        return new HostileRequest("", operation.Address(walked.Given(operation)), body, "application/json", MustBeRefused: false).ToMessage(operation.Method, http.BaseAddress!);
    }

    private static (string Who, HttpClient Http, Func<ApiOperation, HttpStatusCode> Refusal, Predicate<ApiOperation> Belongs)[] Callers(WalkedSam walked)
    {
        var authority = walked.Sam.Authority;
        return
        [
            At("nobody", null, HttpStatusCode.Unauthorized, _ => false),
            At("a stranger", authority.Client("stranger"), HttpStatusCode.Forbidden, _ => false),
            At("who reads the metrics", authority.Client("monitor"), HttpStatusCode.Forbidden, _ => false),
            At("a scanner", walked.Scanner, HttpStatusCode.Forbidden, o => o.Path.StartsWith("/scanner/", StringComparison.Ordinal)),
            At("another scanner", walked.OtherScanner, HttpStatusCode.Forbidden, o => o.Path.StartsWith("/scanner/", StringComparison.Ordinal)),
            At("a converter", authority.Client("converter"), HttpStatusCode.Forbidden, o => o.Path.StartsWith("/role/", StringComparison.Ordinal) && o.Path is not ("/role/events" or "/role/slides" or "/role/openings") && !o.Path.StartsWith("/role/sessions", StringComparison.Ordinal)),
            At("an event server", authority.Client("events"), HttpStatusCode.Forbidden, o => o.Path is "/role/events" or "/role/fleet" or "/role/certificate"),
            At("a DSR", authority.Client("dsr"), HttpStatusCode.Forbidden, o => o.Path is "/role/slides" or "/role/openings" or "/role/fleet" or "/role/certificate" || o.Path.StartsWith("/role/sessions", StringComparison.Ordinal)),
            At("an administrator", authority.Client("admin"), HttpStatusCode.Forbidden, o => o.Path.StartsWith("/api/", StringComparison.Ordinal)),
            ("whoever has no session", walked.Bearing(null), o => WalkedSam.IsForMachinesOnly(o) ? HttpStatusCode.NotFound : HttpStatusCode.Unauthorized, WalkedSam.IsOpenToPeople),
            ("whoever has made one up", walked.Bearing(new string('A', 43)), o => WalkedSam.IsForMachinesOnly(o) ? HttpStatusCode.NotFound : HttpStatusCode.Unauthorized, WalkedSam.IsOpenToPeople),
            ("an operator", walked.Bearing(walked.Operator), o => WalkedSam.IsForMachinesOnly(o) ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden, o => !WalkedSam.IsForMachinesOnly(o) && !walked.IsBeyondOperators(o)),
        ];

        (string, HttpClient, Func<ApiOperation, HttpStatusCode>, Predicate<ApiOperation>) At(string who, X509Certificate2? certificate, HttpStatusCode refusal, Predicate<ApiOperation> belongs) =>
            (who, walked.Showing(certificate), o => WalkedSam.IsForPeopleOnly(o) ? HttpStatusCode.NotFound : refusal, o => belongs(o) && !WalkedSam.IsForPeopleOnly(o) || (WalkedSam.IsOpen(o) && !WalkedSam.IsForPeopleOnly(o)));
    }

    private static async Task<string?> WrongAnswerAsync(HttpClient http, ApiOperation operation, HostileRequest hostile)
    {
        using var request = hostile.ToMessage(operation.Method, http.BaseAddress!);
        using var response = await http.SendAsync(request, Cancel);
        var what = $"{operation}, {hostile.What}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Cancel)}";
        if (response.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests)
            return what;
        if (response.IsSuccessStatusCode)
            return hostile.MustBeRefused ? what : null;
        return await IsProblemAsync(response) ? null : what;
    }

    private static async Task<bool> IsProblemAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync(Cancel);
        // What is no request at all the server refuses without a word, and hangs up.
        if (body.Length == 0 && response.Headers.ConnectionClose == true)
            return true;
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json" || Betraying.Any(word => body.Contains(word, StringComparison.Ordinal)))
            return false;
        var mustName = response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType;
        return !mustName || (JsonNode.Parse(body)!["errors"] is JsonArray { Count: > 0 } errors && errors.All(e => (string?)e!["message"] is { Length: > 0 } && e["field"] is not null));
    }

    private static X509Certificate2 Expired(SamUnderTest sam)
    {
        var past = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow().AddYears(-5));
        using var then = CertificateAuthority.OpenOrCreate(Path.Join(sam.Folder, "identity"), past);
        return then.Scanner("SS1");
    }
}

public sealed class BadRequestTestsOnSqlite() : BadRequestTests(new OnSqlite());

public sealed class BadRequestTestsOnPostgreSql(PostgreSqlServer server) : BadRequestTests(new OnPostgreSql(server));

public sealed class BadRequestTestsOnSqlServer(SqlServerInstance server) : BadRequestTests(new OnSqlServer(server));
