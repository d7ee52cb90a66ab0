using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>
/// Who a request at the port for people comes from: the user of the session whose token is in the cookie, or, from a script, in
/// <c>Authorization: Bearer</c> (RFC 6750). Asked anew for every request: a session that was ended is over at once.
/// </summary>
internal sealed class SessionAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Sessions sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "session";
    internal const string LimitClaim = "limit";

    // The prefix makes browsers keep it to this host, this path and TLS (RFC 6265bis 4.1.3.2).
    private const string CookieName = "__Host-slideport";
    private const string Bearer = "Bearer ";

    private static readonly CookieOptions Cookie = new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Strict, IsEssential = true };

    /// <summary>Gives the browser a session's token.</summary>
    internal static void SetCookie(HttpContext context, string token) => context.Response.Cookies.Append(CookieName, token, Cookie);

    /// <summary>Takes it back.</summary>
    internal static void RemoveCookie(HttpContext context) => context.Response.Cookies.Delete(CookieName, Cookie);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var token = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : Request.Cookies[CookieName];
        if (string.IsNullOrEmpty(token))
            return AuthenticateResult.NoResult();
        if (await sessions.FindAsync(token, Context.RequestAborted) is not { } signedIn)
            return AuthenticateResult.Fail("The session is over.");
        Context.Features.Set(signedIn);
        Claim[] claims =
        [
            new(CertificateAuthentication.HolderClaim, UserText.Holder(signedIn.User.Name)), new(ClaimTypes.Role, signedIn.User.Role.ToString()),
            new(LimitClaim, signedIn.Limit.ToString()),
        ];
        var identity = new ClaimsIdentity(claims, Scheme.Name, CertificateAuthentication.HolderClaim, ClaimTypes.Role);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
