using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Events;

/// <summary>Where an event stands in the order of all of them.</summary>
internal readonly record struct EventPosition(DateTimeOffset ReceivedAt, long Id) : IComparable<EventPosition>
{
    public int CompareTo(EventPosition other) => (ReceivedAt, Id).CompareTo((other.ReceivedAt, other.Id));

    /// <summary>As it is given to who asks, and given back.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ReceivedAt.UtcTicks}-{Id}");

    /// <summary>Reads one; null when it is none.</summary>
    internal static EventPosition? TryParse(string text) =>
        text.Split('-') is [var ticks, var id]
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTime.MaxValue.Ticks
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new EventPosition(new DateTimeOffset(at, TimeSpan.Zero), number)
            : null;
}

/// <summary>Some of the events asked for.</summary>
/// <param name="Events">The newest first.</param>
/// <param name="Next">Where to go on; null when there are no more.</param>
internal sealed record FoundEvents(IReadOnlyList<LoggedEvent> Events, EventPosition? Next);

/// <summary>
/// Finds events, the newest first. One page never looks at more than a bounded number of them, however many there are and whatever is asked: a
/// rare word among millions takes several pages, some of them empty, and no page takes long.
/// </summary>
internal sealed class EventSearch(SamDatabases databases, int lookedThrough = EventSearch.LookedThrough)
{
    private const int LookedThrough = 20_000;
    private const int ReadAtOnce = 1000;

    /// <summary>A page.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="before">Where the page before ended; null: the newest.</param>
    /// <param name="take">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<FoundEvents> FindAsync(EventFilter filter, EventPosition? before, int take, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var found = new List<LoggedEvent>();
        EventPosition? end = null; // what is older was not looked at, of some severity
        foreach (var severity in filter.Severities)
        {
            var events = Before(filter.ByIndex(database.Events.AsNoTracking(), severity), before);
            if (filter.NeedsLooking)
            {
                var last = await NewestFirst(events).Skip(lookedThrough - 1).Select(e => new { e.ReceivedAt, e.Id }).FirstOrDefaultAsync(cancellationToken);
                if (last is not null)
                    end = Max(end, new EventPosition(last.ReceivedAt, last.Id));
                events = filter.ByLooking(last is null ? events : NotBefore(events, new EventPosition(last.ReceivedAt, last.Id)), database.OpenEvents);
            }

            found.AddRange(await NewestFirst(events).Take(take + 1).ToListAsync(cancellationToken));
        }

        var ordered = found.Where(e => end is null || PositionOf(e).CompareTo(end.Value) >= 0).OrderByDescending(PositionOf).ToList();
        return ordered.Count > take ? new FoundEvents(ordered[..take], PositionOf(ordered[take - 1])) : new FoundEvents(ordered, end);
    }

    /// <summary>All of them, however many, in constant memory.</summary>
    internal async IAsyncEnumerable<LoggedEvent> ReadAsync(EventFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EventPosition? before = null;
        do
        {
            var page = await FindAsync(filter, before, ReadAtOnce, cancellationToken);
            foreach (var each in page.Events)
                yield return each;
            before = page.Next;
        }
        while (before is not null);
    }

    private static EventPosition PositionOf(LoggedEvent logged) => new(logged.ReceivedAt, logged.Id);

    private static EventPosition Max(EventPosition? one, EventPosition other) => one is { } first && first.CompareTo(other) > 0 ? first : other;

    private static IOrderedQueryable<LoggedEvent> NewestFirst(IQueryable<LoggedEvent> events) => events.OrderByDescending(e => e.ReceivedAt).ThenByDescending(e => e.Id);

    // The first condition follows from the second; databases use it to begin at the right place of the index.
    private static IQueryable<LoggedEvent> Before(IQueryable<LoggedEvent> events, EventPosition? position) => position is not { } p
        ? events
        : events.Where(e => e.ReceivedAt <= p.ReceivedAt && (e.ReceivedAt < p.ReceivedAt || e.Id < p.Id));

    private static IQueryable<LoggedEvent> NotBefore(IQueryable<LoggedEvent> events, EventPosition p) =>
        events.Where(e => e.ReceivedAt >= p.ReceivedAt && (e.ReceivedAt > p.ReceivedAt || e.Id >= p.Id));
}
