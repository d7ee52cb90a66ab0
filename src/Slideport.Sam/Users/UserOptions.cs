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

    /// <summary>Everything wrong with the settings, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (PinDigits is < 5 or > 8)
            yield return $"Users:PinDigits is {PinDigits}; it must be 5 to 8.";
    }
}
