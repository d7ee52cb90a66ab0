using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Protocol.Sessions;
using Slideport.Sam.Audit;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>People who log in at the DSR: it has no users of its own, and asks here. Tokens come in bodies, since addresses are logged on the way.</summary>
internal static class RoleSessionApi
{
    private const string Over = "The session is over.";

    internal static void Map(RouteGroupBuilder role)
    {
        var sessions = role.MapGroup("/sessions").RequireAuthorization(Policies.Dsr);
        sessions.MapPost("", SignInAsync).WithName("SignInAtRole").Produces<SignInResult>().ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status429TooManyRequests).WithSummary("Logs somebody in who is at the DSR's own door, as SAM does at its own (problem code: totp); source is the address he comes from.");
        sessions.MapPost("/find", FindAsync).WithName("FindSessionAtRole").Produces<PersonSession>().ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Whose session a token is of; 404 when nobody may come in with it any more. Ask for every request: a session may be over at once.");
        sessions.MapPost("/end", EndAsync).WithName("EndSessionAtRole").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Logs somebody out; again changes nothing.");
        sessions.MapPost("/password", ChangePasswordAsync).WithName("ChangePasswordAtRole").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Changes the password of whoever the session is, as at SAM's own door; every session of his ends, this one too.");
    }

    private static async Task<IResult> SignInAsync(SignInRequest request, ToldSignIns limit, SignIn signIn, Sessions sessions, HttpContext context)
    {
        if (request.Validate().ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        var source = Address(request.Source);
        if (!limit.MayTry(source))
            return Problems.TooMany(context, "There were too many attempts to log in from this address; wait a minute.", ToldSignIns.Window);
        var answer = await signIn.WithPasswordAsync(request.Name, request.Password, request.Code, new Door(source.ToString(), context.Actor().Name), context.RequestAborted);
        return answer.Outcome == SignInOutcome.Done && await sessions.FindAsync(answer.Token, context.RequestAborted) is { } signedIn
            ? Results.Ok(new SignInResult(answer.Token, Describe(signedIn)))
            : SessionApi.Refused(answer.Outcome);
    }

    private static async Task<IResult> FindAsync(SessionQuestion question, Sessions sessions, CancellationToken cancellationToken) =>
        await sessions.FindAsync(question.Token, cancellationToken) is { } signedIn ? Results.Ok(Describe(signedIn)) : Problems.NotFound(Over);

    private static async Task<IResult> EndAsync(SessionEnd end, Sessions sessions, CancellationToken cancellationToken)
    {
        if (end.Validate().ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        if (await sessions.FindAsync(end.Token, cancellationToken) is { } signedIn)
            await sessions.EndAsync(signedIn.User.Id, signedIn.Session.Id, new Actor(UserText.Holder(signedIn.User.Name), Address(end.Source).ToString()), cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> ChangePasswordAsync(SessionPasswordChange change, Sessions sessions, OwnAccount account, CancellationToken cancellationToken)
    {
        if (change.Validate().ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        if (await sessions.FindAsync(change.Token, cancellationToken) is not { } signedIn)
            return Problems.NotFound(Over);
        var actor = new Actor(UserText.Holder(signedIn.User.Name), Address(change.Source).ToString());
        return UserApi.Answer(await account.ChangePasswordAsync(signedIn.User.Id, change.CurrentPassword, change.Password, actor, cancellationToken));
    }

    // One address is one, however it is written.
    private static IPAddress Address(string source) => IPAddress.Parse(source) is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : IPAddress.Parse(source);

    private static PersonSession Describe(SignedIn signedIn) => new(
        signedIn.User.Id, signedIn.User.Name, signedIn.User.FullName, Word(signedIn.User.Role), Word(signedIn.Limit), signedIn.EndsAt);

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
