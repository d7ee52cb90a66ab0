using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Database;
using Slideport.Files;

namespace Slideport.Dsr.Locations;

/// <summary>How an image file system is doing.</summary>
/// <param name="Location">Where it is.</param>
/// <param name="Problem">What is in the way; null: nothing.</param>
/// <param name="FreeBytes">Room left; null: not known.</param>
/// <param name="TotalBytes">Its size; null: not known.</param>
/// <param name="DaysToFull">At the pace of the last week; null: nobody can know.</param>
/// <param name="Slides">In the catalogue.</param>
/// <param name="Bytes">They have.</param>
internal sealed record LocationView(string Location, string? Problem, long? FreeBytes, long? TotalBytes, double? DaysToFull, int Slides, long Bytes);

/// <summary>Looks at the image file systems, within some seconds whatever they do.</summary>
internal sealed class LocationHealth(ImageLocations locations, DsrDatabases databases, TimeProvider time)
{
    private const int DaysOfGrowth = 7;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // One that hangs holds one thread, however often it is looked at.
    private readonly ConcurrentDictionary<string, Task<(string? Problem, DiskSpace? Space)>> _looks = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, (Contents Contents, long At)> _counted = new(StringComparer.Ordinal);

    // What the catalogue has at a place.
    private sealed record Contents(int Slides, long Bytes, long Grown);

    /// <summary>All of them.</summary>
    /// <param name="counted">How long ago the slides may have been counted: that takes all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<IReadOnlyList<LocationView>> LookAsync(TimeSpan counted, CancellationToken cancellationToken) =>
        await Task.WhenAll(locations.All.Select(location => LookAsync(location, counted, cancellationToken)));

    private async Task<LocationView> LookAsync(string location, TimeSpan counted, CancellationToken cancellationToken)
    {
        var (problem, space) = await TryLookAsync(location);
        var contents = _counted.TryGetValue(location, out var known) && time.GetElapsedTime(known.At) < counted ? known.Contents : await CountAsync(location, cancellationToken);
        double? days = space is { } room && contents.Grown > 0 ? room.FreeBytes / ((double)contents.Grown / DaysOfGrowth) : null;
        return new LocationView(location, problem, space?.FreeBytes, space?.TotalBytes, days, contents.Slides, contents.Bytes);
    }

    private async Task<Contents> CountAsync(string location, CancellationToken cancellationToken)
    {
        var (at, from) = (time.GetTimestamp(), time.GetUtcNow().AddDays(-DaysOfGrowth));
        await using var database = databases.CreateDbContext();
        var there = database.Slides.Where(s => s.Place == location && s.State != SlideFileState.Missing && s.State != SlideFileState.Removed);
        var slides = await there.GroupBy(_ => 1).Select(all => new { Count = all.Count(), Bytes = all.Sum(s => s.Bytes) }).SingleOrDefaultAsync(cancellationToken);
        var contents = new Contents(slides?.Count ?? 0, slides?.Bytes ?? 0, await there.Where(s => s.LastWrite >= from).SumAsync(s => s.Bytes, cancellationToken));
        _counted[location] = (contents, at);
        return contents;
    }

    private async Task<(string? Problem, DiskSpace? Space)> TryLookAsync(string location)
    {
        var look = _looks.GetOrAdd(location, name => Task.Run(() => LookNowAsync(name)));
        _ = look.ContinueWith(_ => _looks.TryRemove(KeyValuePair.Create(location, look)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await look.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return ($"It has not answered within {Patience.TotalSeconds:0} s; check the server and the network.", null);
        }
    }

    private async Task<(string? Problem, DiskSpace? Space)> LookNowAsync(string location)
    {
        try
        {
            await locations.CheckAsync(location, CancellationToken.None);
            return (null, locations.StoreOf(location).Space());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (e.Message, null);
        }
    }
}
