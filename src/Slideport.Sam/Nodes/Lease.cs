using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Sam.Nodes;

/// <summary>
/// Work that only one of the SAMs on a database does: telling whoever is in charge, bringing metadata to the DSR and the audit trail to its
/// repository. Each SAM asks for the lease's row; who holds it works, renews it, and gives it back when he stops in order. When he is gone, another takes it.
/// </summary>
/// <remarks>
/// Nobody's wall clock decides, the database's neither: clocks that disagree would let two hold it at once. The row counts renewals. Who sees the same
/// count for <see cref="Patience"/> on his own stopwatch takes it, if it is still the same in that moment (compare and set in one statement); the holder,
/// on his, believes in it for <see cref="Term"/> from before he asked for his last renewal. Stopwatches need to agree only on how long a second is.
/// What is under way when a holder loses it may come to its end: everything sent carries a key by which it is taken once.
/// </remarks>
internal sealed class Lease(SamDatabases databases, string holder, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long a renewal is good for its holder.</summary>
    internal static readonly TimeSpan Term = TimeSpan.FromSeconds(6);

    /// <summary>How long the others see none before one of them takes over.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private const string Name = "outgoing";
    private const string Nobody = "";

    /// <summary>How often its holder renews it, and the others ask.</summary>
    internal static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1.5);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private Held? _held;
    private Seen? _seen;

    // When the renewal was asked for; of another's, when it was first seen.
    private sealed record Held(long At);

    private sealed record Seen(string Holder, long Renewals, long At);

    /// <summary>Whether the work is this SAM's now.</summary>
    internal bool IsHeld => IsAlone || (Volatile.Read(ref _held) is { } held && time.GetElapsedTime(held.At) < Term);

    /// <summary>No other SAM can be on the database: it is embedded, and this one holds its lock, which ends with the process as no row does.</summary>
    internal void HoldAlone() => IsAlone = true;

    /// <summary>Whether no other SAM can be on the database.</summary>
    internal bool IsAlone { get; private set; }

    /// <summary>Asks for it once, then keeps it or waits for it.</summary>
    internal async Task StartAsync(ILogger log, CancellationToken cancellationToken)
    {
        var isHeld = await TryAsync(cancellationToken);
        Log.LeaseMoved(log, isHeld ? "this SAM" : "another SAM on this database");
        _work = Task.Run(() => KeepAsync(log, isHeld), CancellationToken.None);
    }

    /// <summary>Takes it if it is free, or its holder gone; renews it if it is ours.</summary>
    /// <returns>Whether it is held now.</returns>
    internal async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        await using var database = databases.CreateDbContext();
        var row = await database.Leases.AsNoTracking().SingleOrDefaultAsync(l => l.Name == Name, cancellationToken);
        var isOurs = row is null ? await AddAsync(database, cancellationToken) : MayTake(row, (asked, time.GetTimestamp())) && await TakeAsync(database, row, cancellationToken);
        Volatile.Write(ref _held, isOurs ? new Held(asked) : null);
        return IsHeld;
    }

    /// <summary>Stops, and gives it back: the others need not wait.</summary>
    /// <exception cref="DbException">It could not be given back; the others wait until it is over.</exception>
    internal async Task GiveBackAsync()
    {
        await _stop.CancelAsync();
        await _work;
        Volatile.Write(ref _held, null);
        if (IsAlone)
            return;
        await using var database = databases.CreateDbContext();
        await database.Leases.Where(l => l.Name == Name && l.Holder == holder).ExecuteUpdateAsync(set => set.SetProperty(l => l.Holder, Nobody));
    }

    /// <summary>How far the audit repository has got, as the last holder left word of it; null when nobody has, or nobody else can have.</summary>
    internal async Task<string?> AuditSentAsync(CancellationToken cancellationToken)
    {
        if (IsAlone)
            return null;
        await using var database = databases.CreateDbContext();
        return await database.Leases.Where(l => l.Name == Name).Select(l => l.AuditSent).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Leaves word of it for whoever takes over.</summary>
    internal async Task LeaveAuditSentAsync(string sent, CancellationToken cancellationToken)
    {
        if (IsAlone)
            return;
        await using var database = databases.CreateDbContext();
        await database.Leases.Where(l => l.Name == Name && l.Holder == holder).ExecuteUpdateAsync(set => set.SetProperty(l => l.AuditSent, sent), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task KeepAsync(ILogger log, bool wasHeld)
    {
        using var timer = new PeriodicTimer(Rhythm, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var isHeld = await TryOrKeepAsync();
                if (isHeld != wasHeld)
                    Log.LeaseMoved(log, isHeld ? "this SAM" : "another SAM on this database, or nobody while it is away");
                wasHeld = isHeld;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It stops.
        }
    }

    // A database that is away is told by the housekeeping; the lease runs out meanwhile.
    private async Task<bool> TryOrKeepAsync()
    {
        try
        {
            return await TryAsync(_stop.Token);
        }
#pragma warning disable CA1031 // Whatever it was, it is asked for again: a SAM that no longer did would tell nobody of anything.
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return IsHeld;
        }
    }

    // A row is as new as the answer, and a count has stood still since before the question: a slow answer makes nobody's lease older than it is.
    private bool MayTake(LeaseRow row, (long Asked, long Answered) at)
    {
        if (row.Holder == holder || row.Holder == Nobody)
            return true;
        if (_seen is not { } seen || (seen.Holder, seen.Renewals) != (row.Holder, row.Renewals))
            _seen = new Seen(row.Holder, row.Renewals, at.Answered);
        return time.GetElapsedTime(_seen.At, at.Asked) >= Patience;
    }

    private async Task<bool> TakeAsync(SamDatabase database, LeaseRow row, CancellationToken cancellationToken) =>
        await database.Leases.Where(l => l.Name == Name && l.Holder == row.Holder && l.Renewals == row.Renewals)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.Holder, holder).SetProperty(l => l.Renewals, row.Renewals + 1), cancellationToken) == 1;

    private async Task<bool> AddAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        database.Leases.Add(new LeaseRow { Name = Name, Holder = holder, Renewals = 1 });
        try
        {
            await database.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException e) when (DatabaseFailures.Of(e) is null)
        {
            return false; // another one was faster
        }
    }
}
