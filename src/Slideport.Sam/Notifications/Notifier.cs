using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Sam.Database;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Nodes;

namespace Slideport.Sam.Notifications;

/// <summary>Looks for problems every few seconds, and brings the messages about them to whoever is to be told, again and again until they are taken. Of the SAMs on a database, one; each looks at its own machine.</summary>
internal sealed class Notifier : IAsyncDisposable
{
    private const int MaxAtOnce = 50;

    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    // What could not be told in a day is told by the board and the log; a mail server that comes back must not flood anybody.
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private readonly SamDatabases _databases;
    private readonly Lease _lease;
    private readonly SamWriter _writer;
    private readonly NodeReports _nodes;
    private readonly ProblemSearch _search;
    private readonly AlertBoard _board;
    private readonly Housekeeping _housekeeping;
    private readonly Dictionary<string, Func<Notification, CancellationToken, Task>> _channels = new(StringComparer.Ordinal);
    private readonly WebhookChannel? _webhook;
    private readonly SamMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    internal Notifier(SamParts parts, NodeReports nodes, NotificationOptions options, TimeProvider time, ILogger log)
    {
        (_databases, _lease, _writer, _board, _housekeeping, _metrics, _time, _log) = (parts.Databases, parts.Lease, parts.Writer, parts.Alerts, parts.Housekeeping, parts.Metrics, time, log);
        _nodes = nodes;
        _search = new ProblemSearch(parts, nodes, time);
        if (options.WebhookUrl.Length > 0)
            _channels.Add(WebhookChannel.Name, (_webhook = new WebhookChannel(options, time)).SendAsync);
        if (options.SmtpServer.Length > 0)
            _channels.Add(MailChannel.Name, new MailChannel(options).SendAsync);
    }

    /// <summary>Which channels settings name.</summary>
    internal static IReadOnlyList<string> ChannelsOf(NotificationOptions options) =>
        [.. options.WebhookUrl.Length > 0 ? [WebhookChannel.Name] : Array.Empty<string>(), .. options.SmtpServer.Length > 0 ? [MailChannel.Name] : Array.Empty<string>()];

    internal void Start() => _work = Task.Run(WorkAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _webhook?.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        using var timer = new PeriodicTimer(Rhythm, _time);
        try
        {
            do
            {
                await _nodes.LookAsync(_stop.Token);
                if (_lease.IsHeld)
                    await RoundAsync();
                else
                    _housekeeping.Leaves(Chore.OfTheNotifier);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    // What went wrong in one round is a problem of the next: a watchman that fails says so.
    private async Task RoundAsync()
    {
        await _housekeeping.TryAsync(Chore.Alerts, async () => await _board.UpdateAsync(await _search.FindAsync(_stop.Token), _stop.Token), _stop.Token);
        await _housekeeping.TryAsync(Chore.Messages, SendDueAsync, _stop.Token);
    }

    private async Task SendDueAsync()
    {
        List<Notification> due;
        await using (var database = _databases.CreateDbContext())
        {
            var now = _time.GetUtcNow();
            due = await database.Notifications.AsNoTracking().Where(n => n.NotBefore <= now).OrderBy(n => n.Id).Take(MaxAtOnce).ToListAsync(_stop.Token);
        }

        foreach (var notification in due.TakeWhile(_ => _lease.IsHeld))
        {
            var error = await TrySendAsync(notification);
            _metrics.Notified(notification.Channel, error is null ? "sent" : IsTooOld(notification, _time.GetUtcNow()) ? "dropped" : "failed");
            await _writer.WriteAsync(async writing =>
            {
                if (await writing.Database.Notifications.SingleOrDefaultAsync(n => n.Id == notification.Id) is { } row)
                    Note(writing, row, error);
                return true;
            }, CancellationToken.None);
        }
    }

    private async Task<string?> TrySendAsync(Notification notification)
    {
        if (!_channels.TryGetValue(notification.Channel, out var send))
            return $"There is no {notification.Channel} in the settings any more.";
        try
        {
            await send(notification, _stop.Token);
            return null;
        }
#pragma warning disable CA1031 // Whatever a mail server or a webhook does wrong is that message's failure; it is sent again.
        catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return e.Message;
        }
    }

    private static bool IsTooOld(Notification notification, DateTimeOffset now) => now - notification.CreatedAt >= Patience;

    private void Note(Writing writing, Notification notification, string? error)
    {
        if (error is null)
        {
            writing.Database.Notifications.Remove(notification);
            return;
        }

        if (IsTooOld(notification, writing.Now))
        {
            Log.NotificationDropped(_log, notification.Channel, error);
            writing.Database.Notifications.Remove(notification);
            return;
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(notification.Attempts++, 12));
        notification.NotBefore = writing.Now + (pause < LongestPause ? pause : LongestPause);
        notification.LastError = error.Length <= 400 ? error : error[..400];
        Log.NotificationFailed(_log, notification.Channel, notification.Attempts, error);
    }
}
