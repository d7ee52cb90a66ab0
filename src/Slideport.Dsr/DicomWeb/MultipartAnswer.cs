using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Slideport.Dsr.DicomWeb;

/// <summary>An answer in parts (PS3.18 8.6, RFC 2387), each with its type, length and place. Nothing is kept of a part that was written.</summary>
/// <param name="http">The request; its answer begins with the first part.</param>
/// <param name="type">Media type of the parts.</param>
internal sealed class MultipartAnswer(HttpContext http, string type)
{
    // Random: no slide can have been made to hold it.
    private readonly string _boundary = Guid.NewGuid().ToString("n");

    /// <summary>Begins a part whose bytes the caller writes.</summary>
    /// <param name="partType">Its media type, with the transfer syntax where it has one.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="location">Where it can be had by itself.</param>
    internal Task StartPartAsync(string partType, long length, string location)
    {
        Start();
        return WriteAsync(string.Create(CultureInfo.InvariantCulture, $"\r\n--{_boundary}\r\nContent-Type: {partType}\r\nContent-Length: {length}\r\nContent-Location: {location}\r\n\r\n"));
    }

    /// <summary>Ends the answer.</summary>
    internal Task EndAsync()
    {
        Start();
        return WriteAsync($"\r\n--{_boundary}--\r\n");
    }

    private void Start()
    {
        if (!http.Response.HasStarted)
            http.Response.ContentType = $"multipart/related; type=\"{type}\"; boundary={_boundary}";
    }

    private async Task WriteAsync(string text) => await http.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(text), http.RequestAborted);
}
