using System.Text;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Sam.Audit;

namespace Slideport.Sam.Database;

/// <summary>One piece of writing: its context, and the audit entries that are stored with it or not at all.</summary>
internal sealed class Writing(SamDatabase database, DateTimeOffset now)
{
    private const int MaxText = 400;

    private readonly List<Func<long, string, AuditEntry>> _audits = [];
    private (long Sequence, string Hash) _last = (0, AuditChain.Genesis);

    internal SamDatabase Database { get; } = database;

    internal DateTimeOffset Now { get; } = now;

    /// <summary>Notes what is done.</summary>
    internal void Audit(Actor actor, string action, string target, string? before = null, string? after = null, bool succeeded = true) =>
        _audits.Add((sequence, previous) =>
        {
            AuditEntry Entry(string hash) => new()
            {
                Sequence = sequence,
                At = Now,
                Actor = Fit(actor.Name),
                Source = Fit(actor.Source),
                Action = action,
                Object = Fit(target),
                Outcome = succeeded ? "success" : "failure",
                Before = Storable(before),
                After = Storable(after),
                PreviousHash = previous,
                Hash = hash,
            };
            return Entry(AuditChain.HashOf(Entry("")));
        });

    /// <summary>Reads where the audit trail ends, before anything else is read: whoever adds to it meanwhile takes our number.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        var last = await Database.Audit.OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(cancellationToken);
        if (last is not null)
            _last = (last.Sequence, last.Hash);
    }

    /// <summary>Adds what was noted to the audit trail.</summary>
    internal void Chain()
    {
        foreach (var audit in _audits)
        {
            var entry = audit(_last.Sequence + 1, _last.Hash);
            Database.Audit.Add(entry);
            _last = (entry.Sequence, entry.Hash);
        }
    }

    // What a stranger typed as his name must not keep the attempt out of the trail: no database takes more than it was made for.
    private static string Fit(string text) => Storable(text.Length <= MaxText ? text : text[..(MaxText - 1)] + "…")!;

    // Nor does PostgreSQL take a zero, nor any of them half a pair.
    private static string? Storable(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));
}

/// <summary>
/// All writing to SAM's database: one transaction at a time, durable when it returns. On a server the numbers of audit entries and versions stay
/// without gaps: what is noted in the audit trail was decided on nothing that another node has changed meanwhile and noted there too.
/// </summary>
internal sealed class SamWriter(SamDatabases databases, TimeProvider time) : IDisposable
{
    private readonly SerialWrites<SamDatabase> _writes = new(databases, time);

    /// <summary>Told of each piece of writing how long it took, waiting for its turn included, and whether it was done.</summary>
    internal event Action<TimeSpan, bool>? Wrote
    {
        add => _writes.Wrote += value;
        remove => _writes.Wrote -= value;
    }

    /// <summary>Does a piece of writing, all or nothing.</summary>
    /// <param name="work">Changes entities; may be called again from the start. Saving is not its business.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal Task<T> WriteAsync<T>(Func<Writing, Task<T>> work, CancellationToken cancellationToken) => _writes.WriteAsync(
        async (database, now) =>
        {
            var writing = new Writing(database, now);
            await writing.BeginAsync(cancellationToken);
            var result = await work(writing);
            writing.Chain();
            return result;
        },
        cancellationToken);

    /// <summary>Writes an entry of the audit trail and nothing else.</summary>
    internal async Task NoteAsync(Actor actor, string action, string target, string? after, bool succeeded, CancellationToken cancellationToken) =>
        await WriteAsync(writing =>
        {
            writing.Audit(actor, action, target, after: after, succeeded: succeeded);
            return Task.FromResult(true);
        }, cancellationToken);

    public void Dispose() => _writes.Dispose();
}
