using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slideport.Dsr.DicomWeb;

/// <summary>One of the forms in which a client takes an answer (PS3.18 8.7).</summary>
/// <param name="Type">Media type; of a multipart answer, that of its parts. <c>*/*</c> is any.</param>
/// <param name="IsMultipart">Whether several parts are wanted; null: either will do.</param>
/// <param name="TransferSyntax">Transfer syntax that is asked for; <c>*</c> is whichever it is stored in; null: none is asked for.</param>
internal sealed record AcceptedMedia(string Type, bool? IsMultipart, string? TransferSyntax)
{
    private const int MaxRanges = 50;
    private const int MaxChars = 4000;
    private const string Anything = "*/*";

    /// <summary>The forms a request accepts, the best liked first. A parameter <c>accept</c> counts more than the header (PS3.18 8.3.3.1).</summary>
    /// <exception cref="DicomWebException">They cannot be read.</exception>
    internal static IReadOnlyList<AcceptedMedia> Of(HttpRequest request)
    {
        var asked = request.Query["accept"] is { Count: > 0 } query ? query : request.Headers.Accept;
        if (asked.Count == 0 || asked.All(string.IsNullOrWhiteSpace))
            return [new AcceptedMedia(Anything, null, null)];
        if (asked.Sum(a => a?.Length ?? 0) > MaxChars || !MediaTypeHeaderValue.TryParseList([.. asked.OfType<string>()], out var ranges) || ranges.Count > MaxRanges)
            throw DicomWebException.BadRequest("What the request accepts cannot be read: write media types as multipart/related; type=\"application/dicom\"; transfer-syntax=*.");
        return [.. ranges.Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1).Select(Of)];
    }

    /// <summary>Whether an answer, or its parts, may be of this type.</summary>
    internal bool Takes(string type) => Type == Anything || Type.Equals(type, StringComparison.OrdinalIgnoreCase) || (Type.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(Type[..^1], StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether what is stored in a transfer syntax may be given as it is.</summary>
    internal bool TakesSyntax(string uid) => TransferSyntax is null or "*" || TransferSyntax == uid;

    /// <summary>Whether one thing by itself is taken.</summary>
    internal bool TakesSingle => IsMultipart is not true;

    /// <summary>Whether several parts are taken.</summary>
    internal bool TakesMultipart => IsMultipart is not false;

    private static AcceptedMedia Of(MediaTypeHeaderValue range)
    {
        var syntax = ParameterOf(range, "transfer-syntax");
        if (!range.MediaType.Equals("multipart/related", StringComparison.OrdinalIgnoreCase))
            return new AcceptedMedia(range.MediaType.Value ?? Anything, range.MatchesAllTypes ? null : false, syntax);
        return new AcceptedMedia(ParameterOf(range, "type") ?? Anything, true, syntax);
    }

    private static string? ParameterOf(MediaTypeHeaderValue range, string name)
    {
        foreach (var parameter in range.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return parameter.GetUnescapedValue().ToString();
        }

        return null;
    }
}
