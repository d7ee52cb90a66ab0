using System.Text.Json;
using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Events;

/// <summary>Events on their way to SAM, in the order they came: <c>POST /role/events</c>. All of them are taken or none.</summary>
/// <param name="Events">1 to <see cref="MaxEvents"/>; the whole message at most <see cref="MaxBytes"/> long.</param>
public sealed record EventBatch(IReadOnlyList<ScannerEvent> Events)
{
    /// <summary>Most events in one message.</summary>
    public const int MaxEvents = 1000;

    /// <summary>Longest message: SAM reads no more than a mebibyte, and this leaves room for what is around the events.</summary>
    public const int MaxBytes = 1_000_000;

    // Whoever sends a thousand wrong events learns enough from the first ones.
    private const int MaxErrors = 20;

    /// <summary>What is wrong with it: <c>events[3].code</c> is the field of the fourth event.</summary>
    public IReadOnlyList<FieldError> Validate()
    {
        if (Events.Count is 0 or > MaxEvents)
            return [new FieldError("events", $"Send 1 to {MaxEvents} events at once.")];
        return [.. Events.SelectMany((e, i) => e is null
            ? [new FieldError($"events[{i}]", "This is no event.")]
            : e.Validate().Select(error => error with { Field = $"events[{i}].{error.Field}" })).Take(MaxErrors)];
    }

    /// <summary>Parts events, however many, into messages that can be sent one after the other.</summary>
    public static IEnumerable<EventBatch> Of(IEnumerable<ScannerEvent> events)
    {
        var (batch, bytes) = (new List<ScannerEvent>(), 0);
        foreach (var next in events)
        {
            var length = JsonSerializer.SerializeToUtf8Bytes(next, ProtocolJson.Options).Length + 1;
            if (batch.Count == MaxEvents || (batch.Count > 0 && bytes + length > MaxBytes))
            {
                yield return new EventBatch(batch);
                (batch, bytes) = ([], 0);
            }

            batch.Add(next);
            bytes += length;
        }

        if (batch.Count > 0)
            yield return new EventBatch(batch);
    }
}

/// <summary>What became of a message of events: they are stored, durably, and need not be sent again.</summary>
/// <param name="Stored">How many are new.</param>
/// <param name="Known">How many had come before.</param>
/// <param name="Differing">Ids that had come before with something else in them; what came first counts.</param>
public sealed record EventReceipt(int Stored, int Known, IReadOnlyList<string> Differing);
