using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>
/// Signs the head of the audit trail every 1,000 entries, every 5 minutes in which something was entered, and at the end. Each head is
/// itself entered in the trail, and so leaves this machine with it. Every few seconds, and at a start, it looks whether the last one still holds.
/// </summary>
internal sealed class TrailHeads : IDisposable
{
    /// <summary>The entry that holds a head.</summary>
    internal const string Action = "audit.head";

    /// <summary>The entry that says that the trail no longer agrees with a head.</summary>
    internal const string BrokenAction = "audit.broken";

    private const int MaxUnsigned = 1000;

    private static readonly TimeSpan LongestUnsigned = TimeSpan.FromMinutes(5);

    private readonly SamDatabases _databases;
    private readonly SamWriter _writer;
    private readonly HeadFile _file;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private SignedHead? _last;
    private SignedHead? _broken; // told already

    /// <param name="databases">The database.</param>
    /// <param name="writer">Writes to it.</param>
    /// <param name="folder">Where key and heads lie.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    internal TrailHeads(SamDatabases databases, SamWriter writer, string folder, TimeProvider time, ILogger log)
    {
        (_databases, _writer, _file, Key, _time, _log) = (databases, writer, new HeadFile(folder), HeadKey.OpenOrCreate(folder), time, log);
        _last = _file.Read().LastOrDefault(line => line.Head is not null).Head;
    }

    /// <summary>What signs them.</summary>
    internal HeadKey Key { get; }

    /// <summary>Whether the trail still has what was signed last; if not, the log and the trail say so, once.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_last is not { } head || head == _broken)
            return;
        await using var database = _databases.CreateDbContext();
        var hash = await database.Audit.Where(e => e.Sequence == head.Sequence).Select(e => e.Hash).FirstOrDefaultAsync(cancellationToken);
        if (hash == head.Hash)
            return;
        var problem = hash is null ? TrailVerification.Cut(head) : TrailVerification.Rewritten(head);
        Log.TrailBroken(_log, problem);
        await _writer.NoteAsync(Actor.System, BrokenAction, FormattableString.Invariant($"{head.Sequence}"), problem, succeeded: false, cancellationToken);
        _broken = head;
    }

    /// <summary>Checks what was signed last; signs when it is time, and what says that the trail is broken at once.</summary>
    internal async Task KeepAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        if (_last is not null && _last == _broken)
        {
            await SignAsync(cancellationToken);
            return;
        }

        var signed = _last?.Sequence ?? 0;
        await using var database = _databases.CreateDbContext();
        var unsigned = await database.Audit.CountAsync(e => e.Sequence > signed && e.Action != Action, cancellationToken);
        if (unsigned >= MaxUnsigned || (unsigned > 0 && (_last is null || _time.GetUtcNow() - _last.At >= LongestUnsigned)))
            await SignAsync(cancellationToken);
    }

    /// <summary>Signs now.</summary>
    internal async Task SignAsync(CancellationToken cancellationToken)
    {
        await using var database = _databases.CreateDbContext();
        if (await database.Audit.OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(cancellationToken) is not { } end || end.Hash == _last?.Hash)
            return;
        var head = SignedHead.Make(Key, end.Sequence, end.Hash, _time.GetUtcNow());
        _file.Append(head);
        _last = head;
        await _writer.NoteAsync(Actor.System, Action, FormattableString.Invariant($"{head.Sequence}"), head.ToLine(), succeeded: true, cancellationToken);
    }

    public void Dispose() => Key.Dispose();
}
