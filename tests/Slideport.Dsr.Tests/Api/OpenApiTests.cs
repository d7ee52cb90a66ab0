using System.Text.Json.Nodes;

namespace Slideport.Dsr.Tests.Api;

/// <summary>What integrators build on is written down; a change of the API shows in the diff.</summary>
public sealed class OpenApiTests
{
    private static readonly string Page = Path.Join(Root(), "docs", "openapi-dsr.json");

    [Fact]
    public async Task The_page_in_docs_is_what_the_DSR_serves_and_every_operation_has_a_summary()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var served = (await dsr.Machine("admin").GetStringAsync("api/openapi/dsr.json", TestContext.Current.CancellationToken)).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SLIDEPORT_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(Page, served, TestContext.Current.CancellationToken);
        var document = JsonNode.Parse(served)!;

        Assert.StartsWith("3.1", (string?)document["openapi"], StringComparison.Ordinal);
        Assert.All(((JsonObject)document["paths"]!).SelectMany(path => ((JsonObject)path.Value!).Select(o => (path.Key, Operation: o))), o => Assert.True((string?)o.Operation.Value!["summary"] is { Length: > 10 }, $"{o.Operation.Key} {o.Key}"));
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken)), document),
            "docs/openapi-dsr.json is not what the DSR serves; write it anew by running this test with SLIDEPORT_WRITE_DOCS=1.");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(folder.FullName, "Slideport.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
