using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Http;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Api;

/// <summary>What has happened and how things stand: converters, statistics per scanner and hour or day.</summary>
internal static class StatisticsApi
{
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(400);

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/converters", ConvertersAsync).RequireAuthorization(Policies.View).WithName("ListConverters").Produces<IReadOnlyList<ConverterView>>().WithSummary("The converters: room, slides by stage, the oldest one not delivered, days until the image file system is full.");
        api.MapGet("/statistics", StatisticsAsync).RequireAuthorization(Policies.View).WithName("GetStatistics").Produces<IReadOnlyList<StatisticsView>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Images, bytes, scan times, errors, events, time online and clock offsets per scanner and hour or day.");
    }

    private static async Task<IResult> ConvertersAsync(SlideDirectory slides, CancellationToken cancellationToken)
    {
        var lastWeek = await slides.LastWeekAsync(cancellationToken);
        return Results.Ok(slides.Converters.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new ConverterView(c.Key, c.Value.At, c.Value.Health, [.. SlideDirectory.Places(c.Value.Health).Select(p => new PlaceView(p.Health.Location, p.Health.Problem, p.Health.FreeBytes, p.Health.TotalBytes, slides.DaysToFull(p.Health, lastWeek)))])));
    }

    private static async Task<IResult> StatisticsAsync(
        SamDatabases databases, TimeProvider time, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to, [FromQuery] string? serialNumber,
        CancellationToken cancellationToken, [FromQuery] string by = "day")
    {
        var (start, end) = (from ?? time.GetUtcNow().AddDays(-7), to ?? time.GetUtcNow());
        if (by is not ("hour" or "day"))
            return Problems.Invalid([new("by", "Write hour or day.")]);
        if (end < start || end - start > LongestSpan)
            return Problems.Invalid([new("from", $"Ask for at most {LongestSpan.TotalDays} days, from before to.")]);
        await using var database = databases.CreateDbContext();
        var rows = await (
            from hour in database.ScannerHours.AsNoTracking()
            join scanner in database.Scanners on hour.ScannerId equals scanner.Id
            where hour.Hour >= start && hour.Hour <= end && (serialNumber == null || scanner.SerialNumber == serialNumber)
            select new { scanner.SerialNumber, Hour = hour }).ToListAsync(cancellationToken);
        return Results.Ok(rows
            .GroupBy(r => (r.SerialNumber, Start: by == "hour" ? r.Hour.Hour : new DateTimeOffset(r.Hour.Hour.UtcDateTime.Date, TimeSpan.Zero)))
            .OrderBy(g => g.Key.Start).ThenBy(g => g.Key.SerialNumber, StringComparer.Ordinal)
            .Select(g => new StatisticsView(g.Key.SerialNumber, g.Key.Start, g.Select(r => r.Hour))));
    }
}

/// <summary>A converter as the list shows it.</summary>
/// <param name="Converter">Its name.</param>
/// <param name="LastHeardAt">When it last said how it is doing.</param>
/// <param name="Health">What it said.</param>
/// <param name="Places">Where it delivers: its own image store first, then the file locations that SAM names.</param>
internal sealed record ConverterView(string Converter, DateTimeOffset LastHeardAt, ConverterHealth Health, IReadOnlyList<PlaceView> Places);

/// <summary>How a place that slides are delivered to is doing, and how long it will do.</summary>
/// <param name="Location">Its path.</param>
/// <param name="Problem">Why slides cannot be delivered there now; null when they can.</param>
/// <param name="FreeBytes">Bytes left there; null when it cannot be asked.</param>
/// <param name="TotalBytes">Bytes it has in all; null when it cannot be asked.</param>
/// <param name="DaysToFull">At the pace of the last week; null when nobody can know.</param>
internal sealed record PlaceView(string Location, string? Problem, long? FreeBytes, long? TotalBytes, double? DaysToFull);

/// <summary>One scanner in one hour or day.</summary>
internal sealed record StatisticsView
{
    internal StatisticsView(string serialNumber, DateTimeOffset start, IEnumerable<ScannerHour> hours)
    {
        (SerialNumber, Start) = (serialNumber, start);
        foreach (var hour in hours.OrderBy(h => h.Hour))
        {
            Images += hour.Images;
            Bytes += hour.Bytes;
            ScanSeconds += hour.ScanSeconds;
            LongestScanSeconds = Math.Max(LongestScanSeconds, hour.LongestScanSeconds);
            Errors += hour.Errors;
            Events += hour.Events;
            CriticalEvents += hour.CriticalEvents;
            OnlineSeconds += hour.OnlineSeconds;
            if (hour.ClockOffsetLast is null)
                continue;
            ClockOffsetMin = Math.Min(ClockOffsetMin ?? double.MaxValue, hour.ClockOffsetMin!.Value);
            ClockOffsetMax = Math.Max(ClockOffsetMax ?? double.MinValue, hour.ClockOffsetMax!.Value);
            ClockOffsetLast = hour.ClockOffsetLast;
        }
    }

    /// <summary>The scanner.</summary>
    public string SerialNumber { get; }

    /// <summary>Where the hour or day (UTC) begins.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>Images it told of.</summary>
    public int Images { get; }

    /// <summary>Bytes of their instances.</summary>
    public long Bytes { get; }

    /// <summary>Seconds it scanned, all images together.</summary>
    public double ScanSeconds { get; }

    /// <summary>Seconds the longest scan took.</summary>
    public double LongestScanSeconds { get; }

    /// <summary>How often it went into its error state.</summary>
    public int Errors { get; }

    /// <summary>Events of it that SAM was told of.</summary>
    public int Events { get; }

    /// <summary>Those among them that need somebody.</summary>
    public int CriticalEvents { get; }

    /// <summary>Seconds its heartbeats cover.</summary>
    public double OnlineSeconds { get; }

    /// <summary>Least offset of its clock, in seconds; null when it told none.</summary>
    public double? ClockOffsetMin { get; }

    /// <summary>Greatest offset of its clock, in seconds; null when it told none.</summary>
    public double? ClockOffsetMax { get; }

    /// <summary>Last offset of its clock, in seconds; null when it told none.</summary>
    public double? ClockOffsetLast { get; }
}
