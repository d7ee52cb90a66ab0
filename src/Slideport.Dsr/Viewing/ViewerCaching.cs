using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slideport.Dsr.Viewing;

/// <summary>What browsers may keep: what belongs to one version of a slide's files never changes. Nothing between us and the browser keeps it.</summary>
internal static class ViewerCaching
{
    /// <summary>The query by which whoever asks names the version it means.</summary>
    private const string VersionQuery = "v";

    /// <summary>Says what may be kept, and answers whoever has it already.</summary>
    /// <param name="http">The request and its answer.</param>
    /// <param name="lease">The slide.</param>
    /// <param name="what">Which part of it, in characters an entity tag may have.</param>
    /// <returns>Whether nothing more is to be answered.</returns>
    internal static bool IsKnown(HttpContext http, SlideLease lease, string what)
    {
        var (headers, tag) = (http.Response.Headers, $"\"{lease.Slide.Version}-{what}\"");
        headers.ETag = tag;
        // A year, as RFC 9111 has no "for ever"; an address without the version is asked for again each time.
        headers.CacheControl = http.Request.QueryString.HasValue && http.Request.Query[VersionQuery] == lease.Slide.Version ? "private, max-age=31536000, immutable" : "private, no-cache";
        headers.XContentTypeOptions = "nosniff";
        if (http.Request.Headers.IfNoneMatch.Count == 0 || !Names(http.Request.GetTypedHeaders().IfNoneMatch, new EntityTagHeaderValue(tag)))
            return false;
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static bool Names(IList<EntityTagHeaderValue> known, EntityTagHeaderValue tag) =>
        known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(tag, useStrongComparison: false));
}
