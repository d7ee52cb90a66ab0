using Slideport.Protocol.Configuration;
using Slideport.Protocol.Status;
using Slideport.Sam.Scanners;

namespace Slideport.Sam.Api;

/// <summary>A scanner to be added.</summary>
internal sealed record NewScanner(string SerialNumber, string Model = "", string FriendlyName = "", string Location = "")
{
    internal IReadOnlyList<FieldError> Validate()
    {
        var errors = new List<FieldError>();
        if (SerialNumber is not { Length: > 0 and <= 64 } || !SerialNumber.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            errors.Add(new FieldError("serialNumber", "Write 1 to 64 letters, digits, points, hyphens and underscores."));
        errors.AddRange(new ScannerChange(Model, FriendlyName, Location).Validate());
        return errors;
    }
}

/// <summary>Why something is done, for the record.</summary>
internal sealed record ReasonGiven(string Reason)
{
    internal IReadOnlyList<FieldError> Validate() =>
        Reason is { Length: > 0 and <= 400 } && !Reason.Contains('\0', StringComparison.Ordinal) ? [] : [new FieldError("reason", "Say why, in up to 400 characters and without U+0000.")];
}

/// <summary>A one-time code, shown this once.</summary>
internal sealed record Invitation(string Holder, string Code, DateTimeOffset ExpiresAt);

/// <summary>A scanner as the home page shows it.</summary>
internal sealed record ScannerView(
    string SerialNumber, string Model, string FriendlyName, string Location, DateTimeOffset AddedAt, string Presence, DateTimeOffset? LastHeardAt, ScannerStatus? Status,
    long ConfigurationVersion, bool RunsConfiguration);
