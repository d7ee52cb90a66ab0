using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>Whether support may come in.</summary>
internal static class SupportApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/support", CurrentAsync).RequireAuthorization(Policies.View).WithName("GetSupport").Produces<SupportView>().WithSummary("Whether support may come in, until when, and who has switched it on.");
        api.MapPut("/support", SwitchOnAsync).WithName("SwitchSupportOn").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Lets users with the role support in until then.");
        api.MapDelete("/support", SwitchOffAsync).WithName("SwitchSupportOff").Produces(StatusCodes.Status204NoContent).WithSummary("Lets support in no more; who is in is out.");
    }

    private static async Task<IResult> CurrentAsync(SupportAccess support, CancellationToken cancellationToken) =>
        Results.Ok(await support.CurrentAsync(cancellationToken) is { } on ? new SupportView(on.Until, on.SwitchedOnBy, on.Reason) : new SupportView(null, "", ""));

    private static async Task<IResult> SwitchOnAsync(SupportQuestion question, SupportAccess support, TimeProvider time, HttpContext context)
    {
        var now = time.GetUtcNow();
        if (question.Until <= now || question.Until > now + SupportAccess.Longest)
            return Problems.Invalid([new("until", $"Name a time in the future, at most {SupportAccess.Longest.TotalDays} days from now.")]);
        if (new ReasonGiven(question.Reason).Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        await support.SwitchOnAsync(question.Until, question.Reason, context.Actor(), context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> SwitchOffAsync(SupportAccess support, HttpContext context)
    {
        await support.SwitchOffAsync(context.Actor(), context.RequestAborted);
        return Results.NoContent();
    }
}

/// <summary>Until when support is to be let in, and why.</summary>
internal sealed record SupportQuestion(DateTimeOffset Until, string Reason);

/// <summary>Whether support is let in; until is null when it is not.</summary>
internal sealed record SupportView(DateTimeOffset? Until, string SwitchedOnBy, string Reason);
