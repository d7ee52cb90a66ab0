using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace Slideport.Dsr.Api;

/// <summary>Who may call an endpoint. Whatever has no policy is refused.</summary>
internal static class Policies
{
    internal const string HolderClaim = "holder";
    internal const string LimitClaim = "limit";

    /// <summary>SAM, by its certificate.</summary>
    internal const string Sam = "sam";

    /// <summary>Who may look at slides: the lab's own people. Support, who keeps scanners running, needs no patient's picture for it.</summary>
    internal const string View = "view";

    /// <summary>A Lab Admin, or whoever has the installation's own administrator's certificate.</summary>
    internal const string Admin = "admin";

    /// <summary>Whoever is logged in, about himself.</summary>
    internal const string Session = "session";

    private const string Unlimited = "none";
    private const string LabAdmin = "labAdmin";
    private const string Administrator = "role:admin";

    internal static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Sam, policy => policy.RequireClaim(HolderClaim, "role:sam"));
        options.AddPolicy(View, policy => policy.RequireAssertion(context => MayView(context.User)));
        options.AddPolicy(Admin, policy => policy.RequireAssertion(context => Is(context.User, LabAdmin)));
        options.AddPolicy(Session, policy => policy.RequireClaim(LimitClaim));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build();
    }

    /// <summary>Who it is, for the audit trail; a program that has the administrator's certificate asks for itself.</summary>
    internal static string NameOf(ClaimsPrincipal user) => user.FindFirstValue(HolderClaim) switch
    {
        Administrator => "program:admin",
        { } holder => holder,
        null => throw new InvalidOperationException("Nobody asks; the endpoint lacks its policy."),
    };

    /// <summary>Whether he may look at slides.</summary>
    internal static bool MayView(ClaimsPrincipal user) => Is(user, LabAdmin, "operator");

    /// <summary>Whether he may do what a Lab Admin may.</summary>
    internal static bool IsAdmin(ClaimsPrincipal user) => Is(user, LabAdmin);

    private static bool Is(ClaimsPrincipal user, params ReadOnlySpan<string> roles)
    {
        if (user.HasClaim(HolderClaim, Administrator))
            return true;
        if (!user.HasClaim(LimitClaim, Unlimited))
            return false;
        foreach (var role in roles)
        {
            if (user.IsInRole(role))
                return true;
        }

        return false;
    }
}
