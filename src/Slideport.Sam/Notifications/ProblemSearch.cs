using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slideport.Files;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;
using Slideport.Sam.Dsr;
using Slideport.Sam.Events;
using Slideport.Sam.Nodes;
using Slideport.Sam.Scanners;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Notifications;

/// <summary>Looks at everything SAM knows and names what needs somebody now.</summary>
internal sealed class ProblemSearch(SamParts parts, NodeReports nodes, TimeProvider time)
{
    /// <summary>How full a disk is somebody's business.</summary>
    internal const double DiskWarning = 0.9;

    private const int MaxSlides = 1000;

    private static readonly TimeSpan SlidePatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DsrPatience = TimeSpan.FromMinutes(10);

    private readonly BrokenTrail _trail = new();

    /// <summary>Everything that is wrong now. A search that fails is one of the problems, and keeps the others from nothing.</summary>
    internal async Task<Findings> FindAsync(CancellationToken cancellationToken)
    {
        var (problems, unsearched, now) = (new List<Problem>(), new List<string>(), time.GetUtcNow());
        await LookAsync(Chore.SearchScanners, _ => OfScannersAsync(cancellationToken), ProblemKinds.ScannerOffline, ProblemKinds.ScannerClock, ProblemKinds.DiskLow);
        await LookAsync(Chore.SearchSlides, database => OfSlidesAsync(database, now, cancellationToken), ProblemKinds.SlideWaiting, ProblemKinds.SlideFailed);
        await LookAsync(Chore.SearchConverters, _ => Task.FromResult(OfConverters(now)), ProblemKinds.ConverterSilent, ProblemKinds.ImageStoreUnreachable, ProblemKinds.DiskLow);
        await LookAsync(Chore.SearchCertificates, database => CertificateProblems.FindAsync(database, now, cancellationToken), ProblemKinds.CertificateExpiring);
        await LookAsync(Chore.SearchForwarding, database => OfForwardingAsync(database, now, cancellationToken), ProblemKinds.DsrBehind, ProblemKinds.DsrRefused);
        await LookAsync(Chore.SearchEvents, database => OpenEventProblems.FindAsync(database, cancellationToken), ProblemKinds.EventCritical, ProblemKinds.EventSecurity);
        await LookAsync(Chore.SearchTrail, database => _trail.FindAsync(database, cancellationToken), ProblemKinds.AuditBroken);
        problems.AddRange(parts.OwnWork());
        problems.AddRange(nodes.Problems());
        unsearched.AddRange(nodes.Unknown());
        return new Findings(problems, unsearched);

        async Task LookAsync(Chore chore, Func<SamDatabase, Task<IEnumerable<Problem>>> search, params string[] kinds)
        {
            var isDone = await parts.Housekeeping.TryAsync(chore, async () =>
            {
                await using var database = parts.Databases.CreateDbContext();
                problems.AddRange(await search(database));
            }, cancellationToken);
            if (!isDone)
                unsearched.AddRange(kinds);
        }
    }

    private async Task<IEnumerable<Problem>> OfScannersAsync(CancellationToken cancellationToken)
    {
        var found = new List<Problem>();
        foreach (var scanner in await parts.Scanners.ListAsync(cancellationToken))
        {
            var settings = parts.Configuration.Effective(scanner.SerialNumber).Configuration;
            var presence = parts.Scanners.Presence(scanner, settings.Basic.HeartbeatSeconds);
            if (presence == ScannerPresence.Unreported)
                found.Add(new Problem(ProblemKinds.ScannerOffline, scanner.SerialNumber, $"Scanner {scanner.FriendlyName} ({scanner.SerialNumber}) has not been heard of for {ScannerDirectory.MissedHeartbeats} heartbeats; check whether it is switched on and reaches SAM."));
            if (presence == ScannerPresence.Online && parts.Scanners.LastHeard(scanner)?.Status.ClockOffsetSeconds is { } offset && Math.Abs(offset) > settings.Time.WarnOffsetSeconds)
                found.Add(new Problem(ProblemKinds.ScannerClock, scanner.SerialNumber, string.Create(CultureInfo.InvariantCulture, $"The clock of scanner {scanner.FriendlyName} ({scanner.SerialNumber}) is off by {offset:0.###} s; more than {settings.Time.WarnOffsetSeconds} s. Check whether it reaches its time server.")));
            if (presence != ScannerPresence.Retired && parts.Scanners.LastHeard(scanner)?.Status is { } status && Used(status.DiskFreeBytes, status.DiskTotalBytes) is >= DiskWarning and var used)
                found.Add(new Problem(ProblemKinds.DiskLow, scanner.SerialNumber, string.Create(CultureInfo.InvariantCulture, $"The disk of scanner {scanner.FriendlyName} ({scanner.SerialNumber}) is {used:0%} full ({status.DiskFreeBytes / 1e9:0.0} GB left); check whether its slides are taken, and make room.")));
        }

        return found;
    }

