using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using MinDataRate = Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>The body of a request that stores (PS3.18 8.6.1.2, RFC 2387): parts, one after the other as they come; nothing of them is kept here.</summary>
/// <remarks>Whatever is wrong with the body or the wire is a <see cref="DicomWebException"/>: no other failure of storing looks like it.</remarks>
internal sealed partial class StoreBody
{
    /// <summary>Most instances of one request: more than any slide has.</summary>
    internal const int MaxParts = 512;

    internal const string Dicom = "application/dicom";

    private const int MaxBoundary = 70; // RFC 2046 5.1.1
    private const int MaxHeaders = 16;
    private const int MaxHeaderBytes = 8 << 10;
    private const int BufferBytes = 128 << 10;

    // Who sends more slowly, while we read, holds a connection for nothing.
    private const double LeastBytesPerSecond = 8 << 10;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly MultipartReader _reader;
    private int _parts;

    private StoreBody(MultipartReader reader) => _reader = reader;

    /// <summary>Begins to read a request.</summary>
    /// <param name="http">The request; nothing of its body has been read.</param>
    /// <param name="maxBytes">How long the body may be.</param>
    /// <exception cref="DicomWebException">It is of another kind, or too long.</exception>
    internal static StoreBody Of(HttpContext http, long maxBytes)
    {
        var boundary = BoundaryOf(http.Request.ContentType);
        if (http.Request.ContentLength > maxBytes)
            throw TooLong(maxBytes);
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxBytes;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(LeastBytesPerSecond, Grace);
        return new StoreBody(new MultipartReader(boundary, http.Request.Body, BufferBytes) { HeadersCountLimit = MaxHeaders, HeadersLengthLimit = MaxHeaderBytes, BodyLengthLimit = null });
    }

    /// <summary>The boundary of a body's parts.</summary>
    /// <exception cref="DicomWebException">It is no multipart body of DICOM files, or names none.</exception>
    internal static string BoundaryOf(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(Unquoted().Replace(contentType ?? "", $"; type=\"{Dicom}\"$1"), out var type) || !type.MediaType.Equals("multipart/related", StringComparison.OrdinalIgnoreCase))
            throw WrongKind();
        var kind = type.Parameters.FirstOrDefault(p => p.Name.Equals("type", StringComparison.OrdinalIgnoreCase))?.GetUnescapedValue();
        if (kind is not { } given || !given.Equals(Dicom, StringComparison.OrdinalIgnoreCase))
            throw WrongKind();
        return HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary } boundary && boundary.Value!.All(c => c is >= ' ' and <= '~')
            ? boundary.Value!
            : throw DicomWebException.BadRequest($"The Content-Type names no boundary of 1 to {MaxBoundary} ASCII characters.");
    }

    /// <summary>The next part; null: that was all.</summary>
    internal async Task<StorePart?> NextAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(() => _reader.ReadNextSectionAsync(cancellationToken)) is not { } section)
            return null;
        return ++_parts <= MaxParts ? new StorePart(section) : throw DicomWebException.TooMuch($"At most {MaxParts} instances are stored at once.");
    }

    /// <summary>Reads from the wire.</summary>
    internal static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLong(null) : new DicomWebException(e.StatusCode, "The body did not come as it was announced.");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw DicomWebException.BadRequest("The body is no multipart message, or ends before it should.");
        }
    }

    // Some clients leave out the quotes that RFC 2045 5.1 wants around a slash.
    [GeneratedRegex("; *type=application/dicom *(;|$)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Unquoted();

    private static DicomWebException TooLong(long? maxBytes) => DicomWebException.TooMuch($"The request is longer than Dsr:StowMaxBytes{(maxBytes is { } most ? FormattableString.Invariant($", {most} bytes") : "")}: store fewer instances at once.");

    private static DicomWebException WrongKind() => new(StatusCodes.Status415UnsupportedMediaType, $"Send instances as multipart/related; type=\"{Dicom}\"; boundary=….");
}

/// <summary>One part of the body.</summary>
internal sealed class StorePart(MultipartSection section)
{
    /// <summary>Whether it is a DICOM file, as far as its header says.</summary>
    internal bool IsDicom => section.ContentType is null || (MediaTypeHeaderValue.TryParse(section.ContentType, out var type) && type.MediaType.Equals(StoreBody.Dicom, StringComparison.OrdinalIgnoreCase));

    /// <summary>How long it says to be; null: it does not.</summary>
    internal string? Length => section.Headers?.TryGetValue("Content-Length", out var length) == true ? length.ToString() : null;

    /// <summary>Reads on.</summary>
    /// <returns>Bytes read; 0 where the part ends.</returns>
    /// <exception cref="DicomWebException">The wire was cut, or the body is no multipart message.</exception>
    internal Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => StoreBody.ReadAsync(() => section.Body.ReadAsync(buffer, cancellationToken).AsTask());
}
