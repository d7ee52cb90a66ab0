using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;

namespace Slideport.Sam.Slides;

/// <summary>Where every slide is, as the converters tell it, and how they themselves are doing.</summary>
internal sealed class SlideDirectory(SamDatabases databases, SamWriter writer, TimeProvider time)
{
    /// <summary>After so long a silence a converter is missed.</summary>
    internal static readonly TimeSpan ConverterPatience = TimeSpan.FromSeconds(60);

    private const int DaysOfGrowth = 7;

    // Many short questions rather than one that lasts as long as its reader.
    private const int SlidesAtOnce = 2000;

    // One that was missed for so long has gone for good, as far as a SAM that starts is concerned.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, (DateTimeOffset At, ConverterHealth Health)> _converters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unwritten = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _here = new(StringComparer.Ordinal); // those that speak with this SAM
    private readonly ConcurrentDictionary<LocationTrial, bool> _trials = new();
    private TaskCompletionSource _changed = NewChange();

    /// <summary>What each converter last said of itself, to this SAM or another on the database, by its name.</summary>
    internal IReadOnlyDictionary<string, (DateTimeOffset At, ConverterHealth Health)> Converters => _converters;

    /// <summary>Takes a converter's word of itself.</summary>
    /// <returns>File locations it should try.</returns>
    internal IReadOnlyList<string> Heard(string converter, ConverterHealth health)
    {
        _converters[converter] = (time.GetUtcNow(), health);
        _unwritten[converter] = true;
        _here[converter] = time.GetUtcNow();
        return [.. _trials.Keys.Where(trial => !trial.IsAnsweredBy(converter, health)).Select(trial => trial.Location).Distinct(StringComparer.Ordinal).Take(ConverterHealth.MaxLocations)];
    }

    /// <summary>Has every converter that speaks with this SAM try to write at a file location.</summary>
    /// <param name="location">The file location; empty: each converter's own image store.</param>
    /// <param name="patience">Converters that have not answered after so long are left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What came of it, by converter.</returns>
    internal async Task<IReadOnlyDictionary<string, FileLocationHealth>> TryLocationAsync(string location, TimeSpan patience, CancellationToken cancellationToken)
    {
        var here = _here.Where(c => time.GetUtcNow() - c.Value < ConverterPatience).Select(c => c.Key);
        var trial = new LocationTrial(location, here);
        _trials.TryAdd(trial, true);
        try
        {
            await trial.Answered.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Those that have answered are told of.
        }
        finally
        {
            _trials.TryRemove(trial, out _);
        }

        return trial.Answers;
    }

    /// <summary>Writes down what converters have said here since the last time, and takes up what they have said to other SAMs.</summary>
    internal async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        var names = _unwritten.Keys.ToList();
        foreach (var name in names)
            _unwritten.TryRemove(name, out _);
        try
        {
            if (names.Count > 0)
                await WriteDownAsync(names, cancellationToken);
        }
        catch
        {
            foreach (var name in names)
                _unwritten[name] = true;
            throw;
        }

