using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>What a user proves himself with, and what happens when he cannot.</summary>
/// <param name="Passwords">What he knows.</param>
/// <param name="Totp">What he has.</param>
/// <param name="LockOut">How often he may be wrong.</param>
internal sealed record Credentials(Passwords Passwords, Totp Totp, LockOut LockOut);

/// <summary>Counts wrong passwords and codes, and locks for a time that grows.</summary>
internal sealed class LockOut(UserOptions options)
{
    // 15, 30, 60, 90 minutes: five tries each are fewer than 100 a day (NIST SP 800-63B-4 3.2.2 allows 100 in a row).
    private const int LongestLock = 6;

    /// <summary>Counts one more; part of a piece of writing.</summary>
    /// <returns>Whether the user is locked by it.</returns>
    internal bool Count(Writing writing, User user)
    {
        if (++user.Failures < options.LockAfter)
            return false;
        var length = Math.Min(1 << Math.Min(user.Locks, LongestLock), LongestLock) * options.LockTime;
        (user.Failures, user.Locks, user.LockedUntil) = (0, user.Locks + 1, writing.Now + length);
        writing.Audit(Actor.System, "user.lock", UserText.Holder(user.Name), after: FormattableString.Invariant($"for {length.TotalMinutes:0} minutes"));
        return true;
    }
}
