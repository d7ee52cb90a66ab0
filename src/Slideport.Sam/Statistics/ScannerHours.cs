using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Statistics;

/// <summary>What happened at one scanner in one hour, to be added to what is known of that hour.</summary>
internal readonly record struct HourGain
{
    internal int Images { get; init; }

    internal long Bytes { get; init; }

    internal double ScanSeconds { get; init; }

    internal double LongestScanSeconds { get; init; }

    internal int Errors { get; init; }

    internal int Events { get; init; }

    internal int CriticalEvents { get; init; }

    internal double OnlineSeconds { get; init; }

    internal ClockOffsets? Clock { get; init; }

    /// <summary>This and what came later, as one.</summary>
    internal HourGain Then(HourGain later) => new()
    {
        Images = Images + later.Images,
        Bytes = Bytes + later.Bytes,
        ScanSeconds = ScanSeconds + later.ScanSeconds,
        LongestScanSeconds = Math.Max(LongestScanSeconds, later.LongestScanSeconds),
        Errors = Errors + later.Errors,
        OnlineSeconds = OnlineSeconds + later.OnlineSeconds,
        Clock = ClockOffsets.Then(Clock, later.Clock),
    };
}

/// <summary>How far a scanner's clock was off, by its own word: seconds, positive where it was ahead.</summary>
internal readonly record struct ClockOffsets(double Least, double Greatest, double Last)
{
    /// <summary>One offset.</summary>
    internal static ClockOffsets? Of(double? seconds) => seconds is { } offset ? new ClockOffsets(offset, offset, offset) : null;

    /// <summary>Offsets and what came later, as one.</summary>
    internal static ClockOffsets? Then(ClockOffsets? earlier, ClockOffsets? later) => (earlier, later) switch
    {
        ({ } before, { } after) => new ClockOffsets(Math.Min(before.Least, after.Least), Math.Max(before.Greatest, after.Greatest), after.Last),
        _ => later ?? earlier,
    };
}

/// <summary>Statistics per scanner and hour, written in the transaction of what they count: neither forgets the other.</summary>
internal static class ScannerHours
{
    /// <summary>The hour an instant lies in.</summary>
    internal static DateTimeOffset HourOf(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>Adds gains to the present hour.</summary>
    internal static async Task AddAsync(Writing writing, IEnumerable<(Guid ScannerId, HourGain Gain)> gains, CancellationToken cancellationToken)
    {
        var hour = HourOf(writing.Now);
        foreach (var chunk in gains.GroupBy(g => g.ScannerId).Chunk(500))
        {
            var ids = chunk.Select(g => g.Key).ToArray();
            var rows = await writing.Database.ScannerHours.Where(h => h.Hour == hour && ids.Contains(h.ScannerId)).ToDictionaryAsync(h => h.ScannerId, cancellationToken);
            foreach (var group in chunk)
            {
                if (!rows.TryGetValue(group.Key, out var row))
                    writing.Database.ScannerHours.Add(row = new ScannerHour { ScannerId = group.Key, Hour = hour });
                foreach (var (_, gain) in group)
                    Add(row, gain);
            }
        }
    }

    private static void Add(ScannerHour row, HourGain gain)
    {
        row.Changes++;
        row.Images += gain.Images;
        row.Bytes += gain.Bytes;
        row.ScanSeconds += gain.ScanSeconds;
        row.LongestScanSeconds = Math.Max(row.LongestScanSeconds, gain.LongestScanSeconds);
        row.Errors += gain.Errors;
        row.Events += gain.Events;
        row.CriticalEvents += gain.CriticalEvents;
        row.OnlineSeconds += gain.OnlineSeconds;
        if (gain.Clock is not { } clock)
            return;
        row.ClockOffsetMin = Math.Min(row.ClockOffsetMin ?? clock.Least, clock.Least);
        row.ClockOffsetMax = Math.Max(row.ClockOffsetMax ?? clock.Greatest, clock.Greatest);
        row.ClockOffsetLast = clock.Last;
    }
}
