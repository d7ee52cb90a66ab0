using System.Data.Common;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.Protocol.Readiness;

namespace Slideport.Dsr.Monitoring;

/// <summary>How the DSR is doing now: what the gauges show, and whether it is ready.</summary>
/// <remarks>Whoever looks at a gauge waits for nothing: the readiness checks ask the database and the image file systems, and what they said is remembered.
/// Slides by the million are counted once in a minute however often somebody checks.</remarks>
internal sealed class DsrWatch(DsrDatabases databases, SlideCounts counts, ImageLocations locations, LocationHealth health)
{
    private static readonly TimeSpan CountHolds = TimeSpan.FromMinutes(1);

    private volatile Glance _glance = new([], []);
    private volatile IReadOnlyList<LocationView> _locations = [];

    private sealed record Glance(IReadOnlyList<(SlideFileState State, int Count)> Slides, IReadOnlyList<(string Queue, int Count)> Queues);

    /// <summary>What the DSR needs.</summary>
    internal IEnumerable<ReadinessCheck> Checks => [new("database", DatabaseProblemAsync), new("image store", StoreProblemAsync)];

    internal IEnumerable<Measurement<long>> Slides() => _glance.Slides.Select(s => new Measurement<long>(s.Count, new KeyValuePair<string, object?>("state", s.State.ToString().ToLowerInvariant())));

    internal IEnumerable<Measurement<long>> Queues() => _glance.Queues.Select(q => new Measurement<long>(q.Count, new KeyValuePair<string, object?>("queue", q.Queue)));

    internal IEnumerable<Measurement<double>> TimeToFull() =>
        from location in _locations
        let days = location.DaysToFull
        where days is not null
        select Of(location, TimeSpan.SecondsPerDay * days.Value);

    internal IEnumerable<Measurement<double>> Room(Func<LocationView, long?> of) =>
        from location in _locations
        let bytes = of(location)
        where bytes is not null
        select Of(location, bytes.Value);

    private static Measurement<double> Of(LocationView location, double value) => new(value, new KeyValuePair<string, object?>("location", location.Location));

    private async Task<string?> DatabaseProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var database = databases.CreateDbContext();
            var kinds = await counts.CountAsync(CountHolds, cancellationToken);
            _glance = new Glance(
                [.. Enum.GetValues<SlideFileState>().Select(state => (state, kinds.Where(k => k.State == state).Sum(k => k.Count)))],
                [("arriving", await database.Arrivals.CountAsync(cancellationToken)), ("awaited", await database.Images.CountAsync(i => i.SlideId == null, cancellationToken)), ("openings", await database.Openings.CountAsync(cancellationToken))]);
            return null;
        }
        catch (Exception e) when (e is DbException or InvalidOperationException or TimeoutException)
        {
            return $"The database cannot be asked: {e.Message}";
        }
    }

    private async Task<string?> StoreProblemAsync(CancellationToken cancellationToken)
    {
        _locations = await health.LookAsync(CountHolds, cancellationToken);
        var problems = _locations.Where(l => l.Problem is not null).Select(l => $"'{l.Location}': {l.Problem}").ToList();
        return problems.Count == 0 ? null : problems.Count < locations.All.Count ? $"{string.Join(' ', problems)} The others are there." : string.Join(' ', problems);
    }
}