        var (from, until) = (time.GetUtcNow() - Remembered, time.GetUtcNow() + ConverterPatience); // later ones were said by a clock that was wrong
        await using var database = databases.CreateDbContext();
        foreach (var report in await database.ConverterReports.AsNoTracking().Where(r => r.At > from && r.At < until).ToListAsync(cancellationToken))
        {
            var said = (report.At, JsonSerializer.Deserialize<ConverterHealth>(report.Health, ProtocolJson.Options)!);
            _converters.AddOrUpdate(report.Converter, said, (_, here) => here.At >= report.At ? here : said);
        }
    }

    /// <summary>Completes with the next change of a slide made on this node.</summary>
    internal Task NextChangeAsync() => Volatile.Read(ref _changed).Task;

    /// <summary>Takes a converter's word of its slides, durably. What is older than what is known changes nothing.</summary>
    internal async Task TakeAsync(string converter, IReadOnlyList<SlideReport> reports, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(async writing =>
        {
            var names = reports.Select(r => r.Slide).ToHashSet(StringComparer.Ordinal);
            var known = await writing.Database.Slides.Where(s => s.Converter == converter && names.Contains(s.Name)).ToDictionaryAsync(s => s.Name, StringComparer.Ordinal, cancellationToken);
            var changes = await ChangeNumbers.BeginAsync(writing, "slides", cancellationToken);
            foreach (var report in reports)
            {
                if (!known.TryGetValue(report.Slide, out var slide))
                {
                    slide = new Slide { Converter = converter, Name = report.Slide, SeriesInstanceUid = report.SeriesInstanceUid, ReceivedAt = report.ReceivedAt, Step = -1 };
                    known.Add(report.Slide, slide);
                    writing.Database.Slides.Add(slide);
                }

                if (report.Step < slide.Step)
                    continue;
                var before = Report(slide);
                (slide.Step, slide.Revision, slide.Stage, slide.Since, slide.Reason) = (report.Step, report.Revision, report.Stage, report.Since, report.Reason);
                slide.WaitingSince = WaitingSince(slide);
                (slide.SerialNumber, slide.Instances) = (report.SerialNumber ?? slide.SerialNumber, report.Instances);
                (slide.Location, slide.Path) = report.Path is null ? (slide.Location, slide.Path) : (report.Location, report.Path);
                (slide.Bytes, slide.Sha256) = (report.Bytes ?? slide.Bytes, report.Sha256 ?? slide.Sha256);
                if (Report(slide) != before with { Since = slide.Since }) // the database keeps fewer digits of it
                    (slide.Change, slide.UpdatedAt) = (changes.Next(), writing.Now);
            }

            return true;
        }, cancellationToken);
        Interlocked.Exchange(ref _changed, NewChange()).SetResult();
    }

    // One that waits for its image store is tried every five minutes: that is one wait, not many.
    private static DateTimeOffset? WaitingSince(Slide slide) => slide.Stage switch
    {
        SlideStage.Waiting => slide.WaitingSince ?? slide.Since,
        SlideStage.Complete or SlideStage.Converting or SlideStage.Delivering => slide.WaitingSince,
        _ => null,
    };

    /// <summary>Slides that have changed after a change, each as it is now, in the order they changed.</summary>
    internal async Task<List<Slide>> ChangedAsync(long after, int take, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Slides.AsNoTracking().Where(s => s.Change > after).OrderBy(s => s.Change).Take(take).ToListAsync(cancellationToken);
    }

    /// <summary>A slide as its converter would tell of it now.</summary>
    internal static SlideReport Report(Slide slide) => new()
    {
        Slide = slide.Name,
        Revision = slide.Revision,
        Step = slide.Step,
        Stage = slide.Stage,
        Since = slide.Since,
        Reason = slide.Reason,
        SerialNumber = slide.SerialNumber,
        SeriesInstanceUid = slide.SeriesInstanceUid,
        Instances = slide.Instances,
        ReceivedAt = slide.ReceivedAt,
        Location = slide.Location,
        Path = slide.Path,
        Bytes = slide.Bytes,
        Sha256 = slide.Sha256,
    };

    /// <summary>Bytes delivered on each day of the last week on which anything came, by converter and place.</summary>
    /// <remarks>Only of such days: a week of holidays does not make the disk look endless.</remarks>
    internal async Task<IReadOnlyList<DayOfDelivery>> LastWeekAsync(CancellationToken cancellationToken)
    {
        var from = time.GetUtcNow().AddDays(-DaysOfGrowth);
        await using var database = databases.CreateDbContext();
        var delivered = await database.Slides.Where(s => s.ReceivedAt >= from && s.Bytes != null).Select(s => new { s.Converter, s.Location, s.ReceivedAt, s.Bytes }).ToListAsync(cancellationToken);
        return [.. delivered.GroupBy(s => (s.Converter, s.Location, s.ReceivedAt.UtcDateTime.Date)).Select(day => new DayOfDelivery(day.Key.Converter, day.Key.Location, day.Key.Date, day.Sum(s => (double)s.Bytes!.Value)))];
    }

    /// <summary>Where a converter delivers, as it sees it: its own image store, then the file locations that SAM names.</summary>
    /// <returns>Key: what slides name as their location; null for its own.</returns>
    internal static IEnumerable<(string? Key, FileLocationHealth Health)> Places(ConverterHealth health)
    {
        var own = new FileLocationHealth { Location = health.ImageStore, Problem = health.ImageStoreProblem, FreeBytes = health.ImageStoreFreeBytes, TotalBytes = health.ImageStoreTotalBytes };
        return [(null, own), .. health.FileLocations.Select(l => ((string?)l.Location, l))];
    }

    /// <summary>Days until a place is full at the pace of the last week; null when nobody can know.</summary>
    /// <remarks>A place that several converters fill, by the same name and of the same size to the byte, fills at the pace of all of them.</remarks>
    internal double? DaysToFull(FileLocationHealth place, IReadOnlyList<DayOfDelivery> lastWeek)
    {
        if (place is not { FreeBytes: { } free, TotalBytes: not null })
            return null;
        var sharing = (from converter in _converters
                       from p in Places(converter.Value.Health)
                       where p.Health.Location == place.Location && p.Health.TotalBytes == place.TotalBytes
                       select (converter.Key, p.Key)).ToHashSet();
        var days = lastWeek.Where(d => sharing.Contains((d.Converter, d.Location))).GroupBy(d => d.Date).Select(day => day.Sum(d => d.Bytes)).ToArray();
        return days.Length > 0 && days.Average() is > 0 and var pace ? free / pace : null;
    }

    /// <summary>Slides, the one that moved last first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="take">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<List<Slide>> ListAsync(SlideFilter filter, int take, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await filter.Apply(database.Slides.AsNoTracking()).OrderByDescending(s => s.UpdatedAt).ThenByDescending(s => s.Id).Take(take).ToListAsync(cancellationToken);
    }

    /// <summary>All slides asked for, the one that SAM heard of last first, in constant memory; slides move while they are read.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal async IAsyncEnumerable<Slide> ReadAsync(SlideFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        for (var before = long.MaxValue; ;)
        {
            var slides = await filter.Apply(database.Slides.AsNoTracking()).Where(s => s.Id < before).OrderByDescending(s => s.Id).Take(SlidesAtOnce).ToListAsync(cancellationToken);
            foreach (var slide in slides)
                yield return slide;
            if (slides.Count < SlidesAtOnce)
                yield break;
            before = slides[^1].Id;
        }
    }

    private Task<bool> WriteDownAsync(List<string> names, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var known = await writing.Database.ConverterReports.Where(r => names.Contains(r.Converter)).ToDictionaryAsync(r => r.Converter, StringComparer.Ordinal, cancellationToken);
        foreach (var name in names)
        {
            var (at, health) = _converters[name];
            var text = JsonSerializer.Serialize(health, ProtocolJson.Options);
            if (!known.TryGetValue(name, out var report))
                writing.Database.ConverterReports.Add(new ConverterReport { Converter = name, At = at, Health = text });
            else
                (report.At, report.Health) = (at, text);
        }

        return true;
    }, cancellationToken);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What a converter delivered to a file location (null: its own image store) of the slides that came on a day.</summary>
