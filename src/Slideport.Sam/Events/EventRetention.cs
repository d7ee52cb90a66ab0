using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Events;

/// <summary>
/// Deletes events when their time is over, a few at a time, so that nobody waits for it. What needs somebody and has nobody's acknowledgement is
/// never deleted. When deleting fails, or does not come to an end, somebody is told.
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
    private readonly Housekeeping _housekeeping;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private long _lastDone; // ticks, UTC

    internal EventRetention(SamDatabases databases, SamWriter writer, SamOptions options, Housekeeping housekeeping, TimeProvider time)
    {
        (_databases, _writer, _options, _housekeeping, _time) = (databases, writer, options, housekeeping, time);
        _lastDone = time.GetUtcNow().UtcTicks;
    }

    internal void Start(ILogger log) => _work = Task.Run(() => WorkAsync(log));

    /// <summary>That it has not come to an end for too long; null when it has. What fails is noted by <see cref="Housekeeping"/>.</summary>
    internal Problem? Problem()
    {
        var lastDone = new DateTimeOffset(Volatile.Read(ref _lastDone), TimeSpan.Zero);
        return _time.GetUtcNow() - lastDone > Patience
            ? new Problem(ProblemKinds.Housekeeping, Chore.Events.Subject, $"SAM on {Environment.MachineName} has not come to the end of deleting old events since {lastDone:u}. The database grows until it does.")
            : null;
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
            try
            {
                var isDone = await _housekeeping.TryAsync(Chore.Events, () => DeleteAndTellAsync(log), _stop.Token);
                await Task.Delay(isDone ? Rhythm : Retry, _time, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task DeleteAndTellAsync(ILogger log)
    {
        if (await DeleteAsync(_stop.Token) is > 0 and var count)
            Log.EventsDeleted(log, count);
        Volatile.Write(ref _lastDone, _time.GetUtcNow().UtcTicks);
    }
}
