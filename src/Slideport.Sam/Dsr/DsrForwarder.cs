using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Database;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Tracing;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Dsr;

/// <summary>
/// Brings image metadata to the DSR DataServer (flow F8) from the outbox: at least once, under a key by which the DSR takes it once, in order
/// per slide, with growing pauses while it does not answer. Each outcome is in the database as soon as it is known: a slide the DSR hangs on holds
/// up neither the others nor the news of it.
/// </summary>
/// <remarks>
/// <code>
/// 2xx ─► removed        4xx ─► dead: kept until somebody sends it again        anything else ─► later, 1 s … 5 min
/// </code>
/// </remarks>
internal sealed class DsrForwarder : IAsyncDisposable
{
    /// <summary>Where a DSR takes metadata.</summary>
    internal const string ImagesPath = "images";

    // Different slides side by side, so many for each DSR: their outcomes share a transaction, and one that hangs leaves the way free.
    private const int MaxUnderWay = 8;

    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SamDatabases _databases;
    private readonly Lease _lease;
    private readonly GroupedWrites<Answered, bool> _outcomes;
    private readonly ConfigurationStore _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SamMetrics _metrics;
    private readonly Housekeeping _housekeeping;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _woken = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<long> _ended = new();
    private readonly Dictionary<long, (DsrSettings Dsr, Task Work)> _underWay = []; // the loop's own
    private Task _work = Task.CompletedTask;

    internal DsrForwarder(SamParts parts, Func<string, SslClientAuthenticationOptions> tls, TimeProvider time, ILogger log)
    {
        (_databases, _lease, _configuration, _metrics, _housekeeping, _time, _log) = (parts.Databases, parts.Lease, parts.Configuration, parts.Metrics, parts.Housekeeping, time, log);
        _outcomes = new GroupedWrites<Answered, bool>(MaxUnderWay, answered => parts.Writer.WriteAsync(writing => NoteAsync(writing, answered), CancellationToken.None), _ => { });
        _http = new HttpClient(new DsrHandler(tls)) { Timeout = Patience };
        parts.Images.Stored += Wake;
    }

    internal void Start() => _work = Task.Run(WorkAsync);

    /// <summary>Looks at the outbox at once.</summary>
    internal void Wake()
    {
        try
        {
            if (_woken.CurrentCount == 0)
                _woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it in the same moment.
        }
    }

