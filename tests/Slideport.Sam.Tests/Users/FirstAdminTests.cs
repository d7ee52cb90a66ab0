using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Time.Testing;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Users;

public abstract class FirstAdminTests(TestDatabase testDatabase)
{
    private static readonly NewUser Anna = new("anna", "tall giraffes dislike rain", UserRole.Operator);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_console_s_token_makes_the_first_Lab_Admin_and_nobody_else()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var token = sam.Role.FirstAdminToken!;
        using var browser = sam.Browser();

        async Task<HttpStatusCode> TakeAsync(string with, string name, string password)
        {
            using var response = await browser.PostAsJsonAsync("api/first-admin", new { token = with, name, password }, Cancel);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Forbidden, await TakeAsync("guess", "eve", "password"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await TakeAsync(token, "anna", "password"));
        Assert.Equal(HttpStatusCode.Created, await TakeAsync(token, "anna", Anna.Password));
        Assert.Equal(HttpStatusCode.Forbidden, await TakeAsync(token, "eve", Anna.Password));
        using var signedIn = await browser.PostAsJsonAsync("api/session", new { name = "anna", password = Anna.Password }, Cancel);
        using var users = await browser.GetAsync("api/users", Cancel);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (signedIn.StatusCode, users.StatusCode));

        await sam.RestartAsync();
        Assert.Null(sam.Role.FirstAdminToken);
    }

    [Fact]
    public async Task A_token_is_good_for_a_day_until_the_next_one_and_while_there_is_no_user()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var parts = await UserParts.CreateAsync(testDatabase, time);

        var replaced = await parts.FirstAdmin.OfferAsync(Cancel);
        var late = await parts.FirstAdmin.OfferAsync(Cancel);
        time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(UserOutcome.Unknown, (await parts.FirstAdmin.TakeAsync(replaced!, Anna, "", Cancel)).Outcome);
        Assert.Equal(UserOutcome.Unknown, (await parts.FirstAdmin.TakeAsync(late!, Anna, "", Cancel)).Outcome);

        var overtaken = await parts.FirstAdmin.OfferAsync(Cancel);
        await parts.AddUserAsync("bert");
        Assert.Equal(UserOutcome.Unknown, (await parts.FirstAdmin.TakeAsync(overtaken!, Anna, "", Cancel)).Outcome);
        Assert.Null(await parts.FirstAdmin.OfferAsync(Cancel));
    }
}

public sealed class FirstAdminTestsOnSqlite() : FirstAdminTests(new OnSqlite());

public sealed class FirstAdminTestsOnPostgreSql(PostgreSqlServer server) : FirstAdminTests(new OnPostgreSql(server));

public sealed class FirstAdminTestsOnSqlServer(SqlServerInstance server) : FirstAdminTests(new OnSqlServer(server));
