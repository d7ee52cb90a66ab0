using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>Who is logged in. A session ends after some idle time, at its end, with the user, and when something of his changes that must end it.</summary>
internal sealed class Sessions(SamDatabases databases, SamWriter writer, UserOptions options, TimeProvider time)
{
    // How exactly it is known when somebody was last seen: every request would be a write.
    private static readonly TimeSpan SeenWithin = TimeSpan.FromSeconds(60);

    /// <summary>Begins a session of somebody who has proved who he is; part of that piece of writing.</summary>
    /// <returns>The token; it is kept nowhere.</returns>
    internal string Begin(Writing writing, User user, string source)
    {
        var token = OneTimeToken.Create();
        writing.Database.Sessions.Add(new Session
        {
            Id = Guid.CreateVersion7(writing.Now),
            UserId = user.Id,
            TokenHash = OneTimeToken.HashOf(token),
            SecurityStamp = user.SecurityStamp,
            StartedAt = writing.Now,
            LastSeenAt = writing.Now,
            EndsAt = writing.Now + options.SessionLifetime,
            Source = source,
        });
        return token;
    }

    /// <summary>Who holds a token; null when nobody may come in with it any more.</summary>
    internal async Task<SignedIn?> FindAsync(string token, CancellationToken cancellationToken)
    {
        var hash = OneTimeToken.HashOf(token);
        var now = time.GetUtcNow();
        await using var database = databases.CreateDbContext();
        var found = await (
            from session in database.Sessions.AsNoTracking()
            join user in database.Users.AsNoTracking() on session.UserId equals user.Id
            where session.TokenHash == hash
            select new
            {
                Session = session,
                User = user,
                HasPasskey = database.Passkeys.Any(p => p.UserId == user.Id),
                SupportUntil = database.SupportPeriods.Where(p => p.From <= now && p.Until > now).Max(p => (DateTimeOffset?)p.Until),
            }).SingleOrDefaultAsync(cancellationToken);
        if (found is null || !IsGood(found.Session, found.User, now) || (found.User.Role == UserRole.Support && found.SupportUntil is null))
            return null;
        if (now - found.Session.LastSeenAt >= SeenWithin)
            await TouchAsync(found.Session.Id, cancellationToken);
        var ends = now + options.SessionIdle < found.Session.EndsAt ? now + options.SessionIdle : found.Session.EndsAt;
        return new SignedIn(found.User, found.Session, found.User.Role == UserRole.Support && found.SupportUntil < ends ? found.SupportUntil.Value : ends)
        {
            Limit = found.User.MustChangePassword ? SessionLimit.PasswordChange
                : options.RequireSecondFactor && found.User.TotpSecret is null && !found.HasPasskey ? SessionLimit.SecondFactor
                : SessionLimit.None,
        };
    }

    /// <summary>The sessions of a user that are not over.</summary>
    internal async Task<IReadOnlyList<SessionView>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var database = databases.CreateDbContext();
        if (await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
            return [];
        var rows = await database.Sessions.AsNoTracking().Where(s => s.UserId == userId).OrderByDescending(s => s.LastSeenAt).ToListAsync(cancellationToken);
        return [.. rows.Where(s => IsGood(s, user, now)).Select(s => new SessionView(s.Id, s.StartedAt, s.LastSeenAt, s.EndsAt, s.Source))];
    }

    /// <summary>Ends a session.</summary>
    /// <returns>False when the user has none of that id.</returns>
    internal Task<bool> EndAsync(Guid userId, Guid sessionId, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Sessions.SingleOrDefaultAsync(s => s.Id == sessionId && s.UserId == userId, cancellationToken) is not { } session)
            return false;
        var name = await writing.Database.Users.Where(u => u.Id == userId).Select(u => u.Name).SingleAsync(cancellationToken);
        writing.Database.Sessions.Remove(session);
        writing.Audit(actor, "user.logout", UserText.Holder(name));
        return true;
    }, cancellationToken);

    /// <summary>Forgets what is over: sessions and ceremonies.</summary>
    internal async Task ForgetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var idle = now - options.SessionIdle;
        await using (var database = databases.CreateDbContext())
        {
            if (!await database.Sessions.AnyAsync(s => s.EndsAt <= now || s.LastSeenAt < idle - SeenWithin, cancellationToken) && !await database.PasskeyCeremonies.AnyAsync(c => c.ExpiresAt <= now, cancellationToken))
                return;
        }

        await writer.WriteAsync(async writing =>
        {
            await writing.Database.Sessions.Where(s => s.EndsAt <= now || s.LastSeenAt < idle - SeenWithin).ExecuteDeleteAsync(cancellationToken);
            return await writing.Database.PasskeyCeremonies.Where(c => c.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        }, cancellationToken);
    }

    private bool IsGood(Session session, User user, DateTimeOffset now) =>
        session.SecurityStamp == user.SecurityStamp && now < session.EndsAt && now - session.LastSeenAt < options.SessionIdle + SeenWithin;

    private Task<int> TouchAsync(Guid sessionId, CancellationToken cancellationToken) => writer.WriteAsync(
        writing => writing.Database.Sessions.Where(s => s.Id == sessionId).ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenAt, writing.Now), cancellationToken), cancellationToken);
}

/// <summary>What a session may do before anything else.</summary>
internal enum SessionLimit
{
    /// <summary>Whatever its user may.</summary>
    None,

    /// <summary>Somebody else has set the password: it has to be changed.</summary>
    PasswordChange,

    /// <summary>A passkey or an authenticator app has to be set up.</summary>
    SecondFactor,
}

/// <summary>Somebody who is logged in.</summary>
/// <param name="User">Who.</param>
/// <param name="Session">Since when, from where.</param>
/// <param name="EndsAt">When the session ends if nothing more is done in it.</param>
internal sealed record SignedIn(User User, Session Session, DateTimeOffset EndsAt)
{
    internal SessionLimit Limit { get; init; }
}

/// <summary>A session as the list shows it.</summary>
internal sealed record SessionView(Guid Id, DateTimeOffset StartedAt, DateTimeOffset LastSeenAt, DateTimeOffset EndsAt, string Source);
