using System.Buffers;
using System.Net.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Sam.Database;
using Slideport.Sam.Nodes;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Audit.Repository;

/// <summary>
/// Brings every entry of the audit trail to an audit repository (PS3.15 A.6, IHE ITI-20): in order, at least once, from where it last got
/// to, with growing pauses while the repository is away. The trail itself is the buffer, and nothing waits for this. Of the SAMs on a database one
/// does it, and leaves word in the lease's row how far it got.
/// </summary>
internal sealed class RepositoryForwarder : IAsyncDisposable
{
    private const int MaxEntries = 500;
    private const int MaxBytes = 1 << 20;

    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly SamDatabases _databases;
    private readonly SamWriter _writer;
    private readonly Housekeeping _housekeeping;
    private readonly Lease _lease;
    private readonly HeadKey _key;
    private readonly string _folder;
    private readonly RepositoryAddress _address;
    private readonly Func<string, SslClientAuthenticationOptions> _tls;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private volatile RepositoryMark _mark;
    private int _failures;
    private Task _work = Task.CompletedTask;

    internal RepositoryForwarder(RepositoryTarget target, SamParts parts, string folder, TimeProvider time, ILogger log)
    {
        (_address, _tls, _folder, _time, _log) = (target.Address, target.Tls, folder, time, log);
        (_databases, _writer, _housekeeping, _lease, _key) = (parts.Databases, parts.Writer, parts.Housekeeping, parts.Lease, parts.Heads.Key);
        _mark = RepositoryMark.Load(folder);
    }

    /// <summary>Number of the last entry the repository has taken.</summary>
    internal long Sent => _mark.Sequence;

    internal void Start() => _work = Task.Run(WorkAsync);

    /// <summary>Stops; what is still to be sent gets a moment, if the repository was there at last.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        // What is under way when SAM stops may come to its end: cut off, it would be sent twice.
        using var farewell = new CancellationTokenSource();
        await using var stopping = _stop.Token.Register(() => farewell.CancelAfter(Farewell));
        while (!_stop.IsCancellationRequested)
        {
            var more = await TryAsync(farewell.Token);
            if (!more)
                await PauseAsync(_failures == 0 ? Rhythm : Pause(_failures));
        }

        while (_failures == 0 && await TryAsync(farewell.Token))
        {
        }
    }

    // True when there may be more to do at once.
    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            var more = await SendNextAsync(cancellationToken);
            _failures = 0;
            _housekeeping.Works(Chore.Repository);
            return more;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
#pragma warning disable CA1031 // The repository or the database may be away for a while; nothing is lost by trying again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failures++;
            _housekeeping.Failed(Chore.Repository, e);
            Log.RepositoryAway(_log, _address.Host, _address.Port, _failures, e.Message);
            return false;
        }
    }

    private async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        if (await _lease.AuditSentAsync(cancellationToken) is { } word && RepositoryMark.TryParse(word, _key) is { } sent && sent.Sequence > _mark.Sequence)
            _mark = sent;
        if (!_lease.IsHeld)
            return false;
        await using var database = _databases.CreateDbContext();
        var entries = await NextAsync(database, cancellationToken);
        if ((entries.Count == 0 || entries[0].PreviousHash != _mark.Hash) && !await HoldsAsync(database, _mark.Sequence, _mark.Hash, cancellationToken))
        {
            await GoBackAsync(database, cancellationToken);
            entries = await NextAsync(database, cancellationToken);
        }

        if (entries.Count == 0)
            return false;
        var messages = new ArrayBufferWriter<byte>(64 << 10);
        var last = 0;
        for (; last < entries.Count && messages.WrittenCount < MaxBytes; last++)
            SyslogMessage.Write(messages, entries[last]);
        await RepositoryConnection.SendAsync(_address, _tls(_address.Host), messages.WrittenMemory, cancellationToken);
        _mark = new RepositoryMark(entries[last - 1].Sequence, entries[last - 1].Hash);
        await KeepAsync(cancellationToken);
        return last < entries.Count || entries.Count == MaxEntries;
    }

    private Task<List<AuditEntry>> NextAsync(SamDatabase database, CancellationToken cancellationToken) =>
        database.Audit.AsNoTracking().Where(e => e.Sequence > _mark.Sequence).OrderBy(e => e.Sequence).Take(MaxEntries).ToListAsync(cancellationToken);

    // The trail is no longer the one that was sent: tampered with, or an older backup. From the last head both share, all is sent again.
    private async Task GoBackAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        var sent = _mark;
        await _writer.NoteAsync(
            Actor.System, TrailHeads.BrokenAction, FormattableString.Invariant($"{sent.Sequence}"), FormattableString.Invariant($"The audit trail was rewritten or cut: entry {sent.Sequence} is not the one the audit repository has."), succeeded: false, cancellationToken);
        _mark = RepositoryMark.None;
        foreach (var (_, head) in new HeadFile(_folder).Read().Reverse())
        {
            if (head is null || head.Sequence >= sent.Sequence || !await HoldsAsync(database, head.Sequence, head.Hash, cancellationToken))
                continue;
            _mark = new RepositoryMark(head.Sequence, head.Hash);
            break;
        }

        Log.RepositoryDiffers(_log, sent.Sequence, _mark.Sequence + 1);
        await KeepAsync(cancellationToken);
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        _mark.Save(_folder);
        await _lease.LeaveAuditSentAsync(_mark.Signed(_key), cancellationToken);
    }

    private static async Task<bool> HoldsAsync(SamDatabase database, long sequence, string hash, CancellationToken cancellationToken) =>
        sequence == 0 || await database.Audit.AnyAsync(e => e.Sequence == sequence && e.Hash == hash, cancellationToken);

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    // Spread by a fifth: when a repository comes back, not everybody knocks in the same second.
    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 12));
        return (pause < LongestPause ? pause : LongestPause) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }
}

/// <summary>Which repository, and what the connection to it demands.</summary>
internal sealed record RepositoryTarget(RepositoryAddress Address, Func<string, SslClientAuthenticationOptions> Tls);
