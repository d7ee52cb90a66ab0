using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>Reads the audit trail, however long it is, in constant memory.</summary>
internal static class AuditTrail
{
    // Many short questions rather than one that lasts as long as its reader: no database has to keep an old state for it.
    private const int EntriesAtOnce = 2000;

    /// <summary>Entries in the order they were written.</summary>
    /// <param name="databases">The database.</param>
    /// <param name="filter">Which ones.</param>
    /// <param name="after">Only those after this one; 0: from the first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static async IAsyncEnumerable<AuditEntry> ReadAsync(
        SamDatabases databases, AuditFilter filter, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        while (true)
        {
            var entries = await filter.Apply(database.Audit.AsNoTracking()).Where(e => e.Sequence > after).OrderBy(e => e.Sequence)
                .Take(EntriesAtOnce).ToListAsync(cancellationToken);
            foreach (var entry in entries)
                yield return entry;
            if (entries.Count < EntriesAtOnce)
                yield break;
            after = entries[^1].Sequence;
        }
    }
}
