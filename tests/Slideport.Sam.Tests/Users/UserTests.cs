using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests.Users;

public abstract class UserTests(TestDatabase testDatabase)
{
    private const string Phrase = "tall giraffes dislike rain";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_are_added_changed_and_removed_and_the_trail_tells_who_did_it()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var id = await AddAsync(admin, " Anna ", "labAdmin");
        await AddAsync(admin, "bert", "labAdmin");

        using var changed = await admin.PatchAsJsonAsync($"api/users/{id}", new { fullName = "Anna Berger", role = "operator" }, Cancel);
        var listed = await ListAsync(admin);
        using var removed = await admin.DeleteAsync($"api/users/{id}", Cancel);
        using var again = await admin.DeleteAsync($"api/users/{id}", Cancel);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent, HttpStatusCode.NotFound), (changed.StatusCode, removed.StatusCode, again.StatusCode));
        Assert.Equal(["Anna", "bert"], listed.Select(u => (string)u!["name"]!));
        Assert.Equal(("Anna Berger", "operator", true), ((string)listed[0]!["fullName"]!, (string)listed[0]!["role"]!, (bool)listed[0]!["mustChangePassword"]!));
        Assert.Single(await ListAsync(admin));
        Assert.Equal(
            [("user.remove", "role:admin"), ("user.change", "role:admin"), ("user.add", "role:admin")],
            (await TrailAsync(admin, "user:Anna")).Select(e => ((string)e!["action"]!, (string)e["actor"]!)));
    }

    [Fact]
    public async Task A_name_is_taken_once_however_it_is_written()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        await AddAsync(admin, "Zoë", "operator");

        foreach (var name in new[] { "zoë", "ZOË", "Zoe\u0308", " zoë " })
        {
            using var response = await admin.PostAsJsonAsync("api/users", new { name, role = "operator", password = Phrase }, Cancel);
            Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("a\nb", "name")]
    public async Task A_name_that_cannot_be_used_is_refused_with_its_field(string name, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var response = await admin.PostAsJsonAsync("api/users", new { name, role = "operator", password = Phrase }, Cancel);
        var problem = await response.Content.ReadFromJsonAsync<JsonObject>(Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(field, (string)problem!["errors"]![0]!["field"]!);
    }

    [Fact]
    public async Task The_last_Lab_Admin_is_neither_removed_nor_made_less()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var last = await AddAsync(admin, "anna", "labAdmin");
        await AddAsync(admin, "bert", "operator");
        await AddAsync(admin, "vendor", "support");

        using var removed = await admin.DeleteAsync($"api/users/{last}", Cancel);
        using var demoted = await admin.PatchAsJsonAsync($"api/users/{last}", new { role = "support" }, Cancel);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (removed.StatusCode, demoted.StatusCode));
        Assert.Equal("labAdmin", (string)(await ListAsync(admin))[0]!["role"]!);
    }

    [Fact]
    public async Task None_of_the_last_five_passwords_is_taken_again_and_the_sixth_is()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var id = await AddAsync(admin, "anna", "operator");

        for (var n = 1; n <= 4; n++)
            Assert.Equal(HttpStatusCode.NoContent, await SetAsync(admin, id, $"{Phrase} {n}"));
        var first = await SetAsync(admin, id, Phrase);
        var present = await SetAsync(admin, id, $"{Phrase} 4");
        Assert.Equal(HttpStatusCode.NoContent, await SetAsync(admin, id, $"{Phrase} 5"));
        var sixth = await SetAsync(admin, id, Phrase);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity, HttpStatusCode.NoContent), (first, present, sixth));
    }

    [Fact]
    public async Task No_password_and_no_hash_is_in_the_answers_or_the_trail()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();
        var id = await AddAsync(admin, "anna", "operator");
        await SetAsync(admin, id, "canaries sing in the coal mine");
        await SetAsync(admin, id, "canary");

        foreach (var path in new[] { "api/users", "api/audit?take=1000", "api/audit/export" })
        {
            var text = await admin.GetStringAsync(path, Cancel);
            Assert.DoesNotContain("canar", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("giraffes", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("AQAAAA", text, StringComparison.Ordinal); // how Identity's hashes begin
        }
    }

    internal static async Task<Guid> AddAsync(HttpClient admin, string name, string role, string password = Phrase) =>
        (Guid)(await admin.PostAsync<JsonObject>("api/users", new { name, role, password }))["id"]!;

    private static async Task<HttpStatusCode> SetAsync(HttpClient admin, Guid id, string password)
    {
        using var response = await admin.PutAsJsonAsync($"api/users/{id}/password", new { password }, Cancel);
        return response.StatusCode;
    }

    internal static async Task<JsonArray> ListAsync(HttpClient admin) => (await admin.GetFromJsonAsync<JsonArray>("api/users", Cancel))!;

    internal static async Task<JsonArray> TrailAsync(HttpClient admin, string target) =>
        (await admin.GetFromJsonAsync<JsonArray>($"api/audit?object={Uri.EscapeDataString(target)}", Cancel))!;
}

public sealed class UserTestsOnSqlite() : UserTests(new OnSqlite());

public sealed class UserTestsOnPostgreSql(PostgreSqlServer server) : UserTests(new OnPostgreSql(server));

public sealed class UserTestsOnSqlServer(SqlServerInstance server) : UserTests(new OnSqlServer(server));
