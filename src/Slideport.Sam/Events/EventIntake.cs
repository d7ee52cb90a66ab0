using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Statistics;

namespace Slideport.Sam.Events;

/// <summary>
/// Takes what event servers pass on (flow F10) into the database: a message whole or not at all, each event once, in the order of the message. What
/// needs somebody is open from then on, and counted, in the same transaction.
/// </summary>
internal sealed class EventIntake(SamWriter writer) : IAsyncDisposable
{
    private const int MaxGroup = 8;
    private const int MaxParameters = 500;

    private readonly GroupedWrites<Arrival, EventReceipt> _writes = new(MaxGroup, batch => writer.WriteAsync(writing => AddAsync(writing, batch), CancellationToken.None), _ => { });

    private sealed record Arrival(string Sender, EventBatch Batch);

    /// <summary>Returns when all of a message is durable.</summary>
    /// <param name="sender">Who passed it on: the holder of a certificate.</param>
    /// <param name="batch">A good one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal Task<EventReceipt> TakeAsync(string sender, EventBatch batch, CancellationToken cancellationToken) =>
        _writes.WriteAsync(new Arrival(sender, batch), cancellationToken);

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    /// <summary>Whether an event stays open until somebody has acknowledged it.</summary>
    internal static bool NeedsSomebody(EventSeverity severity) => severity >= EventSeverity.Critical;

    private static async Task<EventReceipt[]> AddAsync(Writing writing, IReadOnlyList<Arrival> arrivals)
    {
        var known = await KnownAsync(writing.Database, arrivals);
        var added = new List<LoggedEvent>();
        var receipts = new EventReceipt[arrivals.Count];
        for (var i = 0; i < arrivals.Count; i++)
        {
            var (sender, batch) = arrivals[i];
            var (before, differing) = (added.Count, new List<string>());
            foreach (var told in batch.Events)
            {
                if (!known.TryGetValue((sender, told.Id), out var row))
                    known.Add((sender, told.Id), Add(writing.Database, added, Row(sender, told)));
                else if (!IsSame(row, told))
                    differing.Add(told.Id);
            }

            receipts[i] = new EventReceipt(added.Count - before, batch.Events.Count - (added.Count - before) - differing.Count, differing);
        }

        await CountAsync(writing, added);
        return receipts;
    }

    private static async Task<Dictionary<(string Sender, string Id), LoggedEvent>> KnownAsync(SamDatabase database, IReadOnlyList<Arrival> arrivals)
    {
        var known = new Dictionary<(string, string), LoggedEvent>();
        foreach (var told in arrivals.GroupBy(a => a.Sender, a => a.Batch.Events.Select(e => e.Id), StringComparer.Ordinal))
        {
            foreach (var ids in told.SelectMany(id => id).Distinct(StringComparer.Ordinal).Chunk(MaxParameters))
            {
                foreach (var row in await database.Events.AsNoTracking().Where(e => e.Sender == told.Key && ids.Contains(e.SenderId)).ToListAsync())
                    known.Add((row.Sender, row.SenderId), row);
            }
        }

        return known;
    }

    private static LoggedEvent Add(SamDatabase database, List<LoggedEvent> added, LoggedEvent row)
    {
        added.Add(row);
        database.Events.Add(row);
        if (NeedsSomebody(row.Severity))
            database.OpenEvents.Add(new OpenEvent { Event = row, SerialNumber = row.SerialNumber, Code = row.Code, Severity = row.Severity });
        return row;
    }

    private static LoggedEvent Row(string sender, ScannerEvent told) => new()
    {
        Sender = sender,
        SenderId = told.Id,
        SerialNumber = told.SerialNumber,
        OccurredAt = told.OccurredAt,
        ReceivedAt = told.ReceivedAt,
        Severity = told.Severity,
        Code = told.Code,
        Component = told.Component,
        Text = told.Text,
        Rack = told.Rack,
        Slot = told.Slot,
        ImageId = told.ImageId,
        SeriesInstanceUid = told.SeriesInstanceUid,
        Suppressed = told.Suppressed,
        Parsed = told.Parsed,
    };

    // What makes it another event; an event server that sends again may have counted more of its like meanwhile.
    private static bool IsSame(LoggedEvent row, ScannerEvent told) =>
        (row.SerialNumber, row.Severity, row.Code, row.Component, row.Text) == (told.SerialNumber, told.Severity, told.Code, told.Component, told.Text)
        && row.OccurredAt.UtcTicks / TimeSpan.TicksPerMicrosecond == told.OccurredAt.UtcTicks / TimeSpan.TicksPerMicrosecond;

    // Scanners nobody has added have events, and no statistics.
    private static async Task CountAsync(Writing writing, IReadOnlyList<LoggedEvent> added)
    {
        var gains = new List<(Guid, HourGain)>();
        foreach (var scanners in added.GroupBy(e => e.SerialNumber, StringComparer.Ordinal).Chunk(MaxParameters))
        {
            var serials = scanners.Select(s => s.Key).ToArray();
            var ids = await writing.Database.Scanners.Where(s => serials.Contains(s.SerialNumber)).ToDictionaryAsync(s => s.SerialNumber, s => s.Id, StringComparer.Ordinal);
            gains.AddRange(scanners.Where(s => ids.ContainsKey(s.Key)).Select(s => (ids[s.Key], new HourGain { Events = s.Count(), CriticalEvents = s.Count(e => NeedsSomebody(e.Severity)) })));
        }

        await ScannerHours.AddAsync(writing, gains, CancellationToken.None);
    }
}