    /// <summary>Stops: nothing more is sent, what was answered is stored.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        await _outcomes.DisposeAsync();
        _http.Dispose();
        _woken.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_lease.IsHeld)
                    await ForwardDueAsync();
                else
                    _housekeeping.Leaves(Chore.DsrOutcomes);
                _housekeeping.Works(Chore.Dsr);
                await _woken.WaitAsync(Rhythm, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The database may be away for a while; nothing is lost by trying again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _housekeeping.Failed(Chore.Dsr, e);
                await Task.Delay(Rhythm, _time, CancellationToken.None);
            }
        }

        await Task.WhenAll(_underWay.Values.Select(u => u.Work));
    }

    private async Task ForwardDueAsync()
    {
        while (_ended.TryDequeue(out var id))
            _underWay.Remove(id);
        foreach (var route in DsrRoute.All(_configuration))
            await ForwardDueAsync(route);
    }

    private async Task ForwardDueAsync(DsrRoute route)
    {
        var room = MaxUnderWay - _underWay.Values.Count(u => u.Dsr == route.Dsr);
        if (room <= 0)
            return;
        foreach (var message in await DueAsync(route, room))
            _underWay.Add(message.Id, (route.Dsr, ForwardAsync(route.Dsr, message)));
    }

    // Sends one message and stores what came of it. The row stays the first of its subject until then: nothing overtakes it.
    private async Task ForwardAsync(DsrSettings dsr, OutboxMessage message)
    {
        try
        {
            var outcome = await ObserveAsync(message, () => SendAsync(dsr, message));
            await _outcomes.WriteAsync(new Answered(message.Id, outcome), CancellationToken.None);
            _housekeeping.Works(Chore.DsrOutcomes);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It was not answered, and is sent again.
        }
#pragma warning disable CA1031 // The same: it is sent again, under its key.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _housekeeping.Failed(Chore.DsrOutcomes, e);
        }
        finally
        {
            _ended.Enqueue(message.Id);
            Wake(); // there is room for another
        }
    }

    // The first message of each subject, when its time has come; a dead one holds up those behind it, for they were to come after it.
    private async Task<List<OutboxMessage>> DueAsync(DsrRoute route, int room)
    {
        await using var database = _databases.CreateDbContext();
        var (now, underWay, outbox) = (_time.GetUtcNow(), _underWay.Keys.ToList(), database.Outbox);
        return await route.Of(outbox.AsNoTracking().Where(m => m.DeadAt == null && m.NotBefore <= now && !underWay.Contains(m.Id)))
            .Where(m => !outbox.Any(earlier => earlier.Subject == m.Subject && earlier.Id < m.Id))
            .OrderBy(m => m.Id).Take(room).ToListAsync(_stop.Token);
    }

    private async Task<Outcome> ObserveAsync(OutboxMessage message, Func<Task<Outcome>> send)
    {
        using var span = SamSpans.Forward(message);
        var outcome = await send();
        var name = outcome.IsTaken ? "taken" : outcome.IsFinal ? "refused" : "failed";
        _metrics.Forwarded(name);
        span?.Outcome(name, failed: !outcome.IsTaken);
        return outcome;
    }

    private async Task<Outcome> SendAsync(DsrSettings dsr, OutboxMessage message)
    {
        var address = new UriBuilder(dsr.Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, dsr.Hostname, dsr.Port, ImagesPath).Uri;
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new StringContent(message.Body, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Add("Idempotency-Key", message.IdempotencyKey.ToString());
        request.Headers.Add("Slideport-Subject", message.Subject);
        try
        {
            using var response = await _http.SendAsync(request, _stop.Token);
            if (response.IsSuccessStatusCode)
                return new Outcome(true, false, null, null);
            var isFinal = (int)response.StatusCode is >= 400 and < 500
                && response.StatusCode is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
            return new Outcome(false, isFinal, $"It answered {(int)response.StatusCode}.", response.Headers.RetryAfter?.Delta);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !_stop.IsCancellationRequested))
        {
            return new Outcome(false, false, e is OperationCanceledException ? "It did not answer in time." : e.Message, null);
        }
    }

    // Somebody may have removed one meanwhile.
    private async Task<bool[]> NoteAsync(Writing writing, IReadOnlyList<Answered> answered)
    {
        var ids = answered.Select(a => a.Id).ToList();
        var messages = await writing.Database.Outbox.Where(m => ids.Contains(m.Id)).ToDictionaryAsync(m => m.Id);
        foreach (var (id, outcome) in answered)
        {
            if (messages.TryGetValue(id, out var message))
                Note(writing, message, outcome);
        }

        return new bool[answered.Count];
    }

    private void Note(Writing writing, OutboxMessage message, Outcome outcome)
    {
        if (outcome.IsTaken)
        {
            writing.Database.Outbox.Remove(message);
            return;
        }

        message.Attempts++;
        message.LastError = outcome.Error is { Length: > 400 } error ? error[..400] : outcome.Error;
        message.NotBefore = writing.Now + (outcome.RetryAfter is { } asked && asked > TimeSpan.Zero && asked < LongestPause ? asked : Pause(message.Attempts));
        if (outcome.IsFinal)
        {
            message.DeadAt = writing.Now;
            Log.ForwardingGivenUp(_log, message.Subject, message.LastError!);
        }
        else
        {
            Log.ForwardingFailed(_log, message.Subject, message.Attempts, message.LastError!);
        }
    }

    // Spread by a fifth: when a DSR comes back, not everything knocks in the same second.
    private static TimeSpan Pause(int attempts)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(attempts - 1, 12));
        return (pause < LongestPause ? pause : LongestPause) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }

    private readonly record struct Outcome(bool IsTaken, bool IsFinal, string? Error, TimeSpan? RetryAfter);

    private readonly record struct Answered(long Id, Outcome Outcome);

    // TLS options carry the host they are for: one inner handler per host.
    private sealed class DsrHandler(Func<string, SslClientAuthenticationOptions> tls) : HttpMessageHandler
    {
        private readonly Lock _lock = new(); // guards the invokers
        private readonly Dictionary<string, HttpMessageInvoker> _invokers = new(StringComparer.OrdinalIgnoreCase);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            InvokerFor(request.RequestUri!.Host).SendAsync(request, cancellationToken);

        private HttpMessageInvoker InvokerFor(string host)
        {
            using var one = _lock.EnterScope();
            if (!_invokers.TryGetValue(host, out var invoker))
            {
                _invokers[host] = invoker = new HttpMessageInvoker(new TraceParentHandler(new SocketsHttpHandler
                {
                    SslOptions = tls(host),
                    AllowAutoRedirect = false,
                    UseProxy = false,
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    PooledConnectionLifetime = TimeSpan.FromMinutes(10),
                }));
            }

            return invoker;
        }

        protected override void Dispose(bool disposing)
        {
            foreach (var invoker in _invokers.Values)
                invoker.Dispose();
            base.Dispose(disposing);
        }
    }
}
