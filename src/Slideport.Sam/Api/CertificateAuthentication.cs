using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slideport.Sam.Audit;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Api;

/// <summary>Who a request comes from: the holder of the connection's client certificate, asked anew for every request.</summary>
internal sealed class CertificateAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, CertificateRegistry registry, Renewals renewals)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "certificate";
    internal const string HolderClaim = "holder";
    internal const string ScannerIdClaim = "scanner-id";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Features.Get<ShownCertificate>() is not { } certificate)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (registry.Find(certificate) is not { } caller)
            return Task.FromResult(AuthenticateResult.Fail("The certificate is revoked, or its holder is not known here."));
        if (registry.Replaced(certificate.Thumbprint) is not null)
            renewals.Used(certificate.Thumbprint);
        var claims = new List<Claim> { new(HolderClaim, caller.Holder) };
        if (caller.ScannerId is { } id)
            claims.Add(new Claim(ScannerIdClaim, id.ToString()));
        var identity = new ClaimsIdentity(claims, Scheme.Name, HolderClaim, ClaimTypes.Role);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }
}

/// <summary>What a request's handler asks about its caller.</summary>
internal static class Callers
{
    internal static Actor Actor(this HttpContext context) =>
        new(context.User.FindFirstValue(CertificateAuthentication.HolderClaim) ?? "anonymous", context.Connection.RemoteIpAddress?.ToString() ?? "");

    internal static Guid ScannerId(this HttpContext context) => Guid.Parse(context.User.FindFirstValue(CertificateAuthentication.ScannerIdClaim)!);

    internal static string SerialNumber(this HttpContext context) => Holders.SerialNumber(context.User.FindFirstValue(CertificateAuthentication.HolderClaim)!);
}
