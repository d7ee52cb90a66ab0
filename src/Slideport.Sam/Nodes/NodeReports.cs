using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Nodes;

/// <summary>
/// What is wrong with each of the machines that the SAMs on a database run on. Only the SAM there can see it, and one SAM tells for all: each looks
/// at its own machine and leaves word of it in the database.
/// </summary>
/// <remarks>
/// Who leaves no word any more is silent, which is a problem itself; what it said last stays true as far as anybody knows. As with the lease, nobody's
/// wall clock decides: a report that has not changed for <see cref="Patience"/> on the reader's stopwatch is old.
/// </remarks>
/// <param name="parts">SAM.</param>
/// <param name="name">This SAM among those on the database, the same at its next start.</param>
/// <param name="time">Clock.</param>
internal sealed class NodeReports(SamParts parts, string name, TimeProvider time)
{
    /// <summary>How long one may leave no word; shorter than an alert needs to be over, so that one that takes over ends none.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(15);

    // One that has been silent for so long was taken away.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    // Who has read nothing for so long has not seen that the others were silent.
    private static readonly TimeSpan Blink = Patience / 2;

    // An older or newer version may say more.
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private static readonly string[] OfMachines = [ProblemKinds.SamClock, ProblemKinds.DiskLow, ProblemKinds.CertificateExpiring];

    private Dictionary<string, Seen>? _others; // null: never read
    private long _readAt;
    private IReadOnlyList<Problem>? _machine; // null: never looked at
    private (string Problems, long At)? _left;

    // Of another's report: when it says it was written, when that was first seen here, and since when it has been looked for without a pause.
    private sealed record Seen(DateTimeOffset Written, long Since, long At, bool IsStopped, IReadOnlyList<Problem> Problems);

    /// <summary>Looks at this machine, and exchanges with the others.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        await parts.Housekeeping.TryAsync(Chore.SearchMachine, () =>
        {
            _machine = [.. MachineProblems.Find(parts, time.GetUtcNow())];
            return Task.CompletedTask;
        }, cancellationToken);
        if (parts.Lease.IsAlone)
            _others = [];
        else
            await parts.Housekeeping.TryAsync(Chore.Nodes, () => ExchangeAsync(cancellationToken), cancellationToken);
    }

    /// <summary>What is wrong with this machine, and what the other SAMs say of theirs and of their work.</summary>
    internal IEnumerable<Problem> Problems()
    {
        foreach (var problem in _machine ?? [])
            yield return problem;
        foreach (var (node, seen) in (_others ?? []).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            if (!seen.IsStopped && time.GetElapsedTime(seen.At) >= Patience)
                yield return new Problem(ProblemKinds.SamSilent, node, $"The SAM at {node} has left no word in the database since {seen.Written:u}; check whether it runs and reaches the database. If it was taken away, it is forgotten after a day.");
            foreach (var problem in seen.Problems)
                yield return problem;
        }
    }

    /// <summary>Kinds of problem of which nobody knows yet whether there are any.</summary>
    internal IEnumerable<string> Unknown() => _others is null ? [.. OfMachines, ProblemKinds.SamSilent, ProblemKinds.Housekeeping] : _machine is null ? OfMachines : [];

    /// <summary>It stops, and is not missed; what is wrong with its machine stays so.</summary>
    internal async Task LeaveAsync()
    {
        if (parts.Lease.IsAlone)
            return;
        await using var database = parts.Databases.CreateDbContext();
        await database.NodeReports.Where(r => r.Node == name).ExecuteUpdateAsync(set => set.SetProperty(r => r.IsStopped, true));
    }

    private async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        var problems = JsonSerializer.Serialize((_machine ?? []).Concat(parts.OwnWork()), Json);
        if (_left is { } left && left.Problems == problems && time.GetElapsedTime(left.At) < Rhythm)
            return;
        var at = time.GetTimestamp();
        await LeaveWordAsync(problems, cancellationToken);
        _left = (problems, at);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var database = parts.Databases.CreateDbContext();
        var reports = await database.NodeReports.AsNoTracking().Where(r => r.Node != name).ToListAsync(cancellationToken);
        var (now, before) = (time.GetTimestamp(), _others ?? []);
        var hasBlinked = time.GetElapsedTime(_readAt) >= Blink;
        _others = reports.ToDictionary(
            r => r.Node,
            r => before.TryGetValue(r.Node, out var seen) && seen.Written == r.At && seen.IsStopped == r.IsStopped
                ? hasBlinked ? seen with { At = now } : seen
                : new Seen(r.At, now, now, r.IsStopped, JsonSerializer.Deserialize<IReadOnlyList<Problem>>(r.Problems, Json)!),
            StringComparer.Ordinal);
        _readAt = now;
        foreach (var (node, seen) in _others.Where(o => time.GetElapsedTime(o.Value.Since) >= Remembered))
            await database.NodeReports.Where(r => r.Node == node && r.At == seen.Written).ExecuteDeleteAsync(cancellationToken);
    }

    private Task<bool> LeaveWordAsync(string problems, CancellationToken cancellationToken) => parts.Writer.WriteAsync(async writing =>
    {
        if (await writing.Database.NodeReports.SingleOrDefaultAsync(r => r.Node == name, cancellationToken) is not { } report)
            writing.Database.NodeReports.Add(report = new NodeReport { Node = name, At = writing.Now, Problems = problems });
        (report.At, report.IsStopped, report.Problems) = (writing.Now, false, problems);
        return true;
    }, cancellationToken);
}
