using Slideport.Protocol.Events;
using Slideport.Sam.Database;

namespace Slideport.Sam.Events;

/// <summary>Which events are asked for; what is null asks for nothing.</summary>
internal sealed record EventFilter
{
    internal EventSeverity Least { get; init; } = EventSeverity.Info;

    internal string? SerialNumber { get; init; }

    internal string? Code { get; init; }

    internal string? Component { get; init; }

    internal string? SeriesInstanceUid { get; init; }

    /// <summary>Has this in its text, in capitals or small letters.</summary>
    internal string? Text { get; init; }

    /// <summary>Not received before this.</summary>
    internal DateTimeOffset? From { get; init; }

    /// <summary>Received before this.</summary>
    internal DateTimeOffset? To { get; init; }

    /// <summary>Needs somebody, and nobody has acknowledged it.</summary>
    internal bool OnlyOpen { get; init; }

    /// <summary>The severities asked for.</summary>
    internal IEnumerable<EventSeverity> Severities => Enum.GetValues<EventSeverity>().Where(s => s >= Least && (!OnlyOpen || EventIntake.NeedsSomebody(s)));

    /// <summary>Whether <see cref="ByLooking"/> leaves anything out.</summary>
    internal bool NeedsLooking => Text is not null || OnlyOpen || new[] { SeriesInstanceUid, Code, SerialNumber, Component }.Count(asked => asked is not null) > 1;

    /// <summary>What an index finds of it, for one severity: the time, and the most telling of what is asked for.</summary>
    internal IQueryable<LoggedEvent> ByIndex(IQueryable<LoggedEvent> events, EventSeverity severity)
    {
        events = events.Where(e => e.Severity == severity);
        if (From is { } from)
            events = events.Where(e => e.ReceivedAt >= from);
        if (To is { } to)
            events = events.Where(e => e.ReceivedAt < to);
        if (SeriesInstanceUid is not null)
            return events.Where(e => e.SeriesInstanceUid == SeriesInstanceUid);
        if (Code is not null)
            return events.Where(e => e.Code == Code);
        if (SerialNumber is not null)
            return events.Where(e => e.SerialNumber == SerialNumber);
        return Component is null ? events : events.Where(e => e.Component == Component);
    }

    /// <summary>The rest of it, for which rows must be looked at.</summary>
    internal IQueryable<LoggedEvent> ByLooking(IQueryable<LoggedEvent> events, IQueryable<OpenEvent> open)
    {
        if (Code is not null)
            events = events.Where(e => e.Code == Code);
        if (SerialNumber is not null)
            events = events.Where(e => e.SerialNumber == SerialNumber);
        if (Component is not null)
            events = events.Where(e => e.Component == Component);
        if (OnlyOpen)
            events = events.Where(e => open.Any(o => o.EventId == e.Id));
        if (Text?.ToLowerInvariant() is not { } text)
            return events;
#pragma warning disable CA1304, CA1311, CA1862 // It becomes SQL: each database folds case by itself.
        return events.Where(e => e.Text.ToLower().Contains(text));
#pragma warning restore CA1304, CA1311, CA1862
    }
}
