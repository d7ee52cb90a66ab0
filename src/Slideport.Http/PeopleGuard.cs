using System.Net;
using Microsoft.AspNetCore.Http;

namespace Slideport.Http;

/// <summary>
/// What holds for every request at the port for people, before anything is done with it: it names this machine, it does not come from another
/// site's page, and no browser may do with the answer what it should not.
/// </summary>
/// <param name="hostnames">What the machine is called, besides its own name and that of every machine for itself.</param>
/// <param name="settings">What an administrator sets it with, for the sentence that says so.</param>
public sealed class PeopleGuard(IEnumerable<string> hostnames, string settings)
{
    private const string NothingToRun = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private readonly HashSet<string> _hosts = new([Dns.GetHostName(), "localhost", "127.0.0.1", "[::1]", .. hostnames], StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses, or adds its headers to what the next answer.</summary>
    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Entrance() != Entrance.People)
            return next(context);
        // When the answer begins: one that is made after something was thrown begins anew, without what was set before.
        context.Response.OnStarting(static of =>
        {
            var context = (HttpContext)of;
            AddHeaders(context.Response.Headers, context.GetEndpoint());
            return Task.CompletedTask;
        }, context);
        if (!_hosts.Contains(context.Request.Host.Host))
            return Problems.Misdirected($"This machine is not called '{context.Request.Host.Host}'; if it is, name it with {settings}.").ExecuteAsync(context);
        return ChangesSomething(context.Request) && !IsOwn(context.Request)
            ? Problems.Forbidden("This came from a page of another site.").ExecuteAsync(context)
            : next(context);
    }

    // OWASP's secure headers; what a page needs its endpoint allows. There is none any more when something was thrown.
    private static void AddHeaders(IHeaderDictionary headers, Endpoint? endpoint)
    {
        headers.StrictTransportSecurity = "max-age=31536000";
        headers.ContentSecurityPolicy = endpoint?.Metadata.GetMetadata<ContentSecurityPolicy>()?.Value ?? NothingToRun;
        headers.XContentTypeOptions = "nosniff";
        if (endpoint is null || headers.CacheControl.Count == 0)
            headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static bool ChangesSomething(HttpRequest request) =>
        !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) || request.Headers.Upgrade.Count > 0;

    // Browsers send at least one of the two with whatever changes something; scripts send neither, and no cookie of a browser.
    private static bool IsOwn(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0)
            return string.Equals(origin, $"https://{request.Host}", StringComparison.OrdinalIgnoreCase);
        return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
    }
}
