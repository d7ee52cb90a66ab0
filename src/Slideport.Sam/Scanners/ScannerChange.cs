using Slideport.Protocol.Configuration;

namespace Slideport.Sam.Scanners;

/// <summary>What of a scanner changes; null stays. Its serial number never does: certificates name it.</summary>
internal sealed record ScannerChange(string? Model = null, string? FriendlyName = null, string? Location = null)
{
    internal IReadOnlyList<FieldError> Validate() =>
    [
        .. new[] { ("model", Model), ("friendlyName", FriendlyName), ("location", Location) }
            .Where(field => field.Item2 is { } value && (value.Length > 200 || value.Any(char.IsControl)))
            .Select(field => new FieldError(field.Item1, "Longer than 200 characters, or control characters in it.")),
    ];
}
