namespace Slideport.Sam.Database;

/// <summary>What a user is.</summary>
internal enum UserRole
{
    /// <summary>Looks at everything that concerns scanners and slides, and changes only what is his own.</summary>
    Operator,

    /// <summary>Changes everything, users too.</summary>
    LabAdmin,

    /// <summary>The vendor's or integrator's engineer: comes in only while a Lab Admin has switched support on.</summary>
    Support,
}

/// <summary>Somebody who may log in.</summary>
internal sealed class User
{
    public required Guid Id { get; init; }

    /// <summary>What is typed to log in, as it was first written.</summary>
    public required string Name { get; init; }

    /// <summary>The name as names are compared; unique.</summary>
    public required string NormalizedName { get; init; }

    public required string FullName { get; set; }

    public required UserRole Role { get; set; }

    /// <summary>As ASP.NET Core Identity writes it: algorithm, iterations, salt and key in one.</summary>
    public required string PasswordHash { get; set; }

    /// <summary>Somebody else has set the password: until it is changed, nothing else can be done.</summary>
    public bool MustChangePassword { get; set; }

    /// <summary>Another after every change that must end sessions.</summary>
    public required string SecurityStamp { get; set; }

    public required DateTimeOffset AddedAt { get; init; }

    public DateTimeOffset? LastLogInAt { get; set; }

    /// <summary>Wrong passwords or codes since the last right one or the last lock.</summary>
    public int Failures { get; set; }

    /// <summary>Locks since the last time somebody got in; each is longer than the one before.</summary>
    public int Locks { get; set; }

    public DateTimeOffset? LockedUntil { get; set; }

    /// <summary>Secret of the authenticator app, encrypted with a key that is not in the database.</summary>
    public string? TotpSecret { get; set; }

    /// <summary>The same while it is being set up; not asked for yet.</summary>
    public string? PendingTotpSecret { get; set; }

    /// <summary>The time step of the last code taken: none is taken twice.</summary>
    public long TotpStep { get; set; }

    /// <summary>So that two nodes do not overwrite each other.</summary>
    public int Changes { get; set; }
}

/// <summary>A password a user has or had: not to be taken again soon.</summary>
internal sealed class FormerPassword
{
    public long Id { get; init; }

    public required Guid UserId { get; init; }

    public required string Hash { get; init; }

    public required DateTimeOffset SetAt { get; init; }
}

/// <summary>A code that stands in once for the authenticator app.</summary>
internal sealed class RecoveryCode
{
    /// <summary>SHA-256 of user and code, hexadecimal.</summary>
    public required string Hash { get; init; }

    public required Guid UserId { get; init; }
}

/// <summary>A passkey (WebAuthn credential) of a user.</summary>
internal sealed class Passkey
{
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>The authenticator's own name for it; unique.</summary>
    public required byte[] CredentialId { get; init; }

    /// <summary>COSE key.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>What the user calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Grows with every use of an authenticator that counts: a copy shows.</summary>
    public long SignCount { get; set; }

    public bool IsBackupEligible { get; init; }

    public bool IsBackedUp { get; set; }

    /// <summary>How it can be reached, separated by commas.</summary>
    public required string Transports { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>A passkey is being added or asked for: good once, for minutes.</summary>
internal sealed class PasskeyCeremony
{
    /// <summary>SHA-256 of the cookie it is continued with, hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>Who adds a passkey; null: somebody logs in.</summary>
    public Guid? UserId { get; init; }

    /// <summary>The challenge and all that must be as it was, as ASP.NET Core Identity writes it.</summary>
    public required string State { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Somebody is logged in.</summary>
internal sealed class Session
{
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the cookie, hexadecimal; unique.</summary>
    public required string TokenHash { get; init; }

    /// <summary>The user's when the session began; once it is another there, the session is over.</summary>
    public required string SecurityStamp { get; set; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; set; }

    /// <summary>When it ends whatever is done in it.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    public required string Source { get; init; }
}

/// <summary>A user's PIN on one scanner.</summary>
internal sealed class Pin
{
    public required Guid Id { get; init; }

    public required Guid ScannerId { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>Slow hash with a pepper that is not in the database, after the name of that pepper, hexadecimal; unique on the scanner, so that a PIN alone says whose it is.</summary>
    public required string Hash { get; set; }

    public required DateTimeOffset SetAt { get; set; }

    /// <summary>Null: it does not end by itself.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>A wrong PIN on a scanner.</summary>
internal sealed class PinFailure
{
    public long Id { get; init; }

    public required Guid ScannerId { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>A time in which support may come in.</summary>
internal sealed class SupportPeriod
{
    public long Id { get; init; }

    public required DateTimeOffset From { get; init; }

    /// <summary>Its end; moved forward to when it was switched off before.</summary>
    public required DateTimeOffset Until { get; set; }

    public required string SwitchedOnBy { get; init; }

    public required string Reason { get; init; }
}

/// <summary>The one-time token for the first Lab Admin.</summary>
internal sealed class FirstAdminToken
{
    /// <summary>SHA-256 of the token, hexadecimal.</summary>
    public required string Hash { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
