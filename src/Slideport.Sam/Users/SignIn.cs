using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>How an attempt to log in ended.</summary>
internal enum SignInOutcome
{
    /// <summary>A session has begun.</summary>
    Done,

    /// <summary>No: whoever tries is not told why.</summary>
    Refused,

    /// <summary>The password is right; a code of the authenticator app is wanted with it.</summary>
    CodeNeeded,
}

/// <summary>How an attempt to log in ended, with the session's token.</summary>
/// <param name="Outcome">How.</param>
/// <param name="Token">The session's token.</param>
/// <param name="PreviousLogInAt">When he had logged in before.</param>
/// <param name="FailedAttempts">Wrong passwords and codes since.</param>
internal sealed record SignInAnswer(SignInOutcome Outcome, string Token = "", DateTimeOffset? PreviousLogInAt = null, int FailedAttempts = 0)
{
    internal static readonly SignInAnswer Refused = new(SignInOutcome.Refused);
}

/// <summary>
/// Lets users in. Every attempt is in the audit trail, takes as long whether there is such a user or not, and is answered alike. Wrong ones lock
/// the user for a time that grows, so that under a hundred guesses a day are looked at however many are made; a passkey is not locked, since it
/// cannot be guessed.
/// </summary>
internal sealed class SignIn(SamDatabases databases, SamWriter writer, Credentials credentials, Sessions sessions)
{
    // What no user of the house has: it is not what was typed, which may be a password in the wrong field.
    private const string Nobody = "user:(unknown)";

    /// <summary>Lets somebody in by name and password, and by the code of his authenticator app if he has one.</summary>
    /// <param name="name">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="code">The app's code, or a recovery code; null when none was typed.</param>
    /// <param name="door">Where he tries.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<SignInAnswer> WithPasswordAsync(string name, string password, string? code, Door door, CancellationToken cancellationToken)
    {
        var known = await FindAsync(name, cancellationToken);
        var isRight = await credentials.Passwords.IsRightAsync(known?.PasswordHash, UserText.Fold(password), cancellationToken);
        return await writer.WriteAsync(async writing =>
        {
            var id = known?.Id ?? Guid.Empty;
            if (await writing.Database.Users.SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is not { } user)
                return Refuse(writing, null, door, "no such user");
            user.Changes++;
            if (user.LockedUntil > writing.Now)
                return Refuse(writing, user, door, "locked");
            if (!isRight || user.PasswordHash != known!.PasswordHash)
                return Fail(writing, user, door, "wrong password");
            if (user.TotpSecret is not null)
            {
                if (string.IsNullOrWhiteSpace(code))
                    return new SignInAnswer(SignInOutcome.CodeNeeded);
                if (!credentials.Totp.TryUse(user, code, writing.Now) && !await TryRecoverAsync(writing, user, code, cancellationToken))
                    return Fail(writing, user, door, "wrong code");
            }

            return await LetInAsync(writing, user, door, user.TotpSecret is null ? "password" : "password and code", cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Lets in whoever has proved himself with a passkey; part of that piece of writing.</summary>
    internal async Task<SignInAnswer> LetInAsync(Writing writing, User user, Door door, string how, CancellationToken cancellationToken)
    {
        if (user.Role == UserRole.Support && !await writing.Database.SupportPeriods.AnyAsync(p => p.From <= writing.Now && p.Until > writing.Now, cancellationToken))
            return Refuse(writing, user, door, "support is not switched on");
        var token = sessions.Begin(writing, user, door.Source);
        writing.Audit(new Actor(UserText.Holder(user.Name), door.Source), "user.login", UserText.Holder(user.Name), after: door.Note(how));
        var answer = new SignInAnswer(SignInOutcome.Done, token, user.LastLogInAt, user.Failures);
        (user.Failures, user.Locks, user.LockedUntil, user.LastLogInAt) = (0, 0, null, writing.Now);
        return answer;
    }

    /// <summary>Notes an attempt that did not succeed.</summary>
    internal static SignInAnswer Refuse(Writing writing, User? user, Door door, string why)
    {
        writing.Audit(new Actor("anonymous", door.Source), "user.login", user is null ? Nobody : UserText.Holder(user.Name), after: door.Note(why), succeeded: false);
        return SignInAnswer.Refused;
    }

    // What cannot be a name is not asked for: no database takes a zero.
    private async Task<User?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (UserText.CheckNames(name, "").Any())
            return null;
        var key = UserText.NameKey(name);
        await using var database = databases.CreateDbContext();
        return await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.NormalizedName == key, cancellationToken);
    }

    private SignInAnswer Fail(Writing writing, User user, Door door, string why)
    {
        credentials.LockOut.Count(writing, user);
        return Refuse(writing, user, door, why);
    }

    private static async Task<bool> TryRecoverAsync(Writing writing, User user, string code, CancellationToken cancellationToken)
    {
        var hash = Totp.HashOf(user.Id, code);
        if (await writing.Database.RecoveryCodes.SingleOrDefaultAsync(c => c.Hash == hash && c.UserId == user.Id, cancellationToken) is not { } recovery)
            return false;
        writing.Database.RecoveryCodes.Remove(recovery);
        writing.Audit(Actor.System, "user.recovery", UserText.Holder(user.Name), after: "a recovery code was used up");
        return true;
    }
}
