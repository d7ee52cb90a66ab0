namespace Slideport.Protocol.Configuration;

/// <summary>Page <i>Basic Scanner Settings</i>: what the scanner shows its operators.</summary>
public sealed record BasicSettings
{
    /// <summary>Language of the scanner's menus, an IETF tag (BCP 47).</summary>
    public string Language { get; init; } = "en";

    /// <summary>Seconds between two heartbeats; a scanner that misses three is <i>unreported</i>.</summary>
    public int HeartbeatSeconds { get; init; } = 10;

    internal IEnumerable<FieldError> Validate()
    {
        if (Language.Length is < 2 or > 35 || !Language.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            yield return new FieldError("basic.language", $"'{Language}' is no language tag; write one such as en or de-CH.");
        if (HeartbeatSeconds is < 1 or > 600)
            yield return new FieldError("basic.heartbeatSeconds", $"{HeartbeatSeconds} is not between 1 and 600 seconds.");
    }
}
