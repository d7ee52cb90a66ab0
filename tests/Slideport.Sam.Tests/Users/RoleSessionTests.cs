using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OtpNet;
using Slideport.Protocol;
using Slideport.Protocol.Sessions;

namespace Slideport.Sam.Tests.Users;

/// <summary>People who log in at the DSR: SAM looks at them as at its own door.</summary>
public abstract class RoleSessionTests(TestDatabase testDatabase)
{
    private const string Phrase = "tall giraffes dislike rain";
    private const string Home = "10.0.0.7";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_logs_in_at_the_DSR_is_known_there_until_he_goes_and_the_trail_says_where_he_was()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var id = await sam.AddUserAsync("Anna", "labAdmin");
        using var dsr = Dsr(sam);
        using var admin = sam.Admin();

        var signedIn = await dsr.SignInAsync(new SignInRequest(" ANNA ", Phrase, Home), Cancel);
        var found = await dsr.FindSessionAsync(signedIn.Token, Cancel);
        await dsr.EndSessionAsync(signedIn.Token, "::ffff:10.0.0.8", Cancel);
        await dsr.EndSessionAsync(signedIn.Token, Home, Cancel);
        var over = await dsr.FindSessionAsync(signedIn.Token, Cancel);

        Assert.Equal((id, "Anna", "labAdmin", "none"), (signedIn.Session.UserId, signedIn.Session.Name, signedIn.Session.Role, signedIn.Session.Limit));
        Assert.True(signedIn.Session.EndsAt > TimeProvider.System.GetUtcNow());
        Assert.Equal(signedIn.Session with { EndsAt = default }, found! with { EndsAt = default });
        Assert.Null(over);
        Assert.Equal(
            ["user.logout user:Anna 10.0.0.8 success ", "user.login user:Anna 10.0.0.7 success password, told by role:dsr"],
            await TrailAsync(admin, "user:Anna"));
    }

    [Fact]
    public async Task A_session_is_one_wherever_it_began_and_ends_everywhere()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);

        var here = await SignInTests.TokenAsync(sam, "anna");
        var known = await dsr.FindSessionAsync(here, Cancel);
        var there = (await dsr.SignInAsync(new SignInRequest("anna", Phrase, Home), Cancel)).Token;
        using var script = SignInTests.Script(sam, there);
        using var before = await script.GetAsync("api/session", Cancel);
        using var signedOut = await script.DeleteAsync("api/session", Cancel);

        Assert.Equal("anna", known?.Name);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (before.StatusCode, signedOut.StatusCode));
        Assert.Null(await dsr.FindSessionAsync(there, Cancel));
        Assert.NotNull(await dsr.FindSessionAsync(here, Cancel));
    }

    [Fact]
    public async Task A_password_that_was_given_is_changed_at_the_DSR_and_every_session_ends()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);
        using var admin = sam.Admin();
        var elsewhere = await SignInTests.TokenAsync(sam, "anna");
        var token = (await dsr.SignInAsync(new SignInRequest("anna", Phrase, Home), Cancel)).Token;
        const string Own = "short giraffes love the rain";

        var foreign = await Assert.ThrowsAsync<SamException>(() => dsr.ChangePasswordAsync(new SessionPasswordChange(token, "guess", Own, Home), Cancel));
        var weak = await Assert.ThrowsAsync<SamException>(() => dsr.ChangePasswordAsync(new SessionPasswordChange(token, Phrase, "anna", Home), Cancel));
        await dsr.ChangePasswordAsync(new SessionPasswordChange(token, Phrase, Own, Home), Cancel);
        var over = await Assert.ThrowsAsync<SamException>(() => dsr.ChangePasswordAsync(new SessionPasswordChange(token, Own, Phrase, Home), Cancel));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "currentPassword"), (foreign.Status, Assert.Single(foreign.Errors).Field));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "password"), (weak.Status, weak.Errors[0].Field));
        Assert.Equal(HttpStatusCode.NotFound, over.Status);
        Assert.Null(await dsr.FindSessionAsync(token, Cancel));
        Assert.Null(await dsr.FindSessionAsync(elsewhere, Cancel));
        Assert.Equal("none", (await dsr.SignInAsync(new SignInRequest("anna", Own, Home), Cancel)).Session.Limit);
        Assert.Contains((await UserTests.TrailAsync(admin, "user:anna")).Select(e => $"{e!["action"]} {e["actor"]} {e["source"]}"), entry => entry == $"user.password user:anna {Home}");
    }

    [Fact]
    public async Task Refusals_are_those_of_SAMs_own_door_to_the_letter()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 1 } });
        await sam.AddUserAsync("anna", "operator");
        await sam.AddUserAsync("ivan", "support");
        using var browser = sam.Browser();
        using var dsr = sam.Http(sam.Authority.Client("dsr"));

        using var own = await browser.PostAsJsonAsync("api/session", new { name = "nobody", password = Phrase }, Cancel);
        var expected = (own.StatusCode, await ProblemAsync(own));

        foreach (var (name, password) in new[] { ("nobody", Phrase), ("anna", "wrong"), ("anna", Phrase), ("ivan", Phrase), ("", ""), ("a\0b", "x"), (new string('n', 5000), Phrase) })
        {
            using var response = await dsr.PostAsJsonAsync("role/sessions", new SignInRequest(name, password, Home), ProtocolJson.Options, Cancel);
            Assert.Equal(expected, (response.StatusCode, await ProblemAsync(response)));
        }
    }

    [Fact]
    public async Task Wrong_passwords_at_the_DSR_lock_the_user_at_SAM_too_whatever_addresses_the_DSR_tells()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { LockAfter = 3 } });
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);
        using var browser = sam.Browser();
        using var admin = sam.Admin();

        for (var i = 1; i <= 3; i++)
            await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("anna", $"guess {i}", $"10.1.0.{i}"), Cancel));
        var locked = await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("anna", Phrase, Home), Cancel));
        using var lockedHere = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = Phrase }, Cancel);

        Assert.Equal((HttpStatusCode.Unauthorized, null), (locked.Status, locked.Code));
        Assert.Equal(HttpStatusCode.Unauthorized, lockedHere.StatusCode);
        var trail = await TrailAsync(admin, "user:anna");
        Assert.Contains("user.login anonymous 10.1.0.2 failure wrong password, told by role:dsr", trail);
        Assert.Contains("user.login anonymous 10.0.0.7 failure locked, told by role:dsr", trail);
    }

    [Fact]
    public async Task Whoever_has_an_app_is_asked_for_its_code_and_it_counts_once()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);
        using var browser = sam.Browser();
        await browser.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });
        var setUp = await browser.PostAsync<JsonObject>("api/session/app", new { currentPassword = Phrase });
        var code = new Totp(Base32Encoding.ToBytes((string)setUp["secret"]!)).ComputeTotp();
        using var confirmed = await browser.PutAsJsonAsync("api/session/app", new { code }, Cancel);
        var recovery = (string)(await confirmed.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["codes"]![0]!;

        var asked = await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("anna", Phrase, Home), Cancel));
        var used = await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("anna", Phrase, Home, code), Cancel));
        var signedIn = await dsr.SignInAsync(new SignInRequest("anna", Phrase, Home, recovery), Cancel);

        Assert.Equal((HttpStatusCode.Unauthorized, "totp"), (asked.Status, asked.Code));
        Assert.Equal((HttpStatusCode.Unauthorized, null), (used.Status, used.Code));
        Assert.Equal("anna", signedIn.Session.Name);
    }

    [Fact]
    public async Task Whoever_has_to_do_something_first_is_told_so()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase, adjust: o => o with { Users = o.Users with { RequireSecondFactor = true } });
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);

        Assert.Equal("secondFactor", (await dsr.SignInAsync(new SignInRequest("anna", Phrase, Home), Cancel)).Session.Limit);
    }

    [Fact]
    public async Task Whoever_tries_too_often_from_one_address_waits_and_keeps_nobody_else_out()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("anna", "operator");
        using var dsr = Dsr(sam);

        var answers = new HashSet<HttpStatusCode>();
        for (var i = 0; i < 25; i++)
            answers.Add((await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("nobody", "x", i % 2 == 0 ? Home : $"::ffff:{Home}"), Cancel))).Status);
        var another = await dsr.SignInAsync(new SignInRequest("anna", Phrase, "10.0.0.8"), Cancel);

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], answers.Order());
        Assert.Equal("anna", another.Session.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("the desk")]
    [InlineData("10.0.0.7\0")]
    [InlineData("10.0.0.7, 10.0.0.8")]
    public async Task An_address_that_is_none_is_refused_before_anything_is_looked_at(string source)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var dsr = Dsr(sam);
        using var admin = sam.Admin();

        var signIn = await Assert.ThrowsAsync<SamException>(() => dsr.SignInAsync(new SignInRequest("anna", Phrase, source), Cancel));
        var end = await Assert.ThrowsAsync<SamException>(() => dsr.EndSessionAsync("any", source, Cancel));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "source"), (signIn.Status, Assert.Single(signIn.Errors).Field));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "source"), (end.Status, Assert.Single(end.Errors).Field));
        var change = await Assert.ThrowsAsync<SamException>(() => dsr.ChangePasswordAsync(new SessionPasswordChange("any", "a", "b", source), Cancel));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "source"), (change.Status, Assert.Single(change.Errors).Field));
        Assert.Empty(await TrailAsync(admin, "user:(unknown)"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_token_that_is_worth_nothing_is_nobodys(string token)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var dsr = Dsr(sam);

        Assert.Null(await dsr.FindSessionAsync(token, Cancel));
        await dsr.EndSessionAsync(token, Home, Cancel);
    }

    [Fact]
    public void Secrets_are_not_part_of_what_a_message_says_of_itself()
    {
        object[] messages =
        [
            new SignInRequest("anna", "s3cret", Home, "s3cret"), new SignInResult("s3cret", new PersonSession(Guid.Empty, "anna", "", "operator", "none", default)),
            new SessionQuestion("s3cret"), new SessionEnd("s3cret", Home), new SessionPasswordChange("s3cret", "s3cret", "s3cret", Home),
        ];

        Assert.All(messages, message => Assert.DoesNotContain("s3cret", message.ToString(), StringComparison.Ordinal));
    }

    private static SamRoleClient Dsr(SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("dsr")));

    private static async Task<string> ProblemAsync(HttpResponseMessage response)
    {
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        problem.Remove("traceId");
        return problem.ToJsonString();
    }

    private static async Task<IReadOnlyList<string>> TrailAsync(HttpClient admin, string target) =>
        [.. (await UserTests.TrailAsync(admin, target)).Where(e => ((string)e!["action"]!).StartsWith("user.log", StringComparison.Ordinal)).Select(e => $"{e!["action"]} {e["actor"]} {e["source"]} {e["outcome"]} {e["after"]}")];
}

public sealed class RoleSessionTestsOnSqlite() : RoleSessionTests(new OnSqlite());

public sealed class RoleSessionTestsOnPostgreSql(PostgreSqlServer server) : RoleSessionTests(new OnPostgreSql(server));

public sealed class RoleSessionTestsOnSqlServer(SqlServerInstance server) : RoleSessionTests(new OnSqlServer(server));
