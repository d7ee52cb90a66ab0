using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>Logging in and out, and what a user does with his own account. Only at the port for people.</summary>
internal static class SessionApi
{
    internal const string RateLimit = "sign-in";

    private const string Refusal = "Name, password or code are wrong, or there were too many wrong ones and the user is locked for some time.";

    // Continues a passkey's ceremony; for no longer than it may take.
    private const string CeremonyCookie = "__Host-slideport-passkey";
    private static readonly CookieOptions Ceremony = new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromMinutes(5), IsEssential = true };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/api").AllowAnonymous().RequireRateLimiting(RateLimit).WithMetadata(new OnlyAt(Entrance.People));
        open.MapPost("/session", SignInAsync).WithName("SignIn").Produces<SessionAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized).WithSummary("Logs in with name and password, and with the authenticator app's code where one is asked for (problem code: totp). With bearer=true the token is in the answer, for scripts; else in a cookie.");
        open.MapPost("/session/passkey/options", BeginPasskeySignInAsync).WithName("BeginPasskeySignIn").Produces<JsonObject>().WithSummary("What navigator.credentials.get is to be asked for.");
        open.MapPost("/session/passkey", PasskeySignInAsync).WithName("PasskeySignIn").Produces<SessionAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized).WithSummary("Logs in with a passkey.");
        open.MapPost("/first-admin", FirstAdminAsync).WithName("AddFirstAdmin").Produces(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Makes the first Lab Admin with the console's one-time token.");

        var own = routes.MapGroup("/api/session").RequireAuthorization(Policies.Session).WithMetadata(new OnlyAt(Entrance.People));
        own.MapGet("", Get).WithName("GetSession").Produces<SessionAnswer>().WithSummary("Who is logged in, until when, and what he must do before anything else.");
        own.MapDelete("", SignOutAsync).WithName("SignOut").Produces(StatusCodes.Status204NoContent).WithSummary("Logs out.");
        own.MapPut("/password", ChangePasswordAsync).WithName("ChangePassword").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Changes the own password; every session ends, this one too.");
        own.MapPost("/app", BeginAppAsync).WithName("BeginApp").Produces<TotpSetUp>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Begins to set up an authenticator app.");
        own.MapPut("/app", ConfirmAppAsync).WithName("ConfirmApp").Produces<RecoveryCodes>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Takes the app into use with its first code; answers with the recovery codes, shown this once.");
        own.MapPost("/app/remove", RemoveAppAsync).WithName("RemoveApp").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Asks for the authenticator app no more.");
        own.MapGet("/passkeys", (Passkeys passkeys, HttpContext context) => passkeys.ListAsync(context.SignedIn().User.Id, context.RequestAborted)).WithName("ListPasskeys").Produces<IReadOnlyList<PasskeyView>>().WithSummary("The own passkeys.");
        own.MapPost("/passkeys/options", BeginPasskeyAsync).WithName("BeginPasskey").Produces<JsonObject>().WithSummary("What navigator.credentials.create is to be asked for.");
        own.MapPost("/passkeys", AddPasskeyAsync).WithName("AddPasskey").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Adds the passkey the authenticator has made.");
        own.MapDelete("/passkeys/{id:guid}", RemovePasskeyAsync).WithName("RemovePasskey").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Removes one of the own passkeys.");
    }

    /// <summary>The session of a request that has one.</summary>
    internal static SignedIn SignedIn(this HttpContext context) => context.Features.Get<SignedIn>() ?? throw new InvalidOperationException("There is no session here; the endpoint lacks its policy.");

    /// <summary>Says to somebody who is not let in what he may know of it.</summary>
    internal static IResult Refused(SignInOutcome outcome) => outcome == SignInOutcome.CodeNeeded
        ? Results.Problem("Enter the code of your authenticator app too, or a recovery code.", statusCode: StatusCodes.Status401Unauthorized, title: "Code needed", extensions: [new("code", "totp")])
        : Results.Problem(Refusal, statusCode: StatusCodes.Status401Unauthorized, title: "Not logged in");

    private static async Task<IResult> SignInAsync(SignInQuestion question, SignIn signIn, Sessions sessions, HttpContext context) => await AnswerAsync(
        await signIn.WithPasswordAsync(question.Name, question.Password, question.Code, new Door(context.Actor().Source), context.RequestAborted), question.Bearer, sessions, context);

    private static async Task<IResult> BeginPasskeySignInAsync(Passkeys passkeys, HttpContext context) => Begun(await passkeys.BeginSigningInAsync(context), context);

    private static async Task<IResult> PasskeySignInAsync(JsonObject credential, Passkeys passkeys, Sessions sessions, HttpContext context) => await AnswerAsync(
        await passkeys.SignInAsync(credential.ToJsonString(), Ceremonial(context), new Door(context.Actor().Source), context), bearer: false, sessions, context);

    private static async Task<IResult> FirstAdminAsync(FirstAdminQuestion question, FirstAdmin first, HttpContext context)
    {
        var answer = await first.TakeAsync(question.Token, new NewUser(question.Name, question.Password, UserRole.LabAdmin, question.FullName), context.Actor().Source, context.RequestAborted);
        return answer.Outcome switch
        {
            UserOutcome.Done => Results.Created((string?)null, null),
            UserOutcome.Unknown => Problems.Forbidden("The token is not good: it is on the console of the SAM that was started last, for a day, as long as there is no user."),
            _ => UserApi.Answer(answer),
        };
    }

    private static async Task<IResult> AnswerAsync(SignInAnswer answer, bool bearer, Sessions sessions, HttpContext context)
    {
        if (answer.Outcome != SignInOutcome.Done || await sessions.FindAsync(answer.Token, context.RequestAborted) is not { } signedIn)
            return Refused(answer.Outcome);
        if (!bearer)
            SessionCookie.Set(context, answer.Token);
        return Results.Ok(Describe(signedIn) with { Token = bearer ? answer.Token : null, PreviousLogInAt = answer.PreviousLogInAt, FailedAttempts = answer.FailedAttempts });
    }

    private static IResult Get(HttpContext context) => Results.Ok(Describe(context.SignedIn()));

    private static SessionAnswer Describe(SignedIn signedIn) => new(
        signedIn.User.Id, signedIn.User.Name, signedIn.User.FullName, signedIn.User.Role, signedIn.Session.StartedAt, signedIn.EndsAt, signedIn.Limit, signedIn.User.TotpSecret is not null);

    private static async Task<IResult> SignOutAsync(Sessions sessions, HttpContext context)
    {
        await sessions.EndAsync(context.SignedIn().User.Id, context.SignedIn().Session.Id, context.Actor(), context.RequestAborted);
        SessionCookie.Remove(context);
        return Results.NoContent();
    }

    private static async Task<IResult> ChangePasswordAsync(PasswordChange change, OwnAccount account, HttpContext context) => UserApi.Answer(
        await account.ChangePasswordAsync(context.SignedIn().User.Id, change.CurrentPassword, change.Password, context.Actor(), context.RequestAborted));

    private static async Task<IResult> BeginAppAsync(Confirmation confirmation, OwnAccount account, HttpContext context) =>
        await account.BeginAppAsync(context.SignedIn().User.Id, confirmation.CurrentPassword, context.Actor(), context.RequestAborted) is { } setUp
            ? Results.Ok(setUp)
            : Problems.Invalid([OwnAccount.WrongPassword]);

    private static async Task<IResult> ConfirmAppAsync(CodeGiven given, OwnAccount account, HttpContext context) =>
        await account.ConfirmAppAsync(context.SignedIn().User.Id, given.Code, context.Actor(), context.RequestAborted) is { } codes
            ? Results.Ok(new RecoveryCodes(codes))
            : Problems.Invalid([new("code", "This is not the app's code now; look whether the telephone's clock is right, or begin again.")]);

    private static async Task<IResult> RemoveAppAsync(Confirmation confirmation, OwnAccount account, HttpContext context) =>
        UserApi.Answer(await account.RemoveAppAsync(context.SignedIn().User.Id, confirmation.CurrentPassword, context.Actor(), context.RequestAborted));

    private static async Task<IResult> BeginPasskeyAsync(Passkeys passkeys, HttpContext context) => Begun(await passkeys.BeginAddingAsync(context.SignedIn().User, context), context);

    private static async Task<IResult> AddPasskeyAsync(NewPasskey passkey, Passkeys passkeys, HttpContext context) => UserApi.Answer(
        await passkeys.AddAsync(context.SignedIn().User, passkey.Name, passkey.Credential.ToJsonString(), Ceremonial(context), context.Actor(), context));

    private static async Task<IResult> RemovePasskeyAsync(Guid id, Passkeys passkeys, HttpContext context) =>
        await passkeys.RemoveAsync(context.SignedIn().User, id, context.Actor(), context.RequestAborted) ? Results.NoContent() : Problems.NotFound("You have no such passkey.");

    private static IResult Begun(BegunCeremony ceremony, HttpContext context)
    {
        context.Response.Cookies.Append(CeremonyCookie, ceremony.Token, Ceremony);
        return Results.Text(ceremony.OptionsJson, "application/json");
    }

    private static string? Ceremonial(HttpContext context)
    {
        var token = context.Request.Cookies[CeremonyCookie];
        context.Response.Cookies.Delete(CeremonyCookie, Ceremony);
        return token;
    }
}

