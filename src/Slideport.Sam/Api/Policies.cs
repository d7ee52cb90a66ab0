using Microsoft.AspNetCore.Authorization;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>Who may call an endpoint. Whatever has no policy is refused.</summary>
internal static class Policies
{
    /// <summary>A scanner in service, about itself.</summary>
    internal const string Scanner = "scanner";

    /// <summary>Another role of the installation: converter, events, dsr.</summary>
    internal const string Role = "role";

    /// <summary>A DICOM Converter.</summary>
    internal const string Converter = "converter";

    /// <summary>An event server.</summary>
    internal const string EventServer = "event-server";

    /// <summary>The DSR DataServer.</summary>
    internal const string Dsr = "dsr";

    /// <summary>Who administers SAM: a Lab Admin, or whoever has the installation's own administrator's certificate. What says nothing else under <c>/api</c> is for them.</summary>
    internal const string Admin = "admin";

    /// <summary>Who keeps scanners running: a Lab Admin, or support while it is let in.</summary>
    internal const string Service = "service";

    /// <summary>Whoever is logged in, to look.</summary>
    internal const string View = "view";

    /// <summary>Whoever is logged in, about himself; also before he has changed a password somebody else has set.</summary>
    internal const string Session = "session";

    internal static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Scanner, policy => policy.RequireClaim(CertificateAuthentication.ScannerIdClaim));
        options.AddPolicy(Role, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:converter", "role:events", "role:dsr"));
        options.AddPolicy(Converter, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:converter"));
        options.AddPolicy(EventServer, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:events"));
        options.AddPolicy(Dsr, policy => policy.RequireClaim(CertificateAuthentication.HolderClaim, "role:dsr"));
        options.AddPolicy(Admin, policy => policy.RequireAssertion(context => Is(context, UserRole.LabAdmin)));
        options.AddPolicy(Service, policy => policy.RequireAssertion(context => Is(context, UserRole.LabAdmin, UserRole.Support)));
        options.AddPolicy(View, policy => policy.RequireAssertion(context => Is(context, UserRole.Operator, UserRole.LabAdmin, UserRole.Support)));
        options.AddPolicy(Session, policy => policy.RequireClaim(SessionAuthentication.LimitClaim));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build();
    }

    private static bool Is(AuthorizationHandlerContext context, params ReadOnlySpan<UserRole> roles)
    {
        if (context.User.HasClaim(CertificateAuthentication.HolderClaim, "role:admin"))
            return true;
        if (!context.User.HasClaim(SessionAuthentication.LimitClaim, nameof(SessionLimit.None)))
            return false;
        foreach (var role in roles)
        {
            if (context.User.IsInRole(role.ToString()))
                return true;
        }

        return false;
    }
}
