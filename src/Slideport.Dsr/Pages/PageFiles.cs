using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Slideport.Http;

namespace Slideport.Dsr.Pages;

/// <summary>The pages' own files, for whoever asks: there is nothing in them that is not in the program. What they show comes from the API.</summary>
internal static class PageFiles
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    /// <summary>Serves a page under an address, and every file that lies with it under <c>/pages</c>.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var files = Load();
        Serve(routes, "/", files["catalogue.html"]);
        foreach (var (name, file) in files.Where(f => !f.Key.EndsWith(".html", StringComparison.Ordinal)))
            Serve(routes, $"/pages/{name}", file);
    }

    private static void Serve(IEndpointRouteBuilder routes, string address, PageFile file) => routes.MapGet(address, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache"; // asked for again each time, and answered with 304: an update is seen at once
            return Results.Bytes(file.Contents, file.Type, entityTag: file.Tag);
        })
        .AllowAnonymous().WithMetadata(new OnlyAt(Entrance.People), new ContentSecurityPolicy(Policy)).ExcludeFromDescription();

    private static Dictionary<string, PageFile> Load()
    {
        const string prefix = "pages/";
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(name => name[prefix.Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var contents = new byte[stream.Length];
            stream.ReadExactly(contents);
            return new PageFile(contents, Types[Path.GetExtension(name)], new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(contents).AsSpan(0, 8))}\""));
        }, StringComparer.Ordinal);
    }

    private sealed record PageFile(byte[] Contents, string Type, EntityTagHeaderValue Tag);
}
