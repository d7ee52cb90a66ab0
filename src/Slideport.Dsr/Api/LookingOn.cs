using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Slideport.Dsr.Sam;
using Slideport.Http;

namespace Slideport.Dsr.Api;

/// <summary>
/// Whoever looks at a slide asks for tiles by the hundred a second. Somebody whom SAM has vouched for within these seconds goes straight on to what
/// is for all who may look, and asks the same of him that the policy asks; everybody else, and everything else, is asked by the schemes and policies
/// of the server. Those cost as much as reading a tile and encrypting it.
/// </summary>
internal sealed class LookingOn(People people)
{
    /// <summary>Runs the endpoint, or lets the next find out who asks.</summary>
    internal Task GoOnAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not { RequestDelegate: { } answer } endpoint || !IsForAllWhoLook(endpoint.Metadata) || context.Entrance() != Entrance.People
            || SessionCookie.TokenOf(context.Request) is not { } token || people.Recall(token) is not { MayView: true } person)
            return next(context);
        context.User = person.Principal;
        context.Features.Set(person.Session);
        return answer(context);
    }

    private static bool IsForAllWhoLook(EndpointMetadataCollection metadata) =>
        metadata.GetOrderedMetadata<IAuthorizeData>() is [{ Policy: Policies.View, Roles: null, AuthenticationSchemes: null }];
}
