using System.Data.Common;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Slideport.Files;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Readiness;
using Slideport.Sam.Audit.Repository;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Dsr;
using Slideport.Sam.Notifications;
using Slideport.Sam.Scanners;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Monitoring;

/// <summary>How SAM and its fleet are doing now: what the gauges show, and whether SAM is ready.</summary>
/// <remarks>A database that is away must not hang whoever looks at a gauge: it is asked by the readiness check alone, and what it said is remembered.</remarks>
internal sealed class SamWatch(SamParts parts, CertificateAuthority authority, RepositoryForwarder? repository, TimeProvider time)
{
    // Converters name themselves; what no installation has is not counted.
    private const int MaxConverters = 100;

    // Reads a week of slides, and changes slowly.
    private static readonly TimeSpan GrowthPeriod = TimeSpan.FromMinutes(10);

    private readonly ScannerDirectory _scanners = parts.Scanners;
    private readonly SlideDirectory _slides = parts.Slides;
    private readonly ConfigurationStore _configuration = parts.Configuration;
    private volatile Glance _glance = new([], [], []);
    private long? _growthAskedAt;
    private volatile IReadOnlyList<DayOfDelivery> _lastWeek = [];

    // Of a queue: how much waits, and since when the oldest does.
    private sealed record Queue(string Name, long Size, DateTimeOffset? Oldest);

    private sealed record Glance(IReadOnlyList<Scanner> Scanners, IReadOnlyList<Queue> Queues, IReadOnlyList<(string Holder, DateTimeOffset NotAfter)> Certificates);

    /// <summary>What SAM needs.</summary>
    internal IReadOnlyList<ReadinessCheck> Checks => [new("database", DatabaseProblemAsync)];

    internal IEnumerable<Measurement<double>> ScannersUp() =>
        _glance.Scanners.Select(s => Of(s, _scanners.Presence(s, _configuration.Effective(s.SerialNumber).Configuration.Basic.HeartbeatSeconds) == ScannerPresence.Online ? 1 : 0));

    internal IEnumerable<Measurement<double>> ScannersHeard() =>
        from scanner in _glance.Scanners
        let heard = _scanners.LastHeard(scanner)
        where heard is not null
        select Of(scanner, heard.Value.At.ToUnixTimeMilliseconds() / 1000.0);

    internal IEnumerable<Measurement<double>> ClockOffsets() =>
        from scanner in _glance.Scanners
        let offset = _scanners.LastHeard(scanner)?.Status.ClockOffsetSeconds
        where offset is not null
        select Of(scanner, offset.Value);

    internal IEnumerable<Measurement<double>> ConvertersUp() =>
        Converters().Select(c => new Measurement<double>(time.GetUtcNow() - c.Value.At <= SlideDirectory.ConverterPatience ? 1 : 0, Converter(c.Key)));

    internal IEnumerable<Measurement<double>> TimeToFull() =>
        from converter in Converters()
        from place in SlideDirectory.Places(converter.Value.Health)
        let days = _slides.DaysToFull(place.Health, _lastWeek)
        where days is not null
        select new Measurement<double>(TimeSpan.SecondsPerDay * days.Value, Converter(converter.Key), new KeyValuePair<string, object?>("location", place.Health.Location));

    internal IEnumerable<Measurement<double>> Room(Func<DiskSpace, double> of) => parts.Disks.Spaces().Select(s => new Measurement<double>(of(s.Space), new KeyValuePair<string, object?>("filesystem", s.Disk.Name)));

    internal IEnumerable<Measurement<double>> Housekeeping() => Chore.All.Select(c => new Measurement<double>(parts.Housekeeping.IsWorking(c) ? 1 : 0, new KeyValuePair<string, object?>("work", c.Name)));

    internal IEnumerable<Measurement<long>> QueueSizes() => _glance.Queues.Select(q => new Measurement<long>(q.Size, Named(q)));

