using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>A ceremony that has begun: what the browser is to be told, and the token it goes on with.</summary>
internal sealed record BegunCeremony(string Token, string OptionsJson);

/// <summary>
/// Passkeys (Web Authentication Level 3): added by users who are logged in, and a way in that cannot be guessed or given away. What is signed is
/// checked by ASP.NET Core Identity's handler; each challenge is good once, for minutes.
/// </summary>
internal sealed class Passkeys(SamDatabases databases, SamWriter writer, SignIn signIn, IPasskeyHandler<User> handler)
{
    private const int MostOfAUser = 20;
    private const int MaxNameLength = 100;

    private static readonly TimeSpan CeremonyLifetime = TimeSpan.FromMinutes(5);

    /// <summary>A user's passkeys.</summary>
    internal async Task<IReadOnlyList<PasskeyView>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Passkeys.Where(p => p.UserId == userId).OrderBy(p => p.AddedAt).Select(p => new PasskeyView(p.Id, p.Name, p.AddedAt, p.LastUsedAt)).ToListAsync(cancellationToken);
    }

    /// <summary>Begins to add one.</summary>
    internal async Task<BegunCeremony> BeginAddingAsync(User user, HttpContext context)
    {
        var entity = new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.Name, DisplayName = user.FullName.Length > 0 ? user.FullName : user.Name };
        var options = await handler.MakeCreationOptionsAsync(entity, context);
        return await BeginAsync(user.Id, options.AttestationState, options.CreationOptionsJson, context.RequestAborted);
    }

    /// <summary>Adds the one the authenticator has made.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="name">What he calls it.</param>
    /// <param name="credentialJson">What <c>navigator.credentials.create</c> gave, as JSON.</param>
    /// <param name="token">Of the ceremony.</param>
    /// <param name="actor">Who.</param>
    /// <param name="context">The request.</param>
    internal async Task<UserAnswer> AddAsync(User user, string name, string credentialJson, string? token, Actor actor, HttpContext context)
    {
        if (name.Trim().Length is 0 or > MaxNameLength || name.Any(char.IsControl))
            return UserAnswer.Invalid([new FieldError("name", $"Write 1 to {MaxNameLength} letters, digits and signs.")]);
        if (await TakeAsync(token, user.Id, context.RequestAborted) is not { } state)
            return UserAnswer.Invalid([new FieldError("credential", "This took too long, or was done before; begin again.")]);
        var made = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = context, CredentialJson = credentialJson, AttestationState = state });
        if (!made.Succeeded || made.UserEntity.Id != user.Id.ToString())
            return UserAnswer.Invalid([new FieldError("credential", made.Failure?.Message ?? "It is for another user.")]);
        return await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.Passkeys.CountAsync(p => p.UserId == user.Id, context.RequestAborted) >= MostOfAUser)
                return UserAnswer.Invalid([new FieldError("credential", $"You have {MostOfAUser} passkeys; remove one first.")]);
            writing.Database.Passkeys.Add(new Passkey
            {
                Id = Guid.CreateVersion7(writing.Now),
                UserId = user.Id,
                CredentialId = made.Passkey.CredentialId,
                PublicKey = made.Passkey.PublicKey,
                Name = name.Trim(),
                SignCount = made.Passkey.SignCount,
                IsBackupEligible = made.Passkey.IsBackupEligible,
                IsBackedUp = made.Passkey.IsBackedUp,
                Transports = string.Join(',', (made.Passkey.Transports ?? []).Where(t => t.Length <= 20 && t.All(c => char.IsAsciiLetter(c) || c == '-')).Take(8)),
                AddedAt = writing.Now,
            });
            writing.Audit(actor, "user.passkey", UserText.Holder(user.Name), after: $"added: {name.Trim()}");
            return UserAnswer.Of(UserOutcome.Done);
        }, context.RequestAborted);
    }

    /// <summary>Removes one of a user's.</summary>
    internal Task<bool> RemoveAsync(User user, Guid id, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Passkeys.SingleOrDefaultAsync(p => p.Id == id && p.UserId == user.Id, cancellationToken) is not { } passkey)
            return false;
        writing.Database.Passkeys.Remove(passkey);
        writing.Audit(actor, "user.passkey", UserText.Holder(user.Name), before: passkey.Name, after: "removed");
        return true;
    }, cancellationToken);

    /// <summary>Begins to let somebody in, whoever it is: his passkey says.</summary>
    internal async Task<BegunCeremony> BeginSigningInAsync(HttpContext context)
    {
        var options = await handler.MakeRequestOptionsAsync(null, context);
        return await BeginAsync(null, options.AssertionState, options.RequestOptionsJson, context.RequestAborted);
    }

    /// <summary>Lets in whose passkey has signed.</summary>
    /// <param name="credentialJson">What <c>navigator.credentials.get</c> gave, as JSON.</param>
    /// <param name="token">Of the ceremony.</param>
    /// <param name="door">Where he tries.</param>
    /// <param name="context">The request.</param>
    internal async Task<SignInAnswer> SignInAsync(string credentialJson, string? token, Door door, HttpContext context)
    {
        var state = await TakeAsync(token, null, context.RequestAborted);
        var signed = state is null ? null : await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = context, CredentialJson = credentialJson, AssertionState = state });
        return await writer.WriteAsync(async writing =>
        {
            if (signed is not { Succeeded: true } || await RowAsync(writing, signed.Passkey.CredentialId, context.RequestAborted) is not { } found)
                return SignIn.Refuse(writing, null, door, "a passkey that is not good");
            (found.Passkey.SignCount, found.Passkey.IsBackedUp, found.Passkey.LastUsedAt) = (signed.Passkey.SignCount, signed.Passkey.IsBackedUp, writing.Now);
            found.User.Changes++;
            return await signIn.LetInAsync(writing, found.User, door, $"passkey {found.Passkey.Name}", context.RequestAborted);
        }, context.RequestAborted);
    }

    private static async Task<(Passkey Passkey, User User)?> RowAsync(Writing writing, byte[] credentialId, CancellationToken cancellationToken)
    {
        if (await writing.Database.Passkeys.SingleOrDefaultAsync(p => p.CredentialId == credentialId, cancellationToken) is not { } passkey)
            return null;
        return (passkey, await writing.Database.Users.SingleAsync(u => u.Id == passkey.UserId, cancellationToken));
    }

    private Task<BegunCeremony> BeginAsync(Guid? userId, string? state, string optionsJson, CancellationToken cancellationToken) => writer.WriteAsync(writing =>
    {
        var token = OneTimeToken.Create();
        writing.Database.PasskeyCeremonies.Add(new PasskeyCeremony { Hash = OneTimeToken.HashOf(token), UserId = userId, State = state ?? "", ExpiresAt = writing.Now + CeremonyLifetime });
        return Task.FromResult(new BegunCeremony(token, optionsJson));
    }, cancellationToken);

    // Whatever becomes of it, a challenge is not answered twice.
    private async Task<string?> TakeAsync(string? token, Guid? userId, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        var hash = OneTimeToken.HashOf(token);
        return await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.PasskeyCeremonies.SingleOrDefaultAsync(c => c.Hash == hash, cancellationToken) is not { } ceremony)
                return null;
            writing.Database.PasskeyCeremonies.Remove(ceremony);
            return ceremony.ExpiresAt > writing.Now && ceremony.UserId == userId ? ceremony.State : null;
        }, cancellationToken);
    }
}

/// <summary>A passkey as its user's list shows it.</summary>
internal sealed record PasskeyView(Guid Id, string Name, DateTimeOffset AddedAt, DateTimeOffset? LastUsedAt);
