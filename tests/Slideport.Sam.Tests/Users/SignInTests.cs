using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using OtpNet;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Users;

public abstract class SignInTests(TestDatabase testDatabase)
{
    private const string Phrase = "tall giraffes dislike rain";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_knows_name_and_password_is_in_until_he_goes()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("Anna", "labAdmin");
        using var browser = sam.Browser();

        using var before = await browser.GetAsync("api/session", Cancel);
        using var signedIn = await browser.PostAsJsonAsync("api/session", new { name = " ANNA ", password = Phrase }, Cancel);
        var session = await browser.GetFromJsonAsync<JsonObject>("api/session", Cancel);
        using var scanners = await browser.GetAsync("api/scanners", Cancel);
        using var signedOut = await browser.DeleteAsync("api/session", Cancel);
        using var after = await browser.GetAsync("api/scanners", Cancel);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.Unauthorized),
            (before.StatusCode, signedIn.StatusCode, scanners.StatusCode, signedOut.StatusCode, after.StatusCode));
        Assert.Equal(("Anna", "labAdmin", "none"), ((string?)session!["name"], (string?)session["role"], (string?)session["limit"]));
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-slideport=", cookie, StringComparison.Ordinal);
        Assert.All(new[] { "path=/", "secure", "httponly", "samesite=strict" }, part => Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_cookie_taken_before_logging_out_is_worth_nothing_after()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        var token = await TokenAsync(sam, "anna");
        using var first = Script(sam, token);
        using var second = Script(sam, token);

        using var signedOut = await first.DeleteAsync("api/session", Cancel);
        using var replayed = await second.GetAsync("api/session", Cancel);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (signedOut.StatusCode, replayed.StatusCode));
    }

    [Fact]
    public async Task Every_refusal_is_the_same_to_the_letter()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 1 } });
        await sam.AddUserAsync("anna", "operator");
        await sam.AddUserAsync("ivan", "support");
        using var browser = sam.Browser();

        var answers = new List<(HttpStatusCode, string, string)>();
        foreach (var (name, password) in new[] { ("nobody", Phrase), ("anna", "wrong"), ("anna", Phrase), ("ivan", Phrase), ("", ""), ("a\0b", "x"), (new string('n', 5000), Phrase) })
        {
            using var response = await browser.PostAsJsonAsync("api/session", new { name, password }, Cancel);
            answers.Add((response.StatusCode, await response.Content.ReadAsStringAsync(Cancel), string.Join(';', response.Headers.Select(h => h.Key).Order())));
        }

        Assert.Single(answers.Select(a => (a.Item1, JsonNode.Parse(a.Item2)!["detail"]!.ToString(), a.Item3)).Distinct());
        Assert.Equal(HttpStatusCode.Unauthorized, answers[0].Item1);
    }

    [Fact]
    public async Task Wrong_passwords_lock_for_a_time_that_grows_and_fewer_than_a_hundred_a_day_are_looked_at()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var parts = await UserParts.CreateAsync(testDatabase, time);
        await parts.AddUserAsync("anna");

        // The only way to see what is looked at: every time the account is not locked, the right password opens; here none is right.
        var evaluated = 0;
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            if ((await parts.UserAsync("anna")).LockedUntil is not { } until || until <= time.GetUtcNow())
            {
                for (var i = 0; i < parts.Options.LockAfter; i++, evaluated++)
                    Assert.Equal(SignInOutcome.Refused, (await parts.SignIn.WithPasswordAsync("anna", "wrong", null, new Door("10.0.0.1"), Cancel)).Outcome);
            }

            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.InRange(evaluated, 20, 100);
        Assert.Equal(SignInOutcome.Refused, (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door("10.0.0.1"), Cancel)).Outcome);
        time.Advance(TimeSpan.FromMinutes(91));
        Assert.Equal(SignInOutcome.Done, (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door("10.0.0.1"), Cancel)).Outcome);
    }

    [Fact]
    public async Task A_Lab_Admin_unlocks_whoever_is_locked()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 1 } });
        var id = await sam.AddUserAsync("anna", "operator");
        using var admin = sam.Admin();
        using var browser = sam.Browser();
        using var wrong = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = "wrong" }, Cancel);
        using var locked = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = Phrase }, Cancel);

        using var unlocked = await admin.PostAsync($"api/users/{id}/unlock", null, Cancel);
        using var open = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = Phrase }, Cancel);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.NoContent, HttpStatusCode.OK), (wrong.StatusCode, locked.StatusCode, unlocked.StatusCode, open.StatusCode));
        Assert.Contains("user.lock", (await UserTests.TrailAsync(admin, "user:anna")).Select(e => (string?)e!["action"]));
    }

    [Fact]
    public async Task A_session_ends_when_nothing_is_done_and_at_its_end_whatever_is_done()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var parts = await UserParts.CreateAsync(testDatabase, time);
        await parts.AddUserAsync("anna");
        var idle = (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door(""), Cancel)).Token;
        var busy = (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door(""), Cancel)).Token;

        for (var minute = 0; minute < 17; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.NotNull(await parts.Sessions.FindAsync(busy, Cancel));
        }

        Assert.Null(await parts.Sessions.FindAsync(idle, Cancel));
        for (var minute = 17; minute < 12 * 60 - 1; minute += 10)
        {
            Assert.NotNull(await parts.Sessions.FindAsync(busy, Cancel));
            time.Advance(TimeSpan.FromMinutes(10));
        }

        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(await parts.Sessions.FindAsync(busy, Cancel));
        await parts.Sessions.ForgetAsync(Cancel);
        await using var database = parts.Databases.CreateDbContext();
        Assert.Empty(await database.Sessions.ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_password_somebody_else_has_set_must_be_changed_before_anything_else()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await UserTests.AddAsync(admin, "anna", "labAdmin");
        using var browser = sam.Browser();
        using var signedIn = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = Phrase }, Cancel);

        using var early = await browser.GetAsync("api/scanners", Cancel);
        using var wrong = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = "not it", password = "small giraffes enjoy it" }, Cancel);
        using var same = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = Phrase, password = Phrase }, Cancel);
        using var changed = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = Phrase, password = "small giraffes enjoy it" }, Cancel);
        using var over = await browser.GetAsync("api/session", Cancel);
        using var again = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = "small giraffes enjoy it" }, Cancel);
        using var free = await browser.GetAsync("api/scanners", Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity), (signedIn.StatusCode, early.StatusCode, wrong.StatusCode, same.StatusCode));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK), (changed.StatusCode, over.StatusCode, again.StatusCode, free.StatusCode));
    }

    [Fact]
    public async Task An_authenticator_app_is_asked_for_once_it_is_set_up_and_no_code_opens_twice()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var parts = await UserParts.CreateAsync(testDatabase, time);
        var user = await parts.AddUserAsync("anna");
        var setUp = (await parts.Account.BeginAppAsync(user, Phrase, parts.Actor, Cancel))!;
        var app = new OtpNet.Totp(Base32Encoding.ToBytes(setUp.Secret));
        string Code() => app.ComputeTotp(time.GetUtcNow().UtcDateTime);

        Assert.Equal(SignInOutcome.Done, (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door(""), Cancel)).Outcome); // not confirmed yet
        Assert.Null(await parts.Account.ConfirmAppAsync(user, "000000", parts.Actor, Cancel));
        var codes = await parts.Account.ConfirmAppAsync(user, Code(), parts.Actor, Cancel);
        Assert.Equal(10, codes!.Distinct().Count());

        Assert.Equal(SignInOutcome.CodeNeeded, (await parts.SignIn.WithPasswordAsync("anna", Phrase, null, new Door(""), Cancel)).Outcome);
        Assert.Equal(SignInOutcome.Refused, (await parts.SignIn.WithPasswordAsync("anna", Phrase, Code(), new Door(""), Cancel)).Outcome); // used to confirm
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(SignInOutcome.Done, (await parts.SignIn.WithPasswordAsync("anna", Phrase, Code(), new Door(""), Cancel)).Outcome);
        Assert.Equal(SignInOutcome.Refused, (await parts.SignIn.WithPasswordAsync("anna", Phrase, Code(), new Door(""), Cancel)).Outcome);
        Assert.Equal(SignInOutcome.Done, (await parts.SignIn.WithPasswordAsync("anna", Phrase, codes![3].ToUpperInvariant(), new Door(""), Cancel)).Outcome);
        Assert.Equal(SignInOutcome.Refused, (await parts.SignIn.WithPasswordAsync("anna", Phrase, codes[3], new Door(""), Cancel)).Outcome);
        Assert.DoesNotContain(setUp.Secret, (await parts.UserAsync("anna")).TotpSecret!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_second_factor_is_demanded_nothing_else_is_done_without_one()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { RequireSecondFactor = true } });
        await sam.AddUserAsync("anna", "labAdmin");
        using var browser = sam.Browser();
        var session = await browser.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });

        using var early = await browser.GetAsync("api/scanners", Cancel);
        var setUp = await browser.PostAsync<JsonObject>("api/session/app", new { currentPassword = Phrase });
        using var confirmed = await browser.PutAsJsonAsync("api/session/app", new { code = new OtpNet.Totp(Base32Encoding.ToBytes((string)setUp["secret"]!)).ComputeTotp() }, Cancel);
        using var free = await browser.GetAsync("api/scanners", Cancel);

        Assert.Equal("secondFactor", (string?)session["limit"]);
        Assert.StartsWith("otpauth://totp/Slideport:anna?", (string?)setUp["address"], StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.OK), (early.StatusCode, confirmed.StatusCode, free.StatusCode));
    }

    [Fact]
    public async Task A_session_somebody_left_open_does_not_let_the_password_be_guessed()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 3 } });
        await sam.AddUserAsync("anna", "operator");
        using var browser = sam.Browser();
        await browser.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });

        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var response = await browser.PutAsJsonAsync("api/session/password", new { currentPassword = $"guess {i}", password = "small giraffes enjoy it" }, Cancel);
            answers.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity, HttpStatusCode.Unauthorized], answers);
    }

    [Fact]
    public async Task A_page_of_another_site_and_a_wrong_host_get_nowhere()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var browser = sam.Browser();
        await browser.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });

        async Task<HttpStatusCode> SendAsync(HttpMethod method, Action<HttpRequestMessage> change)
        {
            using var request = new HttpRequestMessage(method, "api/session");
            change(request);
            using var response = await browser.SendAsync(request, Cancel);
            return response.StatusCode;
        }

        browser.DefaultRequestHeaders.Remove("Origin");
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Delete, r => r.Headers.Add("Origin", "https://evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Delete, r => r.Headers.Add("Origin", "null")));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Delete, r => r.Headers.Add("Sec-Fetch-Site", "cross-site")));
        Assert.StartsWith("HTTP/1.1 421", await RawAsync(sam, "GET /api/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Get, _ => { }));
    }

    [Fact]
    public async Task Whoever_tries_too_often_from_one_address_waits()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var browser = sam.Browser();

        var answers = new HashSet<HttpStatusCode>();
        for (var i = 0; i < 25; i++)
        {
            using var response = await browser.PostAsync("api/session/passkey/options", null, Cancel);
            answers.Add(response.StatusCode);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], answers.Order());
    }

    // A browser that was lied to by its name server: TLS is with us, the page is another's.
    private static async Task<string> RawAsync(SamUnderTest sam, string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", sam.WebAddress.Port, Cancel);
        await using var secured = new System.Net.Security.SslStream(client.GetStream());
        await secured.AuthenticateAsClientAsync(sam.Tls(null), Cancel);
        await secured.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), Cancel);
        using var reader = new StreamReader(secured);
        return await reader.ReadToEndAsync(Cancel);
    }

    internal static async Task<string> TokenAsync(SamUnderTest sam, string name)
    {
        using var browser = sam.Browser();
        return (string)(await browser.PostAsync<JsonObject>("api/session", new { name, password = Phrase, bearer = true }))["token"]!;
    }

    internal static HttpClient Script(SamUnderTest sam, string token)
    {
        var http = new HttpClient(new SocketsHttpHandler { SslOptions = sam.Tls(null), UseProxy = false }) { BaseAddress = sam.WebAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }
}

public sealed class SignInTestsOnSqlite() : SignInTests(new OnSqlite());

public sealed class SignInTestsOnPostgreSql(PostgreSqlServer server) : SignInTests(new OnPostgreSql(server));

public sealed class SignInTestsOnSqlServer(SqlServerInstance server) : SignInTests(new OnSqlServer(server));
