using System.Net;
using System.Text.Json.Nodes;
using Slideport.Sam.Tests;

namespace Slideport.Dsr.Tests.Locations;

/// <summary>The catalogue is brought up to date with what lies on the image file system; from the files alone, if need be.</summary>
public abstract class RescanTests(TestDatabase database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_catalogue_is_made_from_the_files_alone_and_calls_them_the_same_when_it_is_made_again()
    {
        await using var dsr = await DsrUnderTest.StartAsync(database);
        TestSlides.PutSvs(Path.Join(dsr.Images, "2026", "März 1", "slide one.svs"));
        TestSlides.PutDicom(Path.Join(dsr.Images, "dicom", "slide two"));
        await File.WriteAllTextAsync(Path.Join(dsr.Images, "readme.txt"), "no slide", Cancel);
        await File.WriteAllTextAsync(Path.Join(dsr.Images, ".slideport-abc.part"), "no slide yet", Cancel);
        var admin = dsr.Machine("admin");

        Assert.Equal((2, 0), await RescanAsync(admin));
        var slides = await SlidesAsync(admin);

        Assert.Equal(["2026/März 1/slide one.svs", "dicom/slide two"], slides.Select(s => (string)s["name"]!).Order(StringComparer.Ordinal));
        Assert.All(slides, slide =>
        {
            Assert.Equal(("present", TestSlides.Barcode, "S26-1234", "SS45001"), ((string)slide["state"]!, (string)slide["barcode"]!, (string)slide["accession"]!, (string)slide["scannerSerialNumber"]!));
            Assert.Equal((1500, 1100, true, true, true, false), ((int)slide["width"]!, (int)slide["height"]!, (bool)slide["hasLabel"]!, (bool)slide["hasMacro"]!, (bool)slide["hasThumbnail"]!, (bool)slide["isDelivered"]!));
        });
        var dicom = slides.Single(s => (string)s["name"]! == "dicom/slide two");
        Assert.Equal(TestSlides.Series, (string)dicom["seriesInstanceUid"]!);
        Assert.Equal((2, 0), await RescanAsync(admin));

        await using var another = await DsrUnderTest.StartAsync(database, options => options with { Locations = [dsr.Images] });
        Assert.Equal((2, 0), await RescanAsync(another.Machine("admin")));
        Assert.Equal(slides.Select(s => (string)s["id"]!).Order(), (await SlidesAsync(another.Machine("admin"))).Select(s => (string)s["id"]!).Order());
    }

    [Fact]
    public async Task What_is_gone_is_missing_and_present_when_it_is_back()
    {
        await using var dsr = await DsrUnderTest.StartAsync(database);
        var (path, aside) = (Path.Join(dsr.Images, "slide.svs"), Path.Join(dsr.Folder, "aside.svs"));
        TestSlides.PutSvs(path);
        var admin = dsr.Machine("admin");
        await RescanAsync(admin);

        Files(path, aside);
        Assert.Equal((0, 1), await RescanAsync(admin));
        var missing = Assert.Single(await SlidesAsync(admin, "state=missing"));
        Assert.Equal(HttpStatusCode.NotFound, await admin.StatusAsync(HttpMethod.Get, $"api/slides/{missing["id"]}/file"));

        Files(aside, path);
        await RescanAsync(admin);
        Assert.Equal("present", (string)Assert.Single(await SlidesAsync(admin))["state"]!);
    }

    [Fact]
    public async Task What_cannot_be_read_is_in_the_catalogue_with_the_reason_and_stops_nothing()
    {
        await using var dsr = await DsrUnderTest.StartAsync(database);
        TestSlides.PutSvs(Path.Join(dsr.Images, "good.svs"));
        await File.WriteAllBytesAsync(Path.Join(dsr.Images, "empty.svs"), [], Cancel);
        await File.WriteAllBytesAsync(Path.Join(dsr.Images, "cut.svs"), (await File.ReadAllBytesAsync(Path.Join(dsr.Images, "good.svs"), Cancel))[..5000], Cancel);
        await File.WriteAllTextAsync(Path.Join(dsr.Images, "text.tif"), "This is no picture.", Cancel);
        TestSlides.PutDicom(Path.Join(dsr.Images, "half"));
        File.Delete(Directory.GetFiles(Path.Join(dsr.Images, "half")).MaxBy(f => new FileInfo(f).Length)!);
        var admin = dsr.Machine("admin");

        Assert.Equal((5, 0), await RescanAsync(admin));
        var unreadable = await SlidesAsync(admin, "state=unreadable");
        Assert.Superset(new HashSet<string> { "empty.svs", "cut.svs", "text.tif" }, unreadable.Select(s => (string)s["name"]!).ToHashSet());
        Assert.All(unreadable, slide => Assert.NotEqual("", (string?)slide["problem"] ?? ""));
        Assert.Contains(await SlidesAsync(admin, "state=present"), s => (string)s["name"]! == "good.svs");
    }

    [Fact]
    public async Task A_mount_point_that_is_empty_takes_nothing_out_of_the_catalogue_and_nothing_is_founded_in_it()
    {
        await using var dsr = await DsrUnderTest.StartAsync(database);
        TestSlides.PutSvs(Path.Join(dsr.Images, "slide.svs"));
        var admin = dsr.Machine("admin");
        await RescanAsync(admin);
        Directory.Move(dsr.Images, dsr.Images + ".away");
        Directory.CreateDirectory(dsr.Images);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await admin.StatusAsync(HttpMethod.Post, "api/rescan"));
        Assert.Equal("present", (string)Assert.Single(await SlidesAsync(admin))["state"]!);
        Assert.Empty(Directory.GetFileSystemEntries(dsr.Images));
        Assert.NotNull((string?)Assert.Single((JsonArray)await admin.GetJsonAsync("api/locations"))!["problem"]);
    }

    [Fact]
    public async Task Where_no_converter_has_been_nothing_is_founded()
    {
        await using var dsr = await DsrUnderTest.StartAsync(database, founded: false);
        TestSlides.PutSvs(Path.Join(dsr.Images, "slide.svs"));
        var admin = dsr.Machine("admin");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await admin.StatusAsync(HttpMethod.Post, "api/rescan"));
        Assert.Equal(["slide.svs"], Directory.GetFileSystemEntries(dsr.Images).Select(p => Path.GetFileName(p)));
    }

    private static void Files(string from, string to) => Directory.Move(from, to);

    // What is new depends on who was quicker: the role looks through the image file system by itself, too.
    private static async Task<(int Slides, int Missing)> RescanAsync(HttpClient admin)
    {
        using var response = await admin.PostAsync("api/rescan", null, Cancel);
        var report = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
        Assert.True(response.IsSuccessStatusCode, report.ToJsonString());
        return ((int)report["slides"]!, (int)report["missing"]!);
    }

    private static async Task<IReadOnlyList<JsonNode>> SlidesAsync(HttpClient admin, string query = "") => [.. ((JsonArray)(await admin.GetJsonAsync($"api/slides?{query}"))["slides"]!).OfType<JsonNode>()];
}

public sealed class RescanTestsOnSqlite() : RescanTests(new OnSqlite());

public sealed class RescanTestsOnPostgreSql(PostgreSqlServer server) : RescanTests(new OnPostgreSql(server));
