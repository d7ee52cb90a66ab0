using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slideport.Dsr.Sam;
using Slideport.Http;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Sessions;

namespace Slideport.Dsr.Api;

/// <summary>Who a request at the port for machines comes from: the holder of the connection's certificate, which the handshake has found good.</summary>
internal sealed class SamAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, RevokedCertificates revoked)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "certificate";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Entrance() != Entrance.Machines || Context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (revoked.Contains(certificate) || CertificateHolder.Of(certificate) is not { } holder)
            return Task.FromResult(AuthenticateResult.Fail("The certificate is revoked, or names nobody of this installation."));
        var identity = new ClaimsIdentity([new Claim(Policies.HolderClaim, holder)], Scheme.Name, Policies.HolderClaim, ClaimTypes.Role);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }
}

/// <summary>Who a request at the port for people comes from: SAM is asked whose session it is.</summary>
internal sealed class SessionAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, People people)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // The pages' own files and logging in are for everybody, also while SAM is away.
        if (Context.Entrance() != Entrance.People || Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null || SessionCookie.TokenOf(Request) is not { Length: > 0 } token)
            return AuthenticateResult.NoResult();
        if (await people.FindAsync(token, Context.RequestAborted) is not { } holder)
            return AuthenticateResult.Fail("The session is over.");
        Context.Features.Set(holder.Session);
        return AuthenticateResult.Success(new AuthenticationTicket(holder.Principal, Scheme.Name));
    }
}

/// <summary>What a request's handler asks about its caller.</summary>
internal static class Callers
{
    /// <summary>The session of a request that has one.</summary>
    internal static PersonSession Session(this HttpContext context) => context.Features.Get<PersonSession>() ?? throw new InvalidOperationException("There is no session here; the endpoint lacks its policy.");

    /// <summary>The address it comes from.</summary>
    internal static string Source(this HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";
}
