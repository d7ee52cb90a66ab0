using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Api;
using Slideport.Dsr.Catalogue;
using Slideport.Http;

namespace Slideport.Dsr.Retention;

/// <summary>Having slides removed whose retention is over.</summary>
internal static class RemovalApi
{
    private const int MaxReason = 400;

    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/slides/remove", AskAsync).RequireAuthorization(Policies.Admin).WithName("RemoveSlides").Produces<IReadOnlyList<RemovalView>>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .WithSummary("Has slides removed, files and all, whose retention is over (GET /api/slides?due=true has them) and that nobody holds; each is answered for itself. It is done when its state is removed.");

    private static async Task<IResult> AskAsync(RemovalQuestion question, SlideRemoval removal, HttpContext context)
    {
        if (question.Slides.Count is 0 or > SlideRemoval.MaxAtOnce || !question.Slides.All(id => id is not null && SlideId.IsMeant(id)))
            return Problems.Invalid([new("slides", $"Name 1 to {SlideRemoval.MaxAtOnce} slides by their ids.")]);
        if (question.Reason.Trim() is not { Length: > 0 and <= MaxReason } reason || reason.Contains('\0', StringComparison.Ordinal))
            return Problems.Invalid([new("reason", $"Say why, in at most {MaxReason} characters.")]);
        var outcomes = await removal.AskAsync(question.Slides, reason, (Policies.NameOf(context.User), context.Source()), context.RequestAborted);
        return Results.Json(outcomes.Select(o => new RemovalView(o.Id, o.Outcome, Explain(o.Outcome))), statusCode: StatusCodes.Status202Accepted);
    }

    private static string? Explain(RemovalOutcome outcome) => outcome switch
    {
        RemovalOutcome.Asked => null,
        RemovalOutcome.Held => "It is on hold; release it first, if that is over.",
        RemovalOutcome.NotDue => "Its retention (Dsr:Retention) is not over.",
        RemovalOutcome.NotPresent => "Its files are missing, changed or unreadable: only what is known is removed.",
        RemovalOutcome.Gone => "It is being removed, or was.",
        _ => "There is no such slide in the catalogue.",
    };
}

/// <summary>Which slides are to be removed, and why.</summary>
internal sealed record RemovalQuestion(IReadOnlyList<string> Slides, string Reason);

/// <summary>What became of it for one slide.</summary>
/// <param name="Id">The slide.</param>
/// <param name="Outcome">Asked: it is being removed.</param>
/// <param name="Problem">Why it is not; null: it is.</param>
internal sealed record RemovalView(string Id, RemovalOutcome Outcome, string? Problem);
