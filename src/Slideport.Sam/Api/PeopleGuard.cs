using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slideport.Sam.Api;

/// <summary>
/// What holds for every request at the port for people, before anything is done with it: it names this machine, it does not come from another
/// site's page, and no browser may do with the answer what it should not.
/// </summary>
internal sealed class PeopleGuard(SamOptions options)
{
    private readonly HashSet<string> _hosts = new(
        [options.Web.EffectiveHostname, Dns.GetHostName(), "localhost", "127.0.0.1", "[::1]", .. options.Hostnames, .. options.Web.Address == "*" ? Array.Empty<string>() : [options.Web.Address]], StringComparer.OrdinalIgnoreCase);

    internal Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Entrance() != Entrance.People)
            return next(context);
        // When the answer begins: one that is made after something was thrown begins anew, without what was set before.
        context.Response.OnStarting(() =>
        {
            AddHeaders(context.Response.Headers);
            return Task.CompletedTask;
        });
        if (!_hosts.Contains(context.Request.Host.Host))
            return Problems.Misdirected($"This machine is not called '{context.Request.Host.Host}'; if it is, name it with Web:Hostname or Sam:Hostnames.").ExecuteAsync(context);
        return ChangesSomething(context.Request) && !IsOwn(context.Request)
            ? Problems.Forbidden("This came from a page of another site.").ExecuteAsync(context)
            : next(context);
    }

    // OWASP's secure headers; what the pages need is their own business to allow.
    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.StrictTransportSecurity = "max-age=31536000";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers[HeaderNames.CacheControl] = "no-store";
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
