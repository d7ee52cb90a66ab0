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
        var tag = new EntityTagHeaderValue($"\"{lease.Slide.Version}-{what}\"");
        http.Response.Headers.ETag = tag.ToString();
        // A year, as RFC 9111 has no "for ever"; an address without the version is asked for again each time.
        http.Response.Headers.CacheControl = http.Request.Query[VersionQuery] == lease.Slide.Version ? "private, max-age=31536000, immutable" : "private, no-cache";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false)))
            return false;
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}
