using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Status;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Statistics;

namespace Slideport.Sam.Scanners;

/// <summary>How a scanner is doing, as SAM can know it.</summary>
internal enum ScannerPresence
{
    /// <summary>It was never heard of.</summary>
    New,

    /// <summary>Its heartbeats come.</summary>
    Online,

    /// <summary>Three of its heartbeats are missing.</summary>
    Unreported,

    /// <summary>It was taken out of service.</summary>
    Retired,
}

/// <summary>
/// The scanners, and what they last said. Heartbeats are held in memory and written down every few seconds, all in one transaction: two
/// thousand scanners are then no load, and a crash costs the last seconds of what the next heartbeats repeat.
/// </summary>
internal sealed class ScannerDirectory(SamDatabases databases, SamWriter writer, CertificateRegistry registry, SamMetrics metrics, TimeProvider time)
{
    internal const int MissedHeartbeats = 3;

    // How far apart the clocks of two nodes may be. What the database has of a later time was said by one that was wrong and has been set right.
    private static readonly TimeSpan ClockPatience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, Heartbeat> _heard = new();

    // Gain: what has happened since the last writing down; null when nothing has.
    private sealed record Heartbeat(DateTimeOffset At, ScannerStatus Status, HourGain? Gain);

    /// <summary>Takes a heartbeat.</summary>
    /// <param name="scannerId">Whose.</param>
    /// <param name="status">What it says.</param>
    /// <param name="heartbeatSeconds">How often it is to be heard: a longer silence than <see cref="MissedHeartbeats"/> of them is not counted as time online.</param>
    internal void Heard(Guid scannerId, ScannerStatus status, int heartbeatSeconds)
    {
        metrics.Heard();
        var now = time.GetUtcNow();
        _heard.AddOrUpdate(
            scannerId,
            _ => new Heartbeat(now, status, Gain(null, status, 0)),
            (_, before) =>
            {
                var silence = (now - before.At).TotalSeconds;
                return new Heartbeat(now, status, Gain(before, status, silence <= heartbeatSeconds * MissedHeartbeats ? Math.Max(silence, 0) : 0));
            });
    }

    /// <summary>The last heartbeat: heard here, or by another node, which has written it down.</summary>
    internal (DateTimeOffset At, ScannerStatus Status)? LastHeard(Scanner scanner)
    {
        if (_heard.TryGetValue(scanner.Id, out var heard) && !IsLater(scanner.LastHeardAt, heard.At))
            return (heard.At, heard.Status);
        return scanner is { LastHeardAt: { } at, Status: { } json } ? (at, JsonSerializer.Deserialize<ScannerStatus>(json, ProtocolJson.Options)!) : null;
    }

    /// <summary>Whether a scanner is there.</summary>
    /// <param name="scanner">Its row.</param>
    /// <param name="heartbeatSeconds">How often it is to be heard.</param>
    internal ScannerPresence Presence(Scanner scanner, int heartbeatSeconds)
    {
        if (scanner.RetiredAt is not null)
            return ScannerPresence.Retired;
        if (LastHeard(scanner) is not { } heard)
            return ScannerPresence.New;
        return time.GetUtcNow() - heard.At <= TimeSpan.FromSeconds(heartbeatSeconds * MissedHeartbeats) ? ScannerPresence.Online : ScannerPresence.Unreported;
    }

