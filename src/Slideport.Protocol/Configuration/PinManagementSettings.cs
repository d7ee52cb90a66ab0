namespace Slideport.Protocol.Configuration;

/// <summary>Page <i>PIN Management</i>: the scanner's console.</summary>
public sealed record PinManagementSettings
{
    /// <summary>Minutes without a touch after which the console asks for a PIN again.</summary>
    public int ConsoleLockMinutes { get; init; } = 15;

    /// <summary>Whether the console asks for a PIN at all.</summary>
    public bool RequirePin { get; init; } = true;

    internal IEnumerable<FieldError> Validate()
    {
        if (ConsoleLockMinutes is < 1 or > 480)
            yield return new FieldError("pinManagement.consoleLockMinutes", $"{ConsoleLockMinutes} is not between 1 and 480 minutes.");
    }
}
