using Slideport.Sam.Pins;

namespace Slideport.Sam.Users;

/// <summary>What a password must be like.</summary>
public enum PasswordPolicy
{
    /// <summary>NIST SP 800-63B-4 3.1.1: 15 characters or more, nothing common, no rules of composition.</summary>
    Nist,

    /// <summary>As the GT 450's SAM: 8 characters or more with upper and lower case, a digit and one of <c>!@#$%^*_</c>; nothing common.</summary>
    Gt450,
}

/// <summary>Settings of section <c>Users</c>.</summary>
public sealed record UserOptions
{
    /// <summary>What passwords must be like; concerns those set from then on.</summary>
    public PasswordPolicy PasswordPolicy { get; init; } = PasswordPolicy.Nist;

    /// <summary>Digits of a PIN.</summary>
    public int PinDigits { get; init; } = 6;

    /// <summary>Wrong passwords or codes in a row after which a user is locked for a time.</summary>
    public int LockAfter { get; init; } = 5;

    /// <summary>How long the first lock lasts; each that follows twice as long, up to six times this.</summary>
    public TimeSpan LockTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>After how long without a request a session ends.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a session lasts at most.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Whether everybody needs a passkey or an authenticator app: who has none can do nothing but set one up.</summary>
    public bool RequireSecondFactor { get; init; }

    // Not a setting: less would be a weakness. Tests, which hash hundreds of passwords, take fewer.
    internal int HashIterations { get; init; } = Passwords.DefaultIterations;

    /// <summary>Everything wrong with the settings, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (LockAfter is < 1 or > 100)
            yield return $"Users:LockAfter is {LockAfter}; it must be 1 to 100 (NIST SP 800-63B-4 3.2.2).";
        if (LockTime < TimeSpan.FromMinutes(1) || LockTime > TimeSpan.FromDays(1))
            yield return $"Users:LockTime is {LockTime}; it must be a minute to a day.";
        if (SessionIdle < TimeSpan.FromMinutes(1) || SessionIdle > SessionLifetime)
            yield return $"Users:SessionIdle is {SessionIdle}; it must be a minute to Users:SessionLifetime ({SessionLifetime}).";
        if (SessionLifetime > TimeSpan.FromDays(1))
            yield return $"Users:SessionLifetime is {SessionLifetime}; it must be at most a day.";
        if (PinDigits is < PinRules.Fewest or > PinRules.Most)
            yield return $"Users:PinDigits is {PinDigits}; it must be {PinRules.Fewest} to {PinRules.Most}.";
    }
}