    internal IEnumerable<Measurement<double>> QueueAges() =>
        _glance.Queues.Select(q => new Measurement<double>(q.Oldest is { } oldest ? Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds) : 0, Named(q)));

    internal IEnumerable<Measurement<double>> Certificates() =>
        _glance.Certificates.Select(c => new Measurement<double>((c.NotAfter - time.GetUtcNow()).TotalSeconds, new KeyValuePair<string, object?>("holder", c.Holder)));

    private async Task<string?> DatabaseProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
            return null;
        }
        catch (Exception e) when (e is DbException or InvalidOperationException or TimeoutException)
        {
            return $"The database cannot be asked: {e.Message}";
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_growthAskedAt is not { } asked || time.GetElapsedTime(asked) >= GrowthPeriod)
        {
            _lastWeek = await _slides.LastWeekAsync(cancellationToken);
            _growthAskedAt = time.GetTimestamp();
        }

        var scanners = await _scanners.ListAsync(cancellationToken);
        await using var database = parts.Databases.CreateDbContext();
        _glance = new Glance([.. scanners.Where(s => s.RetiredAt is null)], await QueuesAsync(database, cancellationToken), await CertificatesAsync(database, cancellationToken));
    }

    private async Task<IReadOnlyList<Queue>> QueuesAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        var waiting = database.Outbox.Where(m => m.DeadAt == null);
        var dead = database.Outbox.Where(m => m.DeadAt != null);
        var queues = new List<Queue>
        {
            new("dsr_dead", await dead.CountAsync(cancellationToken), await dead.OrderBy(m => m.Id).Select(m => (DateTimeOffset?)m.CreatedAt).FirstOrDefaultAsync(cancellationToken)),
            new("notifications", await database.Notifications.CountAsync(cancellationToken), await database.Notifications.OrderBy(n => n.Id).Select(n => (DateTimeOffset?)n.CreatedAt).FirstOrDefaultAsync(cancellationToken)),
        };
        // Without a DSR, or a repository, nothing waits for anybody, however much lies there for one that may come.
        if (DsrRoute.All(_configuration) is { Count: > 0 } routes)
            queues.Add(await DsrQueueAsync(waiting, routes, cancellationToken));
        if (repository is not null)
        {
            var sent = repository.Sent;
            var rest = database.Audit.Where(e => e.Sequence > sent);
            queues.Add(new("audit_repository", await rest.CountAsync(cancellationToken), await rest.OrderBy(e => e.Sequence).Select(e => (DateTimeOffset?)e.At).FirstOrDefaultAsync(cancellationToken)));
        }

        return queues;
    }

    private static async Task<Queue> DsrQueueAsync(IQueryable<OutboxMessage> waiting, IReadOnlyList<DsrRoute> routes, CancellationToken cancellationToken)
    {
        var (size, oldest) = (0L, (DateTimeOffset?)null);
        foreach (var route in routes)
        {
            size += await route.Of(waiting).CountAsync(cancellationToken);
            if (await route.Of(waiting).OrderBy(m => m.Id).Select(m => (DateTimeOffset?)m.CreatedAt).FirstOrDefaultAsync(cancellationToken) is { } first && !(oldest <= first))
                oldest = first;
        }

        return new Queue("dsr", size, oldest);
    }

    // One that was renewed counts by its last certificate.
    private async Task<IReadOnlyList<(string Holder, DateTimeOffset NotAfter)>> CertificatesAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        var held = await database.Certificates.AsNoTracking().Where(c => c.RevokedAt == null).Select(c => new { c.Holder, c.NotAfter }).ToListAsync(cancellationToken);
        return [.. held.GroupBy(c => c.Holder, StringComparer.Ordinal).Select(g => (g.Key, g.Max(c => c.NotAfter))), ("authority", new DateTimeOffset(authority.Certificate.NotAfter))];
    }

    private IEnumerable<KeyValuePair<string, (DateTimeOffset At, Protocol.Slides.ConverterHealth Health)>> Converters() =>
        _slides.Converters.OrderBy(c => c.Key, StringComparer.Ordinal).Take(MaxConverters);

    private static Measurement<double> Of(Scanner scanner, double value) => new(value, new KeyValuePair<string, object?>("scanner", scanner.SerialNumber));

    private static KeyValuePair<string, object?> Converter(string name) => new("converter", name);

    private static KeyValuePair<string, object?> Named(Queue queue) => new("queue", queue.Name);
}
