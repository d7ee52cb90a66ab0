using System.Net;
using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Sessions;

/// <summary>Somebody wants to log in at a role's own door: <c>POST /role/sessions</c>. He is let in, or locked out, as at SAM's.</summary>
/// <param name="Name">Login name, as typed.</param>
/// <param name="Password">As typed. A secret: never logged.</param>
/// <param name="Source">The address he comes from.</param>
/// <param name="Code">The authenticator app's code or a recovery code; null when none was typed.</param>
public sealed record SignInRequest(string Name, string Password, string Source, string? Code = null)
{
    /// <summary>Everything wrong with it, whatever name and password are worth.</summary>
    public IEnumerable<FieldError> Validate() => SessionSource.Validate(Source);

    /// <summary>The type's name alone.</summary>
    public override string ToString() => nameof(SignInRequest);
}

/// <summary>He is logged in.</summary>
/// <param name="Token">Whoever has it is taken for him: never logged, never part of an address.</param>
/// <param name="Session">His session.</param>
public sealed record SignInResult(string Token, PersonSession Session)
{
    /// <summary>The type's name alone.</summary>
    public override string ToString() => nameof(SignInResult);
}

/// <summary>A session that is not over.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Name">Login name.</param>
/// <param name="FullName">Full name; may be empty.</param>
/// <param name="Role"><c>operator</c>, <c>labAdmin</c> or <c>support</c>.</param>
/// <param name="Limit">What he has to do at SAM before anything else: <c>none</c>, <c>passwordChange</c> or <c>secondFactor</c>.</param>
/// <param name="EndsAt">When it ends if nothing more is done in it.</param>
public sealed record PersonSession(Guid UserId, string Name, string FullName, string Role, string Limit, DateTimeOffset EndsAt);

/// <summary>Whose session is it? <c>POST /role/sessions/find</c>. Asking counts as something done in it.</summary>
/// <param name="Token">The session's token.</param>
public sealed record SessionQuestion(string Token)
{
    /// <summary>The type's name alone.</summary>
    public override string ToString() => nameof(SessionQuestion);
}

/// <summary>Somebody logs out: <c>POST /role/sessions/end</c>. Again, or with a token that is worth nothing, changes nothing.</summary>
/// <param name="Token">The session's token.</param>
/// <param name="Source">The address he comes from.</param>
public sealed record SessionEnd(string Token, string Source)
{
    /// <summary>Everything wrong with it, whatever the token is worth.</summary>
    public IEnumerable<FieldError> Validate() => SessionSource.Validate(Source);

    /// <summary>The type's name alone.</summary>
    public override string ToString() => nameof(SessionEnd);
}

/// <summary>Somebody changes his password: <c>POST /role/sessions/password</c>. All of his sessions end, this one too.</summary>
/// <param name="Token">His session's token.</param>
/// <param name="CurrentPassword">The password so far, as typed. A secret: never logged.</param>
/// <param name="Password">The next one, as typed. A secret: never logged.</param>
/// <param name="Source">The address he comes from.</param>
public sealed record SessionPasswordChange(string Token, string CurrentPassword, string Password, string Source)
{
    /// <summary>Everything wrong with it, whatever token and passwords are worth.</summary>
    public IEnumerable<FieldError> Validate() => SessionSource.Validate(Source);

    /// <summary>The type's name alone.</summary>
    public override string ToString() => nameof(SessionPasswordChange);
}

/// <summary>Where somebody comes from.</summary>
internal static class SessionSource
{
    internal static IEnumerable<FieldError> Validate(string source)
    {
        if (!IPAddress.TryParse(source, out _))
            yield return new FieldError("source", "Write the IP address the person comes from.");
    }
}
