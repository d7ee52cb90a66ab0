using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>What became of a change to a user.</summary>
internal enum UserOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>There is no such user.</summary>
    Unknown,

    /// <summary>Somebody has that name.</summary>
    NameTaken,

    /// <summary>Nobody would be left who could administer.</summary>
    LastLabAdmin,

    /// <summary>A field cannot be used.</summary>
    Invalid,
}

/// <summary>What became of a change, with the fields that cannot be used.</summary>
internal sealed record UserAnswer(UserOutcome Outcome, IReadOnlyList<FieldError> Errors, Guid Id = default)
{
    internal static UserAnswer Invalid(IReadOnlyList<FieldError> errors) => new(UserOutcome.Invalid, errors);

    internal static UserAnswer Of(UserOutcome outcome, Guid id = default) => new(outcome, [], id);
}

/// <summary>The users as Lab Admins administer them. Every change is in the audit trail, or was not made; no password ever is.</summary>
internal sealed class UserDirectory(SamDatabases databases, SamWriter writer, Passwords passwords, UserOptions options)
{
    /// <summary>How many of a user's last passwords may not be taken again, the present one among them.</summary>
    internal const int History = 5;

    /// <summary>All users by name.</summary>
    internal async Task<IReadOnlyList<UserSummary>> ListAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Users.AsNoTracking().OrderBy(u => u.NormalizedName).Select(u => new UserSummary(
            u.Id, u.Name, u.FullName, u.Role, u.AddedAt, u.LastLogInAt, u.LockedUntil, u.MustChangePassword, u.TotpSecret != null,
            database.Passkeys.Count(p => p.UserId == u.Id))).ToListAsync(cancellationToken);
    }

    /// <summary>Adds a user, who must change the password the first time he logs in.</summary>
    /// <param name="user">Names, role and password.</param>
    /// <param name="actor">Who adds him.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<UserAnswer> AddAsync(NewUser user, Actor actor, CancellationToken cancellationToken)
    {
        if (Check(user) is { Count: > 0 } errors)
            return UserAnswer.Invalid(errors);
        var hash = await passwords.HashAsync(UserText.Fold(user.Password), cancellationToken);
        return await writer.WriteAsync(async writing =>
        {
            var key = UserText.NameKey(user.Name);
            if (await writing.Database.Users.AnyAsync(u => u.NormalizedName == key, cancellationToken))
                return UserAnswer.Of(UserOutcome.NameTaken);
            var row = Create(writing, user, hash);
            row.MustChangePassword = true;
            writing.Audit(actor, "user.add", UserText.Holder(row.Name), after: $"{row.FullName}; {row.Role}");
            return UserAnswer.Of(UserOutcome.Done, row.Id);
        }, cancellationToken);
    }

    /// <summary>What is wrong with a user to be added.</summary>
    internal IReadOnlyList<FieldError> Check(NewUser user) =>
        [.. UserText.CheckNames(user.Name, user.FullName), .. PasswordRules.Check(options.PasswordPolicy, UserText.Fold(user.Password), "password", user.Name, user.FullName)];

    /// <summary>Changes full name and role. Another role ends the user's sessions.</summary>
    internal Task<UserAnswer> ChangeAsync(Guid id, string? fullName, UserRole? role, Actor actor, CancellationToken cancellationToken) => OnAsync(id, async (writing, user) =>
    {
        if (UserText.CheckNames(user.Name, fullName ?? "").ToArray() is { Length: > 0 } errors)
            return UserAnswer.Invalid(errors);
        if (role is not null && role != UserRole.LabAdmin && await IsLastLabAdminAsync(writing, user, cancellationToken))
            return UserAnswer.Of(UserOutcome.LastLabAdmin);
        var before = $"{user.FullName}; {user.Role}";
        if (role is not null && role != user.Role)
            EndSessions(user);
        (user.FullName, user.Role) = (fullName ?? user.FullName, role ?? user.Role);
        writing.Audit(actor, "user.change", UserText.Holder(user.Name), before, $"{user.FullName}; {user.Role}");
        return UserAnswer.Of(UserOutcome.Done);
    }, cancellationToken);

    /// <summary>Removes a user with all that is his; what he did stays in the audit trail.</summary>
    internal Task<UserAnswer> RemoveAsync(Guid id, Actor actor, CancellationToken cancellationToken) => OnAsync(id, async (writing, user) =>
    {
        if (await IsLastLabAdminAsync(writing, user, cancellationToken))
            return UserAnswer.Of(UserOutcome.LastLabAdmin);
        writing.Database.Users.Remove(user);
        writing.Audit(actor, "user.remove", UserText.Holder(user.Name), before: $"{user.FullName}; {user.Role}");
        return UserAnswer.Of(UserOutcome.Done);
    }, cancellationToken);

    /// <summary>Lets a user try again who has given too many wrong passwords.</summary>
    internal Task<UserAnswer> UnlockAsync(Guid id, Actor actor, CancellationToken cancellationToken) => OnAsync(id, (writing, user) =>
    {
        var before = user.LockedUntil is { } until ? $"locked until {until:O}" : "not locked";
        (user.LockedUntil, user.Failures, user.Locks) = (null, 0, 0);
        writing.Audit(actor, "user.unlock", UserText.Holder(user.Name), before);
        return Task.FromResult(UserAnswer.Of(UserOutcome.Done));
    }, cancellationToken);

    /// <summary>Ends all sessions of a user.</summary>
    internal Task<UserAnswer> SignOutAsync(Guid id, Actor actor, CancellationToken cancellationToken) => OnAsync(id, (writing, user) =>
    {
        EndSessions(user);
        writing.Audit(actor, "user.logout", UserText.Holder(user.Name), after: "everywhere");
        return Task.FromResult(UserAnswer.Of(UserOutcome.Done));
    }, cancellationToken);

    /// <summary>Forgets a user's app, recovery codes and passkeys; ends all his sessions.</summary>
    internal Task<UserAnswer> ForgetSecondFactorsAsync(Guid id, Actor actor, CancellationToken cancellationToken) => OnAsync(id, async (writing, user) =>
    {
        (user.TotpSecret, user.PendingTotpSecret) = (null, null);
        await writing.Database.RecoveryCodes.Where(c => c.UserId == id).ExecuteDeleteAsync(cancellationToken);
        var passkeys = await writing.Database.Passkeys.Where(p => p.UserId == id).ExecuteDeleteAsync(cancellationToken);
        EndSessions(user);
        writing.Audit(actor, "user.factors", UserText.Holder(user.Name), after: FormattableString.Invariant($"app and {passkeys} passkeys forgotten"));
        return UserAnswer.Of(UserOutcome.Done);
    }, cancellationToken);

    /// <summary>Gives a user another password. All his sessions end.</summary>
    /// <param name="id">Whose.</param>
    /// <param name="password">The new one.</param>
    /// <param name="byHimself">False: he must change it the next time he logs in.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<UserAnswer> SetPasswordAsync(Guid id, string password, bool byHimself, Actor actor, CancellationToken cancellationToken)
    {
        var folded = UserText.Fold(password);
        User? user;
        List<string> former;
        await using (var database = databases.CreateDbContext())
        {
            user = await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken);
            former = await database.FormerPasswords.Where(p => p.UserId == id).OrderByDescending(p => p.Id).Take(History).Select(p => p.Hash).ToListAsync(cancellationToken);
        }

        if (user is null)
            return UserAnswer.Of(UserOutcome.Unknown);
        if (PasswordRules.Check(options.PasswordPolicy, folded, "password", user.Name, user.FullName) is { Count: > 0 } errors)
            return UserAnswer.Invalid(errors);
        foreach (var hash in former)
        {
            if (await passwords.IsRightAsync(hash, folded, cancellationToken))
                return UserAnswer.Invalid([new FieldError("password", $"It is one of the last {History}; take another.")]);
        }

        var next = await passwords.HashAsync(folded, cancellationToken);
        return await OnAsync(id, async (writing, row) =>
        {
            (row.PasswordHash, row.MustChangePassword) = (next, !byHimself);
            EndSessions(row);
            await RememberAsync(writing, row, cancellationToken);
            writing.Audit(actor, "user.password", UserText.Holder(row.Name), after: byHimself ? "changed" : "set; must be changed at the next log-in");
            return UserAnswer.Of(UserOutcome.Done);
        }, cancellationToken);
    }

    /// <summary>The row of a new user.</summary>
    internal static User Create(Writing writing, NewUser user, string passwordHash)
    {
        var row = new User
        {
            Id = Guid.CreateVersion7(writing.Now),
            Name = user.Name.Trim(),
            NormalizedName = UserText.NameKey(user.Name),
            FullName = user.FullName,
            Role = user.Role,
            PasswordHash = passwordHash,
            SecurityStamp = NewStamp(),
            AddedAt = writing.Now,
        };
        writing.Database.Users.Add(row);
        writing.Database.FormerPasswords.Add(new FormerPassword { UserId = row.Id, Hash = passwordHash, SetAt = writing.Now });
        return row;
    }

    /// <summary>Makes every session of a user one that is over.</summary>
    internal static void EndSessions(User user) => user.SecurityStamp = NewStamp();

    private Task<UserAnswer> OnAsync(Guid id, Func<Writing, User, Task<UserAnswer>> change, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Users.SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is not { } user)
            return UserAnswer.Of(UserOutcome.Unknown);
        user.Changes++;
        return await change(writing, user);
    }, cancellationToken);

    // Whoever is faster on another node writes the same number of the audit trail: one of the two begins again and sees the other.
    private static async Task<bool> IsLastLabAdminAsync(Writing writing, User user, CancellationToken cancellationToken) =>
        user.Role == UserRole.LabAdmin && !await writing.Database.Users.AnyAsync(u => u.Role == UserRole.LabAdmin && u.Id != user.Id, cancellationToken);

    private static async Task RememberAsync(Writing writing, User user, CancellationToken cancellationToken)
    {
        var former = await writing.Database.FormerPasswords.Where(p => p.UserId == user.Id).OrderByDescending(p => p.Id).ToListAsync(cancellationToken);
        writing.Database.FormerPasswords.RemoveRange(former.Skip(History - 1));
        writing.Database.FormerPasswords.Add(new FormerPassword { UserId = user.Id, Hash = user.PasswordHash, SetAt = writing.Now });
    }

    private static string NewStamp() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}

/// <summary>A user to be added.</summary>
internal sealed record NewUser(string Name, string Password, UserRole Role, string FullName = "");

/// <summary>A user as the list shows him.</summary>
internal sealed record UserSummary(
    Guid Id, string Name, string FullName, UserRole Role, DateTimeOffset AddedAt, DateTimeOffset? LastLogInAt, DateTimeOffset? LockedUntil, bool MustChangePassword, bool HasTotp,
    int Passkeys);
