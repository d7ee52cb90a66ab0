using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Slideport.Protocol.Slides;

namespace Slideport.Dsr.Tests.Sam;

/// <summary>What SAM says of slides and images, and what it is told.</summary>
public sealed class FollowingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_is_arriving_then_delivered_and_found_by_its_barcode_within_the_same_breath()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var browser = dsr.Browser("operator");
        await TellAsync(dsr.Machine("sam"), "SS1/7", TestImage.Create("7", TestSlides.Series, "S26-9;B2"));
        dsr.Sam.Tell(Report(SlideStage.Receiving, null, null));
        await DsrUnderTest.UntilAsync(async () => ((JsonArray)await browser.GetJsonAsync("api/arrivals")).Count == 1);
        var arriving = Assert.Single((JsonArray)await browser.GetJsonAsync("api/arrivals"))!;
        Assert.Equal(("S26-9;B2", 1), ((string)arriving["barcode"]!, (int)arriving["expected"]!));

        var path = Path.Join(dsr.Images, "A", "slide.svs");
        TestSlides.PutSvs(path);
        dsr.Sam.Tell(Report(SlideStage.Delivered, "A/slide.svs", path));

        await DsrUnderTest.UntilAsync(async () => ((JsonArray)(await browser.GetJsonAsync("api/slides?barcode=s26-9&state=present"))["slides"]!).Count == 1);
        var slide = Assert.Single((JsonArray)(await browser.GetJsonAsync("api/slides?accession=S26-9"))["slides"]!)!;
        Assert.Equal(("A/slide.svs", true, "SS1", "7", TestSlides.Series), ((string)slide["name"]!, (bool)slide["isDelivered"]!, (string)slide["scannerSerialNumber"]!, (string)slide["imageId"]!, (string)slide["seriesInstanceUid"]!));
        Assert.Empty((JsonArray)await browser.GetJsonAsync("api/arrivals"));
        Assert.Empty((JsonArray)await browser.GetJsonAsync("api/awaited"));
        Assert.Equal(0, (int)(await browser.GetJsonAsync("api/findings"))["unexpected"]!);
    }

    [Fact]
    public async Task What_was_delivered_and_is_not_there_or_is_other_bytes_is_told()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var admin = dsr.Machine("admin");
        TestSlides.PutSvs(Path.Join(dsr.Images, "changed.svs"));
        dsr.Sam.Tell(Report(SlideStage.Verified, "gone.svs", null) with { Slide = "gone", SeriesInstanceUid = "1.2.3" });
        dsr.Sam.Tell(Report(SlideStage.Verified, "changed.svs", null) with { Slide = "changed", Bytes = new FileInfo(Path.Join(dsr.Images, "changed.svs")).Length, Sha256 = new string('b', 64) });

        await DsrUnderTest.UntilAsync(async () => ((JsonArray)(await admin.GetJsonAsync("api/slides?delivered=true"))["slides"]!).Select(s => (string)s!["state"]!).Order().SequenceEqual(["missing", "present"]));
        var slide = Assert.Single((JsonArray)(await admin.GetJsonAsync("api/slides?state=present"))["slides"]!)!;
        using var response = await admin.PostAsync($"api/slides/{slide["id"]}/verify", null, Cancel);
        var verified = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;

        Assert.Equal("changed", (string)verified["state"]!);
        var findings = await admin.GetJsonAsync("api/findings");
        Assert.Equal((2, 1, 1), ((int)findings["slides"]!, (int)findings["missing"]!, (int)findings["changed"]!));
    }

    [Fact]
    public async Task An_image_is_told_once_however_often_it_comes_and_awaited_until_its_slide_is_there()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var sam = dsr.Machine("sam");
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.NoContent, await TellAsync(sam, "SS1/7", TestImage.Create("7", "1.2.3")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await TellAsync(sam, "SS1/8", TestImage.Create("7", "1.2.3")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await TellAsync(sam, "SS1/7", TestImage.Create("7", "no uid")));
        await dsr.RestartAsync();

        var awaited = Assert.Single((JsonArray)await dsr.Browser("operator").GetJsonAsync("api/awaited"))!;
        Assert.Equal("SS1/7", (string)awaited["subject"]!);
    }

    [Fact]
    public async Task Who_opens_a_slide_is_told_to_SAM_once_also_when_it_was_away()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        TestSlides.PutSvs(Path.Join(dsr.Images, "slide.svs"));
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        var browser = dsr.Browser("operator");
        var id = (string)Assert.Single((JsonArray)(await browser.GetJsonAsync("api/slides"))["slides"]!)!["id"]!;
        dsr.Sam.IsAway = true;

        // The session is known for some seconds more.
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync(HttpMethod.Get, $"slides/{id}/view"));
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync(HttpMethod.Get, $"slides/{id}/pictures/thumbnail"));
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync(HttpMethod.Get, $"api/slides/{id}/file"));
        await dsr.RestartAsync();
        Assert.Empty(dsr.Sam.Openings);
        dsr.Sam.IsAway = false;

        await DsrUnderTest.UntilAsync(() => Task.FromResult(dsr.Sam.Openings.Count == 2));
        Assert.Equal(["download", "view"], dsr.Sam.Openings.Values.Select(o => o.Purpose).Order());
        Assert.All(dsr.Sam.Openings.Values, o => Assert.Equal("user:operator", o.OpenedBy));
    }

    [Fact]
    public async Task The_original_comes_with_its_hash_in_ranges_if_asked_for_and_instances_as_an_archive()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        var path = Path.Join(dsr.Images, "slide.svs");
        TestSlides.PutSvs(path);
        TestSlides.PutDicom(Path.Join(dsr.Images, "dicom"));
        var admin = dsr.Machine("admin");
        await admin.StatusAsync(HttpMethod.Post, "api/rescan");
        var slides = (JsonArray)(await admin.GetJsonAsync("api/slides"))["slides"]!;
        var (svs, dicom) = (slides.Single(s => (string)s!["format"]! == "Svs")!, slides.Single(s => (string)s!["format"]! == "DicomWsi")!);
        using (var verified = await admin.PostAsync($"api/slides/{svs["id"]}/verify", null, Cancel))
            Assert.Equal(HttpStatusCode.OK, verified.StatusCode);

        using var whole = await admin.GetAsync($"api/slides/{svs["id"]}/file", Cancel);
        var bytes = await whole.Content.ReadAsByteArrayAsync(Cancel);
        Assert.Equal(await File.ReadAllBytesAsync(path, Cancel), bytes);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", Assert.Single(whole.Headers.GetValues("Repr-Digest")));
        Assert.Equal("slide.svs", whole.Content.Headers.ContentDisposition!.FileName);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/slides/{svs["id"]}/file") { Headers = { Range = new(1000, 1999) } };
        using var part = await admin.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(bytes[1000..2000], await part.Content.ReadAsByteArrayAsync(Cancel));

        using var archive = new System.IO.Compression.ZipArchive(await admin.GetStreamAsync($"api/slides/{dicom["id"]}/file", Cancel));
        Assert.Equal(Directory.GetFiles(Path.Join(dsr.Images, "dicom")).Select(f => (Path.GetFileName(f), new FileInfo(f).Length)).Order(), archive.Entries.Select(e => (e.Name, e.Length)).Order());
    }

    [Fact]
    public async Task Collections_are_their_owners_and_holds_the_Lab_Admins()
    {
        await using var dsr = await DsrUnderTest.StartAsync();
        TestSlides.PutSvs(Path.Join(dsr.Images, "slide.svs"));
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        var (operatorHttp, admin) = (dsr.Browser("operator"), dsr.Browser("labAdmin"));
        var id = (string)Assert.Single((JsonArray)(await operatorHttp.GetJsonAsync("api/slides"))["slides"]!)!["id"]!;

        using var added = await operatorHttp.PostAsJsonAsync("api/collections", new { name = "Course" }, Cancel);
        var collection = (string)JsonNode.Parse(await added.Content.ReadAsStringAsync(Cancel))!["id"]!;
        Assert.Equal(HttpStatusCode.Conflict, await admin.StatusAsync(HttpMethod.Post, "api/collections", new { name = "Course" }));
        Assert.Equal(HttpStatusCode.NoContent, await operatorHttp.StatusAsync(HttpMethod.Post, $"api/collections/{collection}/slides", new { slides = new[] { id, id, new string('0', 32) } }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await operatorHttp.StatusAsync(HttpMethod.Post, $"api/collections/{collection}/slides", new { slides = new[] { "../etc" } }));
        Assert.Equal(id, (string)Assert.Single((JsonArray)(await admin.GetJsonAsync($"api/slides?collection={collection}"))["slides"]!)!["id"]!);
        using (var others = await dsr.Machine("admin").PostAsJsonAsync("api/collections", new { name = "Study" }, Cancel))
            Assert.Equal(HttpStatusCode.Forbidden, await operatorHttp.StatusAsync(HttpMethod.Delete, $"api/collections/{(string)JsonNode.Parse(await others.Content.ReadAsStringAsync(Cancel))!["id"]!}"));

        Assert.Equal(HttpStatusCode.Forbidden, await operatorHttp.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = "study" }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await admin.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = " " }));
        Assert.Equal(HttpStatusCode.NoContent, await admin.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = "study" }));
        Assert.Equal(("study", "user:labAdmin"), (await admin.GetJsonAsync($"api/slides/{id}")) is var held ? ((string)held["holdReason"]!, (string)held["heldBy"]!) : default);
        Assert.Equal(HttpStatusCode.NoContent, await admin.StatusAsync(HttpMethod.Delete, $"api/slides/{id}/hold"));
        Assert.Null((await admin.GetJsonAsync($"api/slides/{id}"))["holdReason"]);
        Assert.Equal(HttpStatusCode.NoContent, await operatorHttp.StatusAsync(HttpMethod.Delete, $"api/collections/{collection}"));
    }

    private static SlideReport Report(SlideStage stage, string? path, string? file) => new()
    {
        Slide = "s1",
        Step = (int)stage,
        Stage = stage,
        Since = TimeProvider.System.GetUtcNow(),
        Reason = "It is so.",
        SerialNumber = "SS1",
        SeriesInstanceUid = TestSlides.Series,
        ReceivedAt = TimeProvider.System.GetUtcNow(),
        Instances = 1,
        Path = path,
        Bytes = file is null ? null : new FileInfo(file).Length,
        Sha256 = file is null ? null : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))),
    };

    private static async Task<HttpStatusCode> TellAsync(HttpClient sam, string subject, JsonObject image)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "images") { Content = JsonContent.Create(image) };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Headers.Add("Slideport-Subject", subject);
        using var response = await sam.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
