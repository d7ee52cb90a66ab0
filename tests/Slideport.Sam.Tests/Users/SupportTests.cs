using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests.Users;

public abstract class SupportTests(TestDatabase testDatabase)
{
    private const string Phrase = "tall giraffes dislike rain";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Support_is_in_only_while_a_Lab_Admin_has_switched_it_on_and_the_trail_says_so()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.AddUserAsync("ivan", "support");
        await sam.AddUserAsync("anna", "labAdmin");
        using var ivan = sam.Browser();
        using var anna = sam.Browser();
        await anna.PostAsync<JsonObject>("api/session", new { name = "anna", password = Phrase });

        async Task<HttpStatusCode> LogInAsync()
        {
            using var response = await ivan.PostAsJsonAsync("api/session", new { name = "ivan", password = Phrase }, Cancel);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync());
        using var on = await anna.PutAsJsonAsync("api/support", new { until = TimeProvider.System.GetUtcNow().AddHours(1), reason = "focus drifts" }, Cancel);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK), (on.StatusCode, await LogInAsync()));
        using var works = await ivan.PostAsJsonAsync("api/scanners", new { serialNumber = "SS9" }, Cancel);
        using var forbidden = await ivan.GetAsync("api/users", Cancel);
        using var off = await anna.DeleteAsync("api/support", Cancel);
        using var after = await ivan.GetAsync("api/scanners", Cancel);
        using var admin = sam.Admin();

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (works.StatusCode, forbidden.StatusCode, off.StatusCode, after.StatusCode));
        Assert.Equal(["user:anna", "user:anna"], (await UserTests.TrailAsync(admin, "support")).Select(e => (string?)e!["actor"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-60)]
    [InlineData(8 * 24 * 60)]
    public async Task It_is_switched_on_for_a_week_at_most(int minutes)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var response = await admin.PutAsJsonAsync("api/support", new { until = TimeProvider.System.GetUtcNow().AddMinutes(minutes), reason = "x" }, Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }
}

public sealed class SupportTestsOnSqlite() : SupportTests(new OnSqlite());

public sealed class SupportTestsOnPostgreSql(PostgreSqlServer server) : SupportTests(new OnPostgreSql(server));

public sealed class SupportTestsOnSqlServer(SqlServerInstance server) : SupportTests(new OnSqlServer(server));
