using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>Who may log in, as Lab Admins administer it.</summary>
internal static class UserApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        var users = api.MapGroup("/users");
        users.MapGet("", ListAsync).WithName("ListUsers").WithSummary("All users: role, last log-in, whether locked.");
        users.MapPost("", AddAsync).WithName("AddUser").WithSummary("Adds a user, who must change the password at the first log-in.");
        users.MapPatch("/{id:guid}", ChangeAsync).WithName("ChangeUser").WithSummary("Changes a user's full name or role; another role ends his sessions.");
        users.MapDelete("/{id:guid}", RemoveAsync).WithName("RemoveUser").WithSummary("Removes a user; what he did stays in the audit trail.");
        users.MapPut("/{id:guid}/password", SetPasswordAsync).WithName("SetPassword").WithSummary("Sets a user's password, to be changed at the next log-in; ends his sessions.");
        users.MapPost("/{id:guid}/unlock", UnlockAsync).WithName("UnlockUser").WithSummary("Lets a user try again who gave too many wrong passwords.");
        users.MapPost("/{id:guid}/sign-out", SignOutAsync).WithName("SignOutUser").WithSummary("Ends all sessions of a user.");
        users.MapGet("/{id:guid}/sessions", (Guid id, Sessions sessions, CancellationToken cancellationToken) => sessions.ListAsync(id, cancellationToken)).WithName("ListSessions").WithSummary("A user's sessions that are not over.");
        users.MapDelete("/{id:guid}/sessions/{sessionId:guid}", EndSessionAsync).WithName("EndSession").WithSummary("Ends a session of a user.");
        users.MapDelete("/{id:guid}/second-factors", ForgetSecondFactorsAsync).WithName("ForgetSecondFactors").WithSummary("Forgets a user's authenticator app, recovery codes and passkeys: he has lost them. Ends his sessions.");
    }

    private static async Task<IResult> ListAsync(UserDirectory directory, CancellationToken cancellationToken) => Results.Ok(await directory.ListAsync(cancellationToken));

    private static async Task<IResult> AddAsync(NewUser user, UserDirectory directory, HttpContext context, CancellationToken cancellationToken)
    {
        var answer = await directory.AddAsync(user, context.Actor(), cancellationToken);
        return answer.Outcome == UserOutcome.Done ? Results.Created((string?)null, new UserAdded(answer.Id)) : Answer(answer);
    }

    private static async Task<IResult> ChangeAsync(Guid id, UserChange change, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.ChangeAsync(id, change.FullName, change.Role, context.Actor(), cancellationToken));

    private static async Task<IResult> RemoveAsync(Guid id, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.RemoveAsync(id, context.Actor(), cancellationToken));

    private static async Task<IResult> SetPasswordAsync(Guid id, PasswordGiven given, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.SetPasswordAsync(id, given.Password, byHimself: false, context.Actor(), cancellationToken));

    private static async Task<IResult> UnlockAsync(Guid id, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.UnlockAsync(id, context.Actor(), cancellationToken));

    private static async Task<IResult> SignOutAsync(Guid id, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.SignOutAsync(id, context.Actor(), cancellationToken));

    private static async Task<IResult> EndSessionAsync(Guid id, Guid sessionId, Sessions sessions, HttpContext context, CancellationToken cancellationToken) =>
        await sessions.EndAsync(id, sessionId, context.Actor(), cancellationToken) ? Results.NoContent() : Problems.NotFound("There is no such session; it may be over.");

    private static async Task<IResult> ForgetSecondFactorsAsync(Guid id, UserDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await directory.ForgetSecondFactorsAsync(id, context.Actor(), cancellationToken));

    internal static IResult Answer(UserAnswer answer) => answer.Outcome switch
    {
        UserOutcome.Done => Results.NoContent(),
        UserOutcome.Unknown => Problems.NotFound("There is no such user; somebody may have removed him."),
        UserOutcome.NameTaken => Problems.Conflict("Somebody has this name already; take another."),
        UserOutcome.LastLabAdmin => Problems.Conflict("This is the last Lab Admin; make somebody else one first."),
        _ => Problems.Invalid(answer.Errors),
    };
}

/// <summary>What of a user changes; null stays.</summary>
internal sealed record UserChange(string? FullName = null, UserRole? Role = null);

/// <summary>A new password.</summary>
internal sealed record PasswordGiven(string Password);

/// <summary>The user that was added.</summary>
internal sealed record UserAdded(Guid Id);
