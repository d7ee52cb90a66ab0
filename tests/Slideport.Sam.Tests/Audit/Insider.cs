using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests.Audit;

/// <summary>Somebody with every right on the database, and none on the machine.</summary>
internal static class Insider
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Takes the guards away, then does as he likes.</summary>
    public static async Task DoAsync(SamUnderTest sam, params string[] statements)
    {
        await using var database = sam.Databases.CreateDbContext();
        await UnguardAsync(sam, database);
        foreach (var statement in statements)
            await database.Database.ExecuteSqlRawAsync(statement, Cancel);
    }

    /// <summary>Changes an entry and makes all hashes from there to the end fit again.</summary>
    public static async Task RewriteAsync(SamUnderTest sam, long sequence, string actor)
    {
        await using var database = sam.Databases.CreateDbContext();
        await UnguardAsync(sam, database);
        var entries = await database.Audit.AsNoTracking().Where(e => e.Sequence >= sequence).OrderBy(e => e.Sequence).ToListAsync(Cancel);
        await database.Audit.Where(e => e.Sequence >= sequence).ExecuteDeleteAsync(Cancel);
        var previous = entries[0].PreviousHash;
        foreach (var entry in entries)
        {
            AuditEntry With(string hash) => new()
            {
                Sequence = entry.Sequence,
                At = entry.At,
                Actor = entry.Sequence == sequence ? actor : entry.Actor,
                Source = entry.Source,
                Action = entry.Action,
                Object = entry.Object,
                Outcome = entry.Outcome,
                Before = entry.Before,
                After = entry.After,
                PreviousHash = previous,
                Hash = hash,
            };
            var rewritten = With(AuditChain.HashOf(With("")));
            database.Audit.Add(rewritten);
            previous = rewritten.Hash;
        }

        await database.SaveChangesAsync(Cancel);
    }

    private static async Task UnguardAsync(SamUnderTest sam, SamDatabase database)
    {
        string[] guards = sam.Databases.Options.Provider == DatabaseProvider.Sqlite
            ? ["DROP TRIGGER IF EXISTS \"AuditIsNotChanged\"", "DROP TRIGGER IF EXISTS \"AuditIsNotShortened\"", "DROP TRIGGER IF EXISTS \"AuditIsNotReplaced\""]
            : ["DROP TRIGGER IF EXISTS \"AuditIsAppendOnly\" ON \"Audit\""];
        foreach (var guard in guards)
            await database.Database.ExecuteSqlRawAsync(guard, Cancel);
    }
}
