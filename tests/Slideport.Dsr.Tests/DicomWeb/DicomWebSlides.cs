using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>A DSR with a scanner's slide as DICOM and as SVS, and a slide of somebody else's; and a client of it.</summary>
public sealed class DicomWebSlides : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal DsrUnderTest Dsr { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    /// <summary>The scanner's slide as DICOM: its address, and where its files lie.</summary>
    internal (string Series, string Folder) Stored { get; private set; }

    /// <summary>The same as SVS.</summary>
    internal (string Series, string File) Made { get; private set; }

    /// <summary>Two levels of JPEGs without tables, nothing known of the patient.</summary>
    internal (string Series, string File) Foreign { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Dsr = await DsrUnderTest.StartAsync();
        var (folder, file, foreign) = (Path.Join(Dsr.Images, "dicom", "scan"), Path.Join(Dsr.Images, "scan.svs"), Path.Join(Dsr.Images, "foreign.svs"));
        TestSlides.PutDicom(folder);
        TestSlides.PutSvs(file);
        WrittenSvs.Write(foreign, TiffCompression.Jpeg, (900, 700), (225, 175));
        Client = Dsr.Script("operator");
        var addresses = await RescanAsync();
        (Stored, Made, Foreign) = ((addresses["dicom/scan"], folder), (addresses["scan.svs"], file), (addresses["foreign.svs"], foreign));
    }

    public async ValueTask DisposeAsync() => await Dsr.DisposeAsync();

    /// <summary>Puts another slide there.</summary>
    /// <returns>Its address.</returns>
    internal async Task<string> AddAsync(string file)
    {
        File.Copy(file, Path.Join(Dsr.Images, Path.GetFileName(file)));
        return (await RescanAsync())[Path.GetFileName(file)];
    }

    internal async Task<JsonArray> SearchAsync(string path)
    {
        using var answer = await SendAsync(path);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        return text.Length == 0 ? [] : (JsonArray)JsonNode.Parse(text)!;
    }

    /// <summary>The answer to a request below <c>/dicom-web/</c>.</summary>
    internal async Task<HttpResponseMessage> SendAsync(string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"dicom-web/{path}");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await Client.SendAsync(request, Cancel);
    }

    /// <summary>An answer that is one thing.</summary>
    internal async Task<byte[]> BytesAsync(string path, string accept)
    {
        using var answer = await SendAsync(path, accept);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}");
        return await answer.Content.ReadAsByteArrayAsync(Cancel);
    }

    /// <summary>The parts of an answer.</summary>
    internal async Task<List<(string Type, string? Location, byte[] Bytes)>> PartsAsync(string path, string accept)
    {
        using var answer = await SendAsync(path, accept);
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}");
        var type = answer.Content.Headers.ContentType!;
        Assert.Equal("multipart/related", type.MediaType);
        Assert.Contains(type.Parameters, p => p.Name == "type");
        var reader = new MultipartReader(type.Parameters.Single(p => p.Name == "boundary").Value!, await answer.Content.ReadAsStreamAsync(Cancel));
        var parts = new List<(string, string?, byte[])>();
        while (await reader.ReadNextSectionAsync(Cancel) is { } section)
        {
            using var bytes = new MemoryStream();
            await section.Body.CopyToAsync(bytes, Cancel);
            Assert.Equal(bytes.Length, long.Parse(section.Headers!["Content-Length"]!, System.Globalization.CultureInfo.InvariantCulture));
            parts.Add((section.ContentType!, section.Headers["Content-Location"], bytes.ToArray()));
        }

        return parts;
    }

    /// <summary>Its instances, by their names: those of the largest pictures first.</summary>
    internal async Task<List<(string Uid, JsonNode Set)>> InstancesAsync(string series) =>
        [.. (await SearchAsync($"{series}/instances")).Select(i => ((string)Value(i!, "00080018")!, i!)).OrderByDescending(i => (long?)Value(i.Item2, "00480006") ?? 0)];

    internal static JsonNode? Value(JsonNode set, string tag) => set[tag]?["Value"]?[0];

    /// <summary>Has what lies there catalogued.</summary>
    /// <returns>Addresses of the slides by their names.</returns>
    internal async Task<Dictionary<string, string>> RescanAsync()
    {
        var admin = Dsr.Machine("admin");
        await admin.StatusAsync(HttpMethod.Post, "api/rescan");
        return ((JsonArray)(await admin.GetJsonAsync("api/slides"))["slides"]!).ToDictionary(s => (string)s!["name"]!, s => AddressOf(s!));
    }

    private static string AddressOf(JsonNode slide)
    {
        var uid = SlideId.UidOf((string)slide["id"]!);
        return $"studies/{(string?)slide["studyInstanceUid"] ?? uid + ".1"}/series/{(string?)slide["seriesInstanceUid"] ?? uid}";
    }
}
