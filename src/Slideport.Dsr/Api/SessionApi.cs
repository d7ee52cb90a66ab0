using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Sam;
using Slideport.Http;
using Slideport.Protocol;
using Slideport.Protocol.Sessions;

namespace Slideport.Dsr.Api;

/// <summary>Logging in and out: SAM decides, and its session is the same here and there.</summary>
internal static class SessionApi
{
    internal const string RateLimit = "sign-in";

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/session", SignInAsync).AllowAnonymous().RequireRateLimiting(RateLimit).WithMetadata(new OnlyAt(Entrance.People))
            .WithName("SignIn").Produces<SessionAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized).WithSummary("Logs in with name and password, and with the authenticator app's code where one is asked for (problem code: totp). With bearer=true the token is in the answer, for scripts; else in a cookie.");
        var own = routes.MapGroup("/api/session").RequireAuthorization(Policies.Session).WithMetadata(new OnlyAt(Entrance.People));
        own.MapGet("", (HttpContext context) => Results.Ok(Describe(context.Session()))).WithName("GetSession").Produces<SessionAnswer>().WithSummary("Who is logged in, and until when.");
        own.MapPut("/password", ChangePasswordAsync).RequireRateLimiting(RateLimit).WithName("ChangePassword").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Changes the own password, at SAM; every session ends, this one too.");
        own.MapDelete("", SignOutAsync).WithName("SignOut").Produces(StatusCodes.Status204NoContent).WithSummary("Logs out, here and at SAM.");
    }

    private static async Task<IResult> SignInAsync(SignInQuestion question, People people, HttpContext context)
    {
        try
        {
            var begun = await people.SignInAsync(new SignInRequest(question.Name, question.Password, context.Source(), question.Code), context.RequestAborted);
            if (!question.Bearer)
                SessionCookie.Set(context, begun.Token);
            return Results.Ok(Describe(begun.Session) with { Token = question.Bearer ? begun.Token : null });
        }
        catch (SamException e) when (e.Status == HttpStatusCode.TooManyRequests)
        {
            return Problems.TooMany(context, e.Message, Pause);
        }
        catch (SamException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status401Unauthorized, title: "Not logged in", extensions: e.Code is { } code ? [new("code", code)] : []);
        }
    }

    private static async Task<IResult> ChangePasswordAsync(PasswordChange change, People people, HttpContext context)
    {
        try
        {
            await people.ChangePasswordAsync(new SessionPasswordChange(SessionCookie.TokenOf(context.Request)!, change.CurrentPassword, change.Password, context.Source()), context.RequestAborted);
            SessionCookie.Remove(context);
            return Results.NoContent();
        }
        catch (SamException e) when (e.Status == HttpStatusCode.UnprocessableEntity)
        {
            return Problems.Invalid(e.Errors);
        }
    }

    private static async Task<IResult> SignOutAsync(People people, HttpContext context)
    {
        await people.EndAsync(SessionCookie.TokenOf(context.Request)!, context.Source(), context.RequestAborted);
        SessionCookie.Remove(context);
        return Results.NoContent();
    }

    private static SessionAnswer Describe(PersonSession holder) => new(holder.Name, holder.FullName, holder.Role, holder.Limit, holder.EndsAt);
}

/// <summary>Somebody wants to log in.</summary>
internal sealed record SignInQuestion(string Name, string Password, string? Code = null, bool Bearer = false);

/// <summary>A new password, and the one so far.</summary>
internal sealed record PasswordChange(string CurrentPassword, string Password);

/// <summary>A session as its user sees it.</summary>
/// <param name="Name">His login name.</param>
/// <param name="FullName">His full name.</param>
/// <param name="Role">What he is.</param>
/// <param name="Limit">What has to be done at SAM before anything else.</param>
/// <param name="EndsAt">When it ends if nothing more is done.</param>
internal sealed record SessionAnswer(string Name, string FullName, string Role, string Limit, DateTimeOffset EndsAt)
{
    /// <summary>The token, where it was asked for.</summary>
    public string? Token { get; init; }
}
