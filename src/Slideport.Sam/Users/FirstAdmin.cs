using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>
/// How the first Lab Admin of an installation comes in: there is no account that exists by itself; whoever sees the console's one-time token makes
/// his own.
/// </summary>
internal sealed class FirstAdmin(SamDatabases databases, SamWriter writer, Passwords passwords, UserDirectory users)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>A token for an installation without users; null when there is one. Tokens made before are worth nothing more.</summary>
    internal async Task<string?> OfferAsync(CancellationToken cancellationToken)
    {
        await using (var database = databases.CreateDbContext())
        {
            if (await database.Users.AnyAsync(cancellationToken))
                return null;
        }

        return await writer.WriteAsync(async writing =>
        {
            var token = OneTimeToken.Create();
            writing.Database.FirstAdminTokens.RemoveRange(await writing.Database.FirstAdminTokens.ToListAsync(cancellationToken));
            writing.Database.FirstAdminTokens.Add(new FirstAdminToken { Hash = OneTimeToken.HashOf(token), ExpiresAt = writing.Now + Lifetime });
            return token;
        }, cancellationToken);
    }

    /// <summary>Makes the first Lab Admin.</summary>
    /// <param name="token">From the console.</param>
    /// <param name="user">Names and password; a Lab Admin whatever its role says.</param>
    /// <param name="source">The address he comes from.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns><see cref="UserOutcome.Unknown"/> when the token is not good, or there is a user.</returns>
    internal async Task<UserAnswer> TakeAsync(string token, NewUser user, string source, CancellationToken cancellationToken)
    {
        var hash = OneTimeToken.HashOf(token);
        // The token first: who has none learns nothing of what passwords are taken.
        await using (var database = databases.CreateDbContext())
        {
            if (!await database.FirstAdminTokens.AnyAsync(t => t.Hash == hash, cancellationToken))
            {
                await writer.NoteAsync(new Actor("anonymous", source), "user.first", "", "wrong token", succeeded: false, cancellationToken);
                return UserAnswer.Of(UserOutcome.Unknown);
            }
        }

        IReadOnlyList<FieldError> errors = users.Check(user);
        if (errors.Count > 0)
            return UserAnswer.Invalid(errors);
        var passwordHash = await passwords.HashAsync(UserText.Fold(user.Password), cancellationToken);
        return await writer.WriteAsync(async writing =>
        {
            var offered = await writing.Database.FirstAdminTokens.SingleOrDefaultAsync(t => t.Hash == hash, cancellationToken);
            if (offered is null || offered.ExpiresAt < writing.Now || await writing.Database.Users.AnyAsync(cancellationToken))
            {
                writing.Audit(new Actor("anonymous", source), "user.first", "", after: "token used up or expired", succeeded: false);
                return UserAnswer.Of(UserOutcome.Unknown);
            }

            writing.Database.FirstAdminTokens.Remove(offered);
            var row = UserDirectory.Create(writing, user with { Role = UserRole.LabAdmin }, passwordHash);
            writing.Audit(new Actor(UserText.Holder(row.Name), source), "user.add", UserText.Holder(row.Name), after: $"{row.FullName}; {row.Role}; by the console's token");
            return UserAnswer.Of(UserOutcome.Done, row.Id);
        }, cancellationToken);
    }
}
