using Slideport.Protocol.Events;

namespace Slideport.Sam.Database;

/// <summary>What happened at a scanner, as an event server passed it on.</summary>
internal sealed class LoggedEvent
{
    public long Id { get; init; }

    /// <summary>Who passed it on: the holder of a certificate.</summary>
    public required string Sender { get; init; }

    /// <summary>The sender's own name for it; unique per sender.</summary>
    public required string SenderId { get; init; }

    /// <summary>The scanner; not always one that SAM knows.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>By the scanner's clock.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>By the event server's clock.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    public required EventSeverity Severity { get; init; }

    public required string Code { get; init; }

    public required string Component { get; init; }

    public required string Text { get; init; }

    public string? Rack { get; init; }

    public string? Slot { get; init; }

    public string? ImageId { get; init; }

    public string? SeriesInstanceUid { get; init; }

    public int Suppressed { get; init; }

    public bool Parsed { get; init; }

    /// <summary>When somebody said that he has seen it.</summary>
    public DateTimeOffset? AcknowledgedAt { get; set; }

    public string? AcknowledgedBy { get; set; }

    /// <summary>What he had to say about it.</summary>
    public string? Note { get; set; }
}

/// <summary>An event that needs somebody and that nobody has acknowledged; with the acknowledgement the row goes. A few among millions, found at once.</summary>
internal sealed class OpenEvent
{
    public long EventId { get; init; }

    public required LoggedEvent Event { get; init; }

    public required string SerialNumber { get; init; }

    public required string Code { get; init; }

    public required EventSeverity Severity { get; init; }
}

/// <summary>The last number given to a change of something, so that later changes have higher ones on whichever node they are made.</summary>
internal sealed class ChangeCounter
{
    /// <summary>Of what: <c>slides</c>.</summary>
    public required string Name { get; init; }

    public long Last { get; set; }
}
