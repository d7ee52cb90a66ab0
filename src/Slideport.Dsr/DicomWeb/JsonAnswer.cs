using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slideport.Dicom.Json;

namespace Slideport.Dsr.DicomWeb;

/// <summary>An array of data sets as JSON (PS3.18 F), sent while it is written: however long it gets, little of it is in memory.</summary>
internal sealed class JsonAnswer : IDisposable
{
    internal const string DicomJson = "application/dicom+json";

    private const string PlainJson = "application/json";
    private const int BufferBytes = 32 << 10;

    // An ICC profile is asked for once, by whoever shows pixels.
    private const int MaxInlineBytes = 256;

    private readonly HttpContext _http;
    private readonly Utf8JsonWriter _json;

    private JsonAnswer(HttpContext http, string type)
    {
        _http = http;
        _json = new Utf8JsonWriter(http.Response.BodyWriter);
        http.Response.ContentType = type;
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        _json.WriteStartArray();
    }

    /// <summary>The type an answer is to have.</summary>
    /// <exception cref="DicomWebException">The request takes no JSON.</exception>
    internal static string TypeFor(HttpContext http)
    {
        foreach (var accepted in AcceptedMedia.Of(http.Request).Where(a => a.TakesSingle))
        {
            if (accepted.Takes(DicomJson))
                return DicomJson;
            if (accepted.Takes(PlainJson))
                return PlainJson;
        }

        throw DicomWebException.NotAcceptable($"Attributes are given as {DicomJson} only.");
    }

    /// <summary>Begins an answer; nothing is sent before <see cref="FlushAsync"/>.</summary>
    internal static JsonAnswer Start(HttpContext http, string type) => new(http, type);

    /// <summary>What writes the next data set.</summary>
    /// <param name="address">Where the instance can be had, below which its long values are.</param>
    internal DicomJsonWriter WriterFor(string? address) => new(_json, address is null ? null : new DicomJsonOptions { MaxInlineBytes = MaxInlineBytes, BulkDataUri = path => $"{address}/bulkdata/{path}" });

    /// <summary>Sends what was written if it is much.</summary>
    internal ValueTask FlushIfMuchAsync() => _json.BytesPending > BufferBytes ? FlushAsync() : ValueTask.CompletedTask;

    /// <summary>Ends and sends all.</summary>
    internal async Task EndAsync()
    {
        _json.WriteEndArray();
        await FlushAsync();
    }

    public void Dispose() => _json.Dispose();

    private async ValueTask FlushAsync()
    {
        await _json.FlushAsync(_http.RequestAborted);
        await _http.Response.BodyWriter.FlushAsync(_http.RequestAborted);
    }
}
