using System.Security.Claims;
using Slideport.Dsr.Api;
using Slideport.Protocol.Sessions;

namespace Slideport.Dsr.Sam;

/// <summary>Who has logged in.</summary>
internal sealed class Person
{
    internal Person(PersonSession session)
    {
        Claim[] claims = [new(Policies.HolderClaim, $"user:{session.Name}"), new(ClaimTypes.Role, session.Role), new(Policies.LimitClaim, session.Limit)];
        (Session, Principal) = (session, new ClaimsPrincipal(new ClaimsIdentity(claims, SessionAuthentication.SchemeName, Policies.HolderClaim, ClaimTypes.Role)));
        MayView = Policies.MayView(Principal);
    }

    /// <summary>What SAM says of him.</summary>
    internal PersonSession Session { get; }

    /// <summary>The same as the policies of the endpoints ask it.</summary>
    internal ClaimsPrincipal Principal { get; }

    /// <summary>Whether he may look at slides.</summary>
    internal bool MayView { get; }
}
