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

    internal double? ClockOffsetSeconds { get; init; }
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
        if (gain.ClockOffsetSeconds is not { } offset)
            return;
        row.ClockOffsetMin = Math.Min(row.ClockOffsetMin ?? offset, offset);
        row.ClockOffsetMax = Math.Max(row.ClockOffsetMax ?? offset, offset);
        row.ClockOffsetLast = offset;
    }
}
