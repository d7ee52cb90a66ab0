using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>What a user does with his own account: password and authenticator app. Both ask for the password again.</summary>
internal sealed class OwnAccount(SamDatabases databases, SamWriter writer, Credentials credentials, UserDirectory users)
{
    /// <summary>What is said to whoever does not know it.</summary>
    internal static readonly FieldError WrongPassword = new("currentPassword", "This is not your password.");

    /// <summary>Changes the password; all sessions end, the one it is done from too.</summary>
    internal async Task<UserAnswer> ChangePasswordAsync(Guid id, string currentPassword, string password, Actor actor, CancellationToken cancellationToken) =>
        await IsOwnAsync(id, currentPassword, actor, cancellationToken)
            ? await users.SetPasswordAsync(id, password, byHimself: true, actor, cancellationToken)
            : UserAnswer.Invalid([WrongPassword]);

    /// <summary>Begins to set up an authenticator app: nothing is asked for until <see cref="ConfirmAppAsync"/>.</summary>
    /// <returns>Null when the password is not his.</returns>
    internal async Task<TotpSetUp?> BeginAppAsync(Guid id, string currentPassword, Actor actor, CancellationToken cancellationToken)
    {
        if (!await IsOwnAsync(id, currentPassword, actor, cancellationToken))
            return null;
        return await writer.WriteAsync(async writing =>
        {
            var user = await writing.Database.Users.SingleAsync(u => u.Id == id, cancellationToken);
            user.Changes++;
            var (sealedSecret, setUp) = credentials.Totp.Create(user);
            user.PendingTotpSecret = sealedSecret;
            return setUp;
        }, cancellationToken);
    }

    /// <summary>Takes the app into use with its first code.</summary>
    /// <returns>The recovery codes, shown this once; null when the code is wrong or nothing was begun.</returns>
    internal Task<IReadOnlyList<string>?> ConfirmAppAsync(Guid id, string code, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var user = await writing.Database.Users.SingleAsync(u => u.Id == id, cancellationToken);
        if (user.PendingTotpSecret is null || credentials.Totp.StepOf(user, user.PendingTotpSecret, code, writing.Now) is not { } step)
            return (IReadOnlyList<string>?)null;
        user.Changes++;
        (user.TotpSecret, user.PendingTotpSecret, user.TotpStep) = (user.PendingTotpSecret, null, step);
        var codes = Totp.NewRecoveryCodes();
        await writing.Database.RecoveryCodes.Where(c => c.UserId == id).ExecuteDeleteAsync(cancellationToken);
        writing.Database.RecoveryCodes.AddRange(codes.Select(c => new RecoveryCode { Hash = Totp.HashOf(id, c), UserId = id }));
        writing.Audit(actor, "user.app", UserText.Holder(user.Name), after: "an authenticator app is asked for from now on");
        return codes;
    }, cancellationToken);

    /// <summary>Asks for the app no more.</summary>
    internal async Task<UserAnswer> RemoveAppAsync(Guid id, string currentPassword, Actor actor, CancellationToken cancellationToken)
    {
        if (!await IsOwnAsync(id, currentPassword, actor, cancellationToken))
            return UserAnswer.Invalid([WrongPassword]);
        return await writer.WriteAsync(async writing =>
        {
            var user = await writing.Database.Users.SingleAsync(u => u.Id == id, cancellationToken);
            user.Changes++;
            (user.TotpSecret, user.PendingTotpSecret) = (null, null);
            await writing.Database.RecoveryCodes.Where(c => c.UserId == id).ExecuteDeleteAsync(cancellationToken);
            writing.Audit(actor, "user.app", UserText.Holder(user.Name), after: "no authenticator app is asked for any more");
            return UserAnswer.Of(UserOutcome.Done);
        }, cancellationToken);
    }

    // A session somebody left open is not enough to take the account over, nor to guess the password: wrong ones lock, and end it.
    private async Task<bool> IsOwnAsync(Guid id, string password, Actor actor, CancellationToken cancellationToken)
    {
        User? user;
        await using (var database = databases.CreateDbContext())
            user = await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken);
        if (await credentials.Passwords.IsRightAsync(user?.PasswordHash, UserText.Fold(password), cancellationToken))
            return true;
        return await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.Users.SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is { } row)
            {
                row.Changes++;
                if (credentials.LockOut.Count(writing, row))
                    UserDirectory.EndSessions(row);
                writing.Audit(actor, "user.confirm", UserText.Holder(row.Name), after: "wrong password", succeeded: false);
            }

            return false;
        }, cancellationToken);
    }
}
