using Microsoft.AspNetCore.Authorization;

namespace Slideport.Sam.Api;

/// <summary>Who may call an endpoint. Whatever has no policy is refused.</summary>
internal static class Policies
{
    /// <summary>A scanner in service, about itself.</summary>
    internal const string Scanner = "scanner";

    /// <summary>Another role of the installation: converter, events, dsr.</summary>
    internal const string Role = "role";

    /// <summary>Who administers SAM.</summary>
    internal const string Admin = "admin";

    internal static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Scanner, policy => policy.RequireClaim(CertificateAuthentication.ScannerIdClaim));
        options.AddPolicy(Role, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:converter", "role:events", "role:dsr"));
        options.AddPolicy(Admin, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:admin"));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build();
    }
}