    /// <summary>All scanners, by friendly name.</summary>
    internal async Task<List<Scanner>> ListAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Scanners.AsNoTracking().OrderBy(s => s.FriendlyName).ThenBy(s => s.SerialNumber).ToListAsync(cancellationToken);
    }

    /// <summary>Adds a scanner.</summary>
    /// <returns>False when there is one of that serial number.</returns>
    internal async Task<bool> AddAsync(Scanner scanner, Actor actor, CancellationToken cancellationToken)
    {
        var added = await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.Scanners.AnyAsync(s => s.SerialNumber == scanner.SerialNumber, cancellationToken))
                return false;
            writing.Database.Scanners.Add(scanner);
            writing.Audit(actor, "scanner.add", Holders.Scanner(scanner.SerialNumber), after: Describe(scanner));
            return true;
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return added;
    }

    /// <summary>Changes what people call a scanner and where it stands.</summary>
    /// <returns>False when there is none of that serial number.</returns>
    internal Task<bool> ChangeAsync(string serialNumber, ScannerChange change, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Scanners.SingleOrDefaultAsync(s => s.SerialNumber == serialNumber, cancellationToken) is not { } scanner)
            return false;
        var before = Describe(scanner);
        (scanner.Model, scanner.FriendlyName, scanner.Location) = (change.Model ?? scanner.Model, change.FriendlyName ?? scanner.FriendlyName, change.Location ?? scanner.Location);
        writing.Audit(actor, "scanner.change", Holders.Scanner(serialNumber), before, Describe(scanner));
        return true;
    }, cancellationToken);

    /// <summary>Takes a scanner out of service: its certificates are revoked, its PINs removed, what it made stays.</summary>
    /// <returns>False when there is none of that serial number in service.</returns>
    internal async Task<bool> RetireAsync(string serialNumber, string reason, Actor actor, CancellationToken cancellationToken)
    {
        var (holder, foreign) = (Holders.Scanner(serialNumber), Holders.Foreign(serialNumber));
        var retired = await writer.WriteAsync(async writing =>
        {
            var scanner = await writing.Database.Scanners.SingleOrDefaultAsync(s => s.SerialNumber == serialNumber && s.RetiredAt == null, cancellationToken);
            if (scanner is null)
                return false;
            scanner.RetiredAt = writing.Now;
            foreach (var certificate in await writing.Database.Certificates.Where(c => (c.Holder == holder || c.Holder == foreign) && c.RevokedAt == null).ToListAsync(cancellationToken))
                (certificate.RevokedAt, certificate.RevocationReason) = (writing.Now, reason);
            writing.Database.Pins.RemoveRange(await writing.Database.Pins.Where(p => p.ScannerId == scanner.Id).ToListAsync(cancellationToken));
            writing.Audit(actor, "scanner.retire", holder, after: reason);
            return true;
        }, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        return retired;
    }

    /// <summary>Writes down the heartbeats that have come since the last time; what could not be written is kept for the next.</summary>
    internal async Task WriteDownAsync(CancellationToken cancellationToken)
    {
        var fresh = TakeFresh();
        if (fresh.Count == 0)
            return;
        try
        {
            await WriteAsync(fresh, cancellationToken);
        }
        catch
        {
            foreach (var (id, heard) in fresh)
                _heard.AddOrUpdate(id, heard, (_, later) => later with { Gain = later.Gain is { } gain ? heard.Gain!.Value.Then(gain) : heard.Gain });
            throw;
        }
    }

    private Task<bool> WriteAsync(Dictionary<Guid, Heartbeat> fresh, CancellationToken cancellationToken) => writer.WriteAsync(
        async writing =>
        {
            foreach (var chunk in fresh.Keys.Chunk(500))
            {
                foreach (var scanner in await writing.Database.Scanners.Where(s => chunk.Contains(s.Id)).ToListAsync(cancellationToken))
                {
                    var heard = fresh[scanner.Id];
                    if (IsLater(scanner.LastHeardAt, heard.At))
                        continue; // it has moved to another node, which was faster
                    (scanner.LastHeardAt, scanner.AcknowledgedVersion) = (heard.At, heard.Status.ConfigurationVersion);
                    scanner.Status = JsonSerializer.Serialize(heard.Status, ProtocolJson.Options);
                }
            }

            await ScannerHours.AddAsync(writing, fresh.Select(f => (f.Key, f.Value.Gain!.Value)), cancellationToken);
            return true;
        },
        cancellationToken);

    private bool IsLater(DateTimeOffset? written, DateTimeOffset heard) => written > heard && written <= time.GetUtcNow() + ClockPatience;

    // What has been gained goes out of memory into the caller's hands; what is heard from now on is a gain of its own.
    private Dictionary<Guid, Heartbeat> TakeFresh()
    {
        var fresh = new Dictionary<Guid, Heartbeat>();
        foreach (var id in _heard.Keys)
        {
            while (_heard[id] is { Gain: not null } heard)
            {
                if (!_heard.TryUpdate(id, heard with { Gain = null }, heard))
                    continue; // a heartbeat came in between
                fresh.Add(id, heard);
                break;
            }
        }

        return fresh;
    }

    private static HourGain Gain(Heartbeat? before, ScannerStatus status, double onlineSeconds)
    {
        var gain = new HourGain
        {
            Errors = status.State == ScannerState.Error && before?.Status.State != ScannerState.Error ? 1 : 0,
            OnlineSeconds = onlineSeconds,
            Clock = ClockOffsets.Of(status.ClockOffsetSeconds),
        };
        return before?.Gain is { } earlier ? earlier.Then(gain) : gain;
    }

    private static string Describe(Scanner scanner) => $"{scanner.Model}; {scanner.FriendlyName}; {scanner.Location}";
}