/// <summary>Somebody wants to log in.</summary>
internal sealed record SignInQuestion(string Name, string Password, string? Code = null, bool Bearer = false);

/// <summary>The first Lab Admin, with the console's token.</summary>
internal sealed record FirstAdminQuestion(string Token, string Name, string Password, string FullName = "");

/// <summary>A session as its user sees it.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Name">His login name.</param>
/// <param name="FullName">His full name.</param>
/// <param name="Role">What he is.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="EndsAt">When it ends if nothing more is done.</param>
/// <param name="Limit">What has to be done before anything else.</param>
/// <param name="HasApp">Whether an authenticator app is asked for.</param>
internal sealed record SessionAnswer(Guid UserId, string Name, string FullName, UserRole Role, DateTimeOffset StartedAt, DateTimeOffset EndsAt, SessionLimit Limit, bool HasApp)
{
    /// <summary>The token, where it was asked for.</summary>
    public string? Token { get; init; }

    /// <summary>When he had logged in before; only in the answer to a log-in.</summary>
    public DateTimeOffset? PreviousLogInAt { get; init; }

    /// <summary>Wrong passwords since; only in the answer to a log-in.</summary>
    public int FailedAttempts { get; init; }
}

/// <summary>The password once more.</summary>
internal sealed record Confirmation(string CurrentPassword);

/// <summary>A new password, and the one so far.</summary>
internal sealed record PasswordChange(string CurrentPassword, string Password);

/// <summary>A code of an authenticator app.</summary>
internal sealed record CodeGiven(string Code);

/// <summary>Codes for the day the app is lost.</summary>
internal sealed record RecoveryCodes(IReadOnlyList<string> Codes);

/// <summary>A passkey to be added: what <c>navigator.credentials.create</c> gave.</summary>
internal sealed record NewPasskey(string Name, JsonObject Credential);
