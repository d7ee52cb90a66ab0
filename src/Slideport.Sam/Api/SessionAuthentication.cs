using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slideport.Http;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>
/// Who a request at the port for people comes from: the user of the session whose token it carries. Asked anew for every request: a session that
/// was ended is over at once.
/// </summary>
internal sealed class SessionAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Sessions sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "session";
    internal const string LimitClaim = "limit";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionCookie.TokenOf(Request) is not { } token)
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
