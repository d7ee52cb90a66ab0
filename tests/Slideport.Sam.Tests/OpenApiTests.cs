using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests;

/// <summary>What integrators build on is written down; a change of the API shows in the diff.</summary>
public sealed class OpenApiTests
{
    private static readonly string Page = Path.Join(Root(), "docs", "openapi.json");

    [Fact]
    public async Task The_page_in_docs_is_what_SAM_serves()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();
        var served = (await admin.GetStringAsync("api/openapi/sam.json", TestContext.Current.CancellationToken)).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SLIDEPORT_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(Page, served, TestContext.Current.CancellationToken);

        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken)), JsonNode.Parse(served)),
            "docs/openapi.json is not what SAM serves; write it anew by running this test with SLIDEPORT_WRITE_DOCS=1.");
    }

    [Fact]
    public async Task It_is_OpenAPI_3_1_and_names_every_endpoint_with_a_summary()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();

        var document = JsonNode.Parse(await admin.GetStringAsync("api/openapi/sam.json", TestContext.Current.CancellationToken))!;

        Assert.StartsWith("3.1", (string?)document["openapi"], StringComparison.Ordinal);
        var operations = ((JsonObject)document["paths"]!).SelectMany(path => (JsonObject)path.Value!).ToArray();
        Assert.All(operations, operation => Assert.NotNull((string?)operation.Value!["summary"]));
        Assert.Equal(
            sam.Role.Endpoints.Count(e => !e.DisplayName!.Contains("openapi", StringComparison.Ordinal)),
            operations.Length);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(folder.FullName, "Slideport.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
