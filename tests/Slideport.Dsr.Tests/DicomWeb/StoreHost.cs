using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>A DSR that takes instances over the web, and what stores to it.</summary>
internal sealed class StoreHost : IAsyncDisposable
{
    internal const string Objects = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

    private StoreHost(DsrUnderTest dsr) => (Dsr, Admin) = (dsr, dsr.Script("labAdmin"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal DsrUnderTest Dsr { get; }

    /// <summary>A Lab Admin's script.</summary>
    internal HttpClient Admin { get; }

    internal static async Task<StoreHost> StartAsync(Func<DsrOptions, DsrOptions>? adjust = null) =>
        new(await DsrUnderTest.StartAsync(adjust: options => (adjust ?? (o => o))(options with { Stow = options.Locations[0] })));

    /// <summary>A scanner's slide, instance by instance, the largest level first.</summary>
    internal static List<(string Uid, byte[] Bytes)> Instances()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-stow-").FullName;
        try
        {
            TestSlides.PutDicom(Path.Join(folder, "slide"));
            return [.. Part10File.List(Path.Join(folder, "slide")).OrderByDescending(Frames).Select(path => (Uids(path).Instance, File.ReadAllBytes(path)))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What a file is called.</summary>
    internal static (string Study, string Series, string Instance) Uids(string path)
    {
        using var file = Part10File.Open(path);
        return (file.DataSet.GetString(Tags.StudyInstanceUID)!, file.DataSet.GetString(Tags.SeriesInstanceUID)!, file.DataSet.GetString(Tags.SOPInstanceUID)!);
    }

    /// <summary>The slide's study and series.</summary>
    internal static (string Study, string Series) Slide()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Instances()[^1].Bytes);
            var (study, series, _) = Uids(path);
            return (study, series);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The same instance with one of its values replaced by others of its length.</summary>
    internal static byte[] With(byte[] file, string text, string other)
    {
        Assert.Equal(text.Length, other.Length);
        var (bytes, from, to) = (file.ToArray(), System.Text.Encoding.ASCII.GetBytes(text), System.Text.Encoding.ASCII.GetBytes(other));
        var found = 0;
        for (var at = bytes.AsSpan().IndexOf(from); at >= 0; at = bytes.AsSpan().IndexOf(from))
        {
            to.CopyTo(bytes, at);
            found++;
        }

        Assert.True(found > 0, $"{text} is not there.");
        return bytes;
    }

    /// <summary>A body of parts.</summary>
    internal static MultipartContent Body(params IEnumerable<byte[]> files)
    {
        var body = new MultipartContent("related", Guid.NewGuid().ToString("n"));
        body.Headers.ContentType!.Parameters.Add(new NameValueHeaderValue("type", "\"application/dicom\""));
        foreach (var file in files)
        {
            var part = new ByteArrayContent(file);
            part.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
            body.Add(part);
        }

        return body;
    }

    /// <summary>Stores.</summary>
    internal async Task<(HttpStatusCode Status, JsonNode? Answer)> StoreAsync(HttpContent body, string? study = null, HttpClient? client = null, string? accept = "application/dicom+json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, study is null ? "dicom-web/studies" : $"dicom-web/studies/{study}") { Content = body };
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await (client ?? Admin).SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    /// <summary>Reasons of what was refused, by instance; those of instances nobody could name under an empty name.</summary>
    internal static Dictionary<string, int> Failures(JsonNode? answer) => Items(answer, "00081198").Concat(Items(answer, "0008119A"))
        .ToDictionary(i => (string?)i["00081155"]?["Value"]?[0] ?? "", i => (int)i["00081197"]!["Value"]![0]!, StringComparer.Ordinal);

    /// <summary>Instances that were stored.</summary>
    internal static IEnumerable<string> Stored(JsonNode? answer) => Items(answer, "00081199").Select(i => (string)i["00081155"]!["Value"]![0]!);

    /// <summary>All files of the image file system, by their names, hidden ones too.</summary>
    internal List<string> Files(string? folder = null) =>
        [.. Directory.EnumerateFiles(folder ?? Dsr.Images, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder ?? Dsr.Images, f)).Where(f => f != ".slideport-store.json").Order(StringComparer.Ordinal)];

    /// <summary>The catalogue.</summary>
    internal async Task<JsonArray> SlidesAsync() => (JsonArray)(await Admin.GetJsonAsync("api/slides"))["slides"]!;

    private static int Frames(string path)
    {
        using var file = Part10File.Open(path);
        return file.DataSet.GetInt32(Tags.NumberOfFrames) ?? 1;
    }

    public ValueTask DisposeAsync() => Dsr.DisposeAsync();

    private static IEnumerable<JsonNode> Items(JsonNode? answer, string tag) => (answer?[tag]?["Value"] as JsonArray ?? []).Select(i => i!);
}