internal sealed record DayOfDelivery(string Converter, string? Location, DateTime Date, double Bytes);

/// <summary>Which slides are asked for.</summary>
/// <param name="Stage">In this stage; null: any.</param>
/// <param name="SerialNumber">Of this scanner; null: any.</param>
/// <param name="SeriesInstanceUid">Of this series; null: any.</param>
/// <param name="Before">That moved before then; null: the newest.</param>
internal sealed record SlideFilter(SlideStage? Stage, string? SerialNumber, string? SeriesInstanceUid, DateTimeOffset? Before)
{
    /// <summary>Whose first instance came not before this.</summary>
    internal DateTimeOffset? From { get; init; }

    /// <summary>Whose first instance came before this.</summary>
    internal DateTimeOffset? To { get; init; }

    internal IQueryable<Slide> Apply(IQueryable<Slide> slides)
    {
        if (Stage is { } stage)
            slides = slides.Where(s => s.Stage == stage);
        if (SerialNumber is { } serial)
            slides = slides.Where(s => s.SerialNumber == serial);
        if (SeriesInstanceUid is { } series)
            slides = slides.Where(s => s.SeriesInstanceUid == series);
        if (Before is { } before)
            slides = slides.Where(s => s.UpdatedAt < before);
        if (From is { } from)
            slides = slides.Where(s => s.ReceivedAt >= from);
        if (To is { } to)
            slides = slides.Where(s => s.ReceivedAt < to);
        return slides;
    }
}
