using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slideport.Database;
using Slideport.Http.Export;
using Slideport.Http;

namespace Slideport.Sam.Notifications;

/// <summary>
/// Whether what SAM does by itself is done. Work that fails is a problem until it works again; the log hears of it once, with the stack, and once
/// more when it is over, however often it is tried meanwhile.
/// </summary>
internal sealed class Housekeeping(TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<Chore, Failure> _failing = new();

    // Database: what of it fails, if that is the reason.
    private sealed record Failure(DateTimeOffset Since, DatabaseFailure? Database, string Reason);

    /// <summary>Does it and notes how it went.</summary>
    /// <param name="chore">What it is.</param>
    /// <param name="work">Does it.</param>
    /// <param name="stop">Cancelled when SAM stops; work that ends for that has not failed.</param>
    /// <returns>Whether it was done.</returns>
    internal async Task<bool> TryAsync(Chore chore, Func<Task> work, CancellationToken stop)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever it is, it is tried again, the rest goes on, and somebody is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(chore, e);
            return false;
        }

        Works(chore);
        return true;
    }

    /// <summary>Notes that it failed.</summary>
    internal void Failed(Chore chore, Exception error)
    {
        var failure = new Failure(time.GetUtcNow(), DatabaseFailures.Of(error), OneLine.Of(error.GetBaseException().Message));
        if (_failing.TryAdd(chore, failure))
            Log.HousekeepingFailed(log, chore.What, failure.Reason, error);
        else
            _failing.AddOrUpdate(chore, failure, (_, first) => failure with { Since = first.Since });
    }

    /// <summary>Notes that it was done.</summary>
    internal void Works(Chore chore)
    {
        if (_failing.TryRemove(chore, out var failure))
            Log.HousekeepingWorks(log, chore.What, time.GetUtcNow() - failure.Since);
    }

    /// <summary>Another node does it now: whether it failed here is of no account.</summary>
    internal void Leaves(params IEnumerable<Chore> chores)
    {
        foreach (var chore in chores)
            _failing.TryRemove(chore, out _);
    }

    /// <summary>Whether it was done when it was last tried.</summary>
    internal bool IsWorking(Chore chore) => !_failing.ContainsKey(chore);

    /// <summary>What fails now and needs somebody. A database that does not do its part is one problem, however much waits for it.</summary>
    internal IEnumerable<Problem> Problems()
    {
        var now = time.GetUtcNow();
        var failing = _failing.Where(f => now - f.Value.Since >= f.Key.Patience).OrderBy(f => f.Key.Name, StringComparer.Ordinal).ToList();
        foreach (var (chore, failure) in failing.Where(f => f.Value.Database is null))
            yield return new Problem(ProblemKinds.Housekeeping, chore.Subject, $"SAM on {Environment.MachineName} cannot {chore.What}: {failure.Reason.TrimEnd('.')}. {chore.Meanwhile}");
        var waiting = failing.Where(f => f.Value.Database is not null).ToList();
        if (waiting.Count > 0)
            yield return new Problem(ProblemKinds.Housekeeping, $"{Environment.MachineName}/database", $"{DatabaseAway.Sentence(SamRole.Name, waiting[0].Value.Database!.Value)} Meanwhile SAM on {Environment.MachineName} cannot {string.Join(", ", waiting.Select(f => f.Key.What))}.");
    }
}
