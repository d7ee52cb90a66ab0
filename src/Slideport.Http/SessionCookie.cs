using Microsoft.AspNetCore.Http;

namespace Slideport.Http;

/// <summary>
/// How a request at an entrance for people carries its session's token: in the cookie, or, from a script, in <c>Authorization: Bearer</c> (RFC 6750).
/// Browsers keep cookies by host and not by port (RFC 6265 8.5): SAM and the DSR on one machine share it, as they share the session.
/// </summary>
public static class SessionCookie
{
    // The prefix makes browsers keep it to this host, this path and TLS (RFC 6265bis 4.1.3.2).
    private const string Name = "__Host-slideport";
    private const string Bearer = "Bearer ";

    private static readonly CookieOptions Options = new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Strict, IsEssential = true };

    /// <summary>Gives the browser a session's token.</summary>
    public static void Set(HttpContext context, string token) => context.Response.Cookies.Append(Name, token, Options);

    /// <summary>Takes it back.</summary>
    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options);

    /// <summary>The token; null when there is none.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var token = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : request.Cookies[Name];
        return string.IsNullOrEmpty(token) ? null : token;
    }
}
