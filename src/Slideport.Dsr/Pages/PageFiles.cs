using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Slideport.Dsr.Catalogue;
using Slideport.Http;

namespace Slideport.Dsr.Pages;

/// <summary>The pages' own files, for whoever asks: there is nothing in them that is not in the program. What they show comes from the API.</summary>
internal static class PageFiles
{
    /// <summary>Nothing but what this server gives; pictures also from memory, for snapshots.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private const string Viewer = "/viewer";
    private static readonly string[] SlideQueries = ["slide", "beside"];

    // What lies under a prefix in the program, which of it is the page, and the page's address.
    private static readonly (string Prefix, string Page, string Address)[] Pages = [("pages/", "catalogue.html", "/"), ("viewer/", "viewer.html", Viewer)];

    /// <summary>Serves the list of slides at <c>/</c>, the viewer at <c>/viewer?slide=ID&amp;beside=ID</c>, and what they are made of below <c>/pages</c> and <c>/viewer</c>.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (Array.Find(Pages, page => name.StartsWith(page.Prefix, StringComparison.Ordinal)) is { Prefix: not null } page)
                Serve(routes, name == page.Prefix + page.Page ? page.Address : $"/{name}", Load(assembly, name));
        }
    }

    private static void Serve(IEndpointRouteBuilder routes, string address, PageFile file) => routes.MapGet(address, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache"; // asked for again each time, and answered with 304: an update is seen at once
            if (address == Viewer)
                Preload(context);
            return Results.Bytes(file.Contents, file.Type, entityTag: file.Tag);
        })
        .AllowAnonymous().WithMetadata(new OnlyAt(Entrance.People), new ContentSecurityPolicy(Policy)).ExcludeFromDescription();

    // What the slides are is on its way while the browser still reads how to ask for it.
    private static void Preload(HttpContext context)
    {
        foreach (var name in SlideQueries)
        {
            if (context.Request.Query[name] is [{ } id] && SlideId.IsMeant(id))
                context.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Link, $"</slides/{id}/view>; rel=preload; as=fetch; crossorigin");
        }
    }

    private static PageFile Load(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var contents = new byte[stream.Length];
        stream.ReadExactly(contents);
        return new PageFile(contents, Types[Path.GetExtension(name)], new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(contents).AsSpan(0, 8))}\""));
    }

    private sealed record PageFile(byte[] Contents, string Type, EntityTagHeaderValue Tag);
}
