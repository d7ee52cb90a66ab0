using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Slideport.Dsr.Viewing;

/// <summary>The page on which people look at slides. There is nothing in its files that is not in the program: what they show comes from <see cref="ViewerApi"/>.</summary>
internal static class ViewerPage
{
    /// <summary>Nothing but what this server gives; pictures also from memory, for snapshots.</summary>
    internal const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string Prefix = "viewer/";
    private const string Page = "viewer.html";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
    };

    /// <summary>Maps the page at <c>/viewer?slide=ID&amp;beside=ID</c> and its files below.</summary>
    /// <returns>All of it, for whoever guards it.</returns>
    internal static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes)
    {
        var all = routes.MapGroup("/viewer");
        foreach (var name in Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var file = Load(name);
            all.MapGet(name[Prefix.Length..] == Page ? "" : name[Prefix.Length..], (HttpContext http) => Answer(http, file));
        }

        return all;
    }

    private static FileContentHttpResult Answer(HttpContext http, PageFile file)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers.CacheControl = "no-cache"; // asked for again each time, and answered with 304: an update is seen at once
        return TypedResults.Bytes(file.Contents, file.Type, entityTag: file.Tag);
    }

    private static PageFile Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var contents = new byte[stream.Length];
        stream.ReadExactly(contents);
        return new PageFile(contents, Types[Path.GetExtension(name)], new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(contents).AsSpan(0, 8))}\""));
    }

    private sealed record PageFile(byte[] Contents, string Type, EntityTagHeaderValue Tag);
}