    private static async Task<IEnumerable<Problem>> OfSlidesAsync(SamDatabase database, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var before = now - SlidePatience; // what waits for a moment needs nobody
        var stuck = await database.Slides.AsNoTracking().Where(s => s.Stage == SlideStage.Failed || s.WaitingSince < before)
            .OrderBy(s => s.Since).Take(MaxSlides).ToListAsync(cancellationToken);
        return stuck.Select(s => new Problem(
            s.Stage == SlideStage.Failed ? ProblemKinds.SlideFailed : ProblemKinds.SlideWaiting, $"{s.Converter}/{s.Name}",
            $"Slide {s.SeriesInstanceUid} of scanner {s.SerialNumber ?? "(unknown)"} at converter {s.Converter} {(s.Stage == SlideStage.Failed ? "has failed" : s.Stage == SlideStage.Waiting ? "waits" : "waits and is being tried again")}: {s.Reason}"));
    }

    private IEnumerable<Problem> OfConverters(DateTimeOffset now)
    {
        foreach (var (name, (at, health)) in parts.Slides.Converters)
        {
            if (now - at > SlideDirectory.ConverterPatience)
            {
                yield return new Problem(ProblemKinds.ConverterSilent, name, $"Converter {name} has not been heard of since {at:u}; check whether it runs and reaches SAM.");
                continue;
            }

            foreach (var (key, place) in SlideDirectory.Places(health))
            {
                if (place.Problem is { } problem)
                    yield return new Problem(ProblemKinds.ImageStoreUnreachable, key is null ? name : $"{name}{key}", $"Converter {name} cannot deliver to {place.Location}: {problem}");
                if (Used(place.FreeBytes, place.TotalBytes) is >= DiskWarning and var used)
                    yield return new Problem(ProblemKinds.DiskLow, key is null ? $"{name}/imagestore" : $"{name}{key}", string.Create(CultureInfo.InvariantCulture, $"The image file system {place.Location} of converter {name} is {used:0%} full ({place.FreeBytes / 1e9:0.0} GB left)."));
            }

            if (Used(health.SpoolFreeBytes, health.SpoolTotalBytes) is >= DiskWarning and var spool)
                yield return new Problem(ProblemKinds.DiskLow, $"{name}/spool", string.Create(CultureInfo.InvariantCulture, $"The spool's disk of converter {name} is {spool:0%} full ({health.SpoolFreeBytes / 1e9:0.0} GB left); at 95 % it takes no more slides."));
        }
    }

    private async Task<IEnumerable<Problem>> OfForwardingAsync(SamDatabase database, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new List<Problem>();
        var late = now - DsrPatience;
        var tried = new List<OutboxMessage?>();
        foreach (var route in DsrRoute.All(parts.Configuration))
            tried.Add(await route.Of(database.Outbox.AsNoTracking().Where(m => m.DeadAt == null && m.Attempts > 0)).OrderBy(m => m.Id).FirstOrDefaultAsync(cancellationToken));
        if (tried.OfType<OutboxMessage>().MinBy(m => m.Id) is { } oldest && oldest.CreatedAt < late)
            found.Add(new Problem(ProblemKinds.DsrBehind, "dsr", $"Image {oldest.Subject} waits for its DSR since {oldest.CreatedAt:u}, tried {oldest.Attempts} times: {oldest.LastError} What waits is sent again until it is taken."));
        var dead = await database.Outbox.CountAsync(m => m.DeadAt != null, cancellationToken);
        if (dead > 0)
            found.Add(new Problem(ProblemKinds.DsrRefused, "dsr", $"The DSR has refused {dead} messages for good; 'slideport outbox list' shows them, 'slideport outbox retry' sends them again."));
        return found;
    }

    private static double? Used(long? free, long? total) => free is { } left && total is { } all ? new DiskSpace(left, all).Used : null;
}
