using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Events;

/// <summary>
/// Deletes events when their time is over, a few at a time, so that nobody waits for it. What needs somebody and has nobody's acknowledgement is
/// never deleted. When deleting fails, or does not come to an end, that is a problem somebody is told of.
/// </summary>
internal sealed class EventRetention : IAsyncDisposable
{
    private const int AtOnce = 500;

    private static readonly TimeSpan Rhythm = TimeSpan.FromHours(1);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(25);

    private readonly SamDatabases _databases;
    private readonly SamWriter _writer;
    private readonly SamOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private volatile Outcome _outcome;

    internal EventRetention(SamDatabases databases, SamWriter writer, SamOptions options, TimeProvider time)
    {
        (_databases, _writer, _options, _time) = (databases, writer, options, time);
        _outcome = new Outcome(time.GetUtcNow(), null);
    }

    private sealed record Outcome(DateTimeOffset LastDone, string? Failure);

    internal void Start(ILogger log) => _work = Task.Run(() => WorkAsync(log));

    /// <summary>What is wrong with the deleting now; null when nothing is.</summary>
    internal Problem? Problem()
    {
        var (lastDone, failure) = _outcome;
        var text = failure is not null ? $"SAM cannot delete old events: {failure} The database grows until it can."
            : _time.GetUtcNow() - lastDone > Patience ? $"SAM has not come to the end of deleting old events since {lastDone:u}. The database grows until it does."
            : null;
        return text is null ? null : new Problem(ProblemKinds.Housekeeping, "events", text);
    }

    /// <summary>Deletes what is too old now.</summary>
    /// <returns>How many.</returns>
    internal async Task<int> DeleteAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var severity in Enum.GetValues<EventSeverity>())
        {
            var kept = severity >= EventSeverity.Error ? _options.EventErrorRetention : _options.EventRetention;
            int deleted;
            do
            {
                deleted = await DeleteSomeAsync(severity, _time.GetUtcNow() - kept, cancellationToken);
                count += deleted;
            }
            while (deleted == AtOnce);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    // The oldest ones, found without the writer's place; by the time they are deleted they still are too old.
    private async Task<int> DeleteSomeAsync(EventSeverity severity, DateTimeOffset before, CancellationToken cancellationToken)
    {
        List<long> ids;
        await using (var database = _databases.CreateDbContext())
        {
            ids = await database.Events.Where(e => e.Severity == severity && e.ReceivedAt < before && !database.OpenEvents.Any(o => o.EventId == e.Id))
                .OrderBy(e => e.ReceivedAt).ThenBy(e => e.Id).Take(AtOnce).Select(e => e.Id).ToListAsync(cancellationToken);
        }

        if (ids.Count > 0)
            await _writer.WriteAsync(writing => writing.Database.Events.Where(e => ids.Contains(e.Id)).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        return ids.Count;
    }

    private async Task WorkAsync(ILogger log)
    {
        while (!_stop.IsCancellationRequested)
        {
            var pause = Rhythm;
            try
            {
                if (await DeleteAsync(_stop.Token) is > 0 and var count)
                    Log.EventsDeleted(log, count);
                _outcome = new Outcome(_time.GetUtcNow(), null);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database may be away for a while; nothing is lost by trying again, and somebody is told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.HousekeepingFailed(log, e.Message, e);
                _outcome = _outcome with { Failure = e.Message };
                pause = Retry;
            }

            await Task.WhenAny(Task.Delay(pause, _time, _stop.Token));
        }
    }
}
