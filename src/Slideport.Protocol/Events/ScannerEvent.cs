using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Events;

/// <summary>
/// What happened at a scanner, as an event server passes it on (flow F10). It holds no sensitive data: a slide is named by the scanner's own
/// id of its image, never by its barcode.
/// </summary>
public sealed record ScannerEvent
{
    /// <summary>The code of an event whose message could not be understood: its text is the message as it came.</summary>
    public const string UnparsedCode = "unparsed";

    /// <summary>Longest <see cref="Text"/>; what is longer is cut by the event server, which has all of it in its own log.</summary>
    public const int MaxText = 2000;

    /// <summary>What the event server calls it, 1–64 of letters, digits, point, hyphen, underscore; no two events have the same. Sending it again changes nothing.</summary>
    public required string Id { get; init; }

    /// <summary>The scanner, by its serial number; one that SAM does not know is kept too.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>When it happened, by the scanner's clock.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>When the event server got it, by the event server's clock: the order of events.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How much it matters.</summary>
    public required EventSeverity Severity { get; init; }

    /// <summary>What it is, the same whenever it happens, 1–64 characters. Codes nobody knows are kept as they are.</summary>
    public required string Code { get; init; }

    /// <summary>The part of the scanner it comes from; empty when it says none.</summary>
    public string Component { get; init; } = "";

    /// <summary>What happened, in words for people.</summary>
    public string Text { get; init; } = "";

    /// <summary>The rack it is about.</summary>
    public string? Rack { get; init; }

    /// <summary>The slot of the rack.</summary>
    public string? Slot { get; init; }

    /// <summary>The scanner's own id of the image it is about.</summary>
    public string? ImageId { get; init; }

    /// <summary>Series Instance UID of the image it is about: by it the event is found with its slide.</summary>
    public string? SeriesInstanceUid { get; init; }

    /// <summary>How many events like it came shortly before and were not passed on, because they would have said the same.</summary>
    public int Suppressed { get; init; }

    /// <summary>Whether the scanner's message was understood; if not, severity and code are the event server's.</summary>
    public bool Parsed { get; init; } = true;

    /// <summary>Everything wrong with it. An event server asks before it sends: one wrong event has its whole message refused.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (!MessageText.IsId(Id))
            yield return new FieldError("id", MessageText.IdRule);
        if (!MessageText.IsId(SerialNumber))
            yield return new FieldError("serialNumber", MessageText.IdRule);
        if (!IsPlausible(OccurredAt))
            yield return new FieldError("occurredAt", "Write a time of this century.");
        if (!IsPlausible(ReceivedAt))
            yield return new FieldError("receivedAt", "Write a time of this century.");
        if (!Enum.IsDefined(Severity))
            yield return new FieldError("severity", "There is no such severity.");
        if (Code is not { Length: > 0 and <= 64 } || Code.Any(char.IsControl))
            yield return new FieldError("code", "Write 1 to 64 characters, no control characters among them.");
        if (Component.Length > 64 || Component.Any(char.IsControl))
            yield return new FieldError("component", "Longer than 64 characters, or control characters in it.");
        if (!MessageText.Fits(Text, MaxText))
            yield return new FieldError("text", $"Longer than {MaxText} characters, or the character U+0000 in it.");
        if (!MessageText.Fits(Rack, 64))
            yield return new FieldError("rack", "Longer than 64 characters, or the character U+0000 in it.");
        if (!MessageText.Fits(Slot, 64))
            yield return new FieldError("slot", "Longer than 64 characters, or the character U+0000 in it.");
        if (ImageId is not null && !MessageText.IsId(ImageId))
            yield return new FieldError("imageId", MessageText.IdRule);
        if (SeriesInstanceUid is not null && !MessageText.IsUid(SeriesInstanceUid))
            yield return new FieldError("seriesInstanceUid", "No DICOM UID.");
        if (Suppressed < 0)
            yield return new FieldError("suppressed", "A count is not negative.");
    }

    // A scanner whose clock is wrong by years still has something to say.
    private static bool IsPlausible(DateTimeOffset instant) => instant.UtcDateTime.Year is >= 1970 and <= 2200;
}
