using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests.Users;

public abstract class PasskeyTests(TestDatabase testDatabase)
{
    private const string Phrase = "tall giraffes dislike rain";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_passkey_lets_its_user_in_without_name_and_password_until_it_is_removed()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "labAdmin");
        using var key = new SoftwareAuthenticator("localhost");
        using var browser = await LoggedInAsync(sam);
        Assert.Equal(HttpStatusCode.NoContent, await AddAsync(browser, key));

        using var fresh = sam.Browser();
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(fresh, key));
        Assert.Equal("anna", (string?)(await fresh.GetFromJsonAsync<JsonObject>("api/session", Cancel))!["name"]);

        var passkeys = await browser.GetFromJsonAsync<JsonArray>("api/session/passkeys", Cancel);
        using var removed = await browser.DeleteAsync($"api/session/passkeys/{Assert.Single(passkeys!)!["id"]}", Cancel);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (removed.StatusCode, await LogInAsync(sam.Browser(), key)));
    }

    [Fact]
    public async Task A_challenge_is_answered_once_by_whom_it_winsteadgiven_to()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "labAdmin");
        using var key = new SoftwareAuthenticator("localhost");
        using var browser = await LoggedInAsync(sam);
        await AddAsync(browser, key);
        using var one = sam.Browser();
        using var other = sam.Browser();
        var options = await one.PostAsync<JsonObject>("api/session/passkey/options", new { });
        await other.PostAsync<JsonObject>("api/session/passkey/options", new { });
        var signed = key.Sign(options, sam.WebAddress);

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(other, signed)); // its own challenge was another
        Assert.Equal(HttpStatusCode.OK, await SendAsync(one, signed));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(one, signed));
    }

    [Fact]
    public async Task What_another_site_made_it_sign_or_a_strange_key_signed_opens_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "labAdmin");
        using var key = new SoftwareAuthenticator("localhost");
        using var browser = await LoggedInAsync(sam);
        await AddAsync(browser, key);
        using var fresh = sam.Browser();

        async Task<HttpStatusCode> TryAsync(Func<JsonObject, JsonObject> sign) =>
            await SendAsync(fresh, sign(await fresh.PostAsync<JsonObject>("api/session/passkey/options", new { })));

        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(options => key.Sign(options, new Uri("https://evil.example"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(options => key.Sign(options, sam.WebAddress, userVerified: false)));
        using var strange = new SoftwareAuthenticator("localhost");
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(options => strange.Sign(options, sam.WebAddress, instead: key)));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(_ => []));
        Assert.Equal(HttpStatusCode.OK, await TryAsync(options => key.Sign(options, sam.WebAddress)));
    }

    [Fact]
    public async Task A_lock_against_guessing_does_not_keep_a_passkey_out()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 1 } });
        await sam.AddUserAsync("anna", "labAdmin");
        using var key = new SoftwareAuthenticator("localhost");
        using var browser = await LoggedInAsync(sam);
        await AddAsync(browser, key);
        using var stranger = sam.Browser();
        using var guess = await stranger.PostAsJsonAsync("api/session", new { name = "anna", password = "guess" }, Cancel);

        Assert.Equal(HttpStatusCode.OK, await LogInAsync(sam.Browser(), key));
    }

    [Fact]
    public async Task Who_hinsteadlost_his_passkeys_is_freed_of_them_by_a_Lab_Admin()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var id = await sam.AddUserAsync("anna", "labAdmin");
        using var key = new SoftwareAuthenticator("localhost");
        using var browser = await LoggedInAsync(sam);
        await AddAsync(browser, key);
        using var admin = sam.Admin();

        using var freed = await admin.DeleteAsync($"api/users/{id}/second-factors", Cancel);
        using var over = await browser.GetAsync("api/session", Cancel);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (freed.StatusCode, over.StatusCode, await LogInAsync(sam.Browser(), key)));
    }

    private static async Task<HttpClient> LoggedInAsync(SamUnderTest sam)
    {
        var browser = sam.Browser();
        await browser.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });
        return browser;
    }

    private static async Task<HttpStatusCode> AddAsync(HttpClient browser, SoftwareAuthenticator key)
    {
        var options = await browser.PostAsync<JsonObject>("api/session/passkeys/options", new { });
        using var response = await browser.PostAsJsonAsync("api/session/passkeys", new { name = "telephone", credential = key.Create(options, browser.BaseAddress!) }, Cancel);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> LogInAsync(HttpClient browser, SoftwareAuthenticator key) =>
        await SendAsync(browser, key.Sign(await browser.PostAsync<JsonObject>("api/session/passkey/options", new { }), browser.BaseAddress!));

    private static async Task<HttpStatusCode> SendAsync(HttpClient browser, JsonObject credential)
    {
        using var response = await browser.PostAsJsonAsync("api/session/passkey", credential, Cancel);
        return response.StatusCode;
    }
}

public sealed class PasskeyTestsOnSqlite() : PasskeyTests(new OnSqlite());

public sealed class PasskeyTestsOnPostgreSql(PostgreSqlServer server) : PasskeyTests(new OnPostgreSql(server));

public sealed class PasskeyTestsOnSqlServer(SqlServerInstance server) : PasskeyTests(new OnSqlServer(server));
