using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Sam.Audit;

namespace Slideport.Sam.Database;

/// <summary>What an administrator does with SAM's database from the command line.</summary>
public static class SamMaintenance
{
    /// <summary>For one database. Its check reads the whole audit trail.</summary>
    public static DatabaseMaintenance Of(DatabaseOptions options) => new(SamRole.Name, options, each => new SamDatabases(each).CreateDbContext(), CheckTrailAsync);

    private static async Task<IReadOnlyList<string>> CheckTrailAsync(DatabaseOptions options, CancellationToken cancellationToken)
    {
        await using var database = new SamDatabases(options).CreateDbContext();
        var broken = await AuditChain.FirstBreakAsync(database.Audit.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable());
        return broken is var (sequence, problem) ? [$"The audit trail is broken at entry {sequence}: {problem}"] : [];
    }
}
