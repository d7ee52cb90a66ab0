using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>Whether support may come in: off unless a Lab Admin has switched it on, for a time, with a reason.</summary>
internal sealed class SupportAccess(SamDatabases databases, SamWriter writer, TimeProvider time)
{
    /// <summary>The longest it can be switched on for at once.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>The time it is switched on for; null when it is off.</summary>
    internal async Task<SupportPeriod?> CurrentAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var database = databases.CreateDbContext();
        return await database.SupportPeriods.AsNoTracking().Where(p => p.From <= now && p.Until > now).OrderByDescending(p => p.Until).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Switches it on until then.</summary>
    internal Task SwitchOnAsync(DateTimeOffset until, string reason, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(writing =>
    {
        writing.Database.SupportPeriods.Add(new SupportPeriod { From = writing.Now, Until = until, SwitchedOnBy = actor.Name, Reason = reason });
        writing.Audit(actor, "access.support", "support", after: $"on until {until.ToUniversalTime():O}: {reason}");
        return Task.FromResult(true);
    }, cancellationToken);

    /// <summary>Switches it off now: whoever is in by it is out with his next request.</summary>
    internal Task SwitchOffAsync(Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        foreach (var period in await writing.Database.SupportPeriods.Where(p => p.Until > writing.Now).ToListAsync(cancellationToken))
            period.Until = writing.Now;
        writing.Audit(actor, "access.support", "support", after: "off");
        return true;
    }, cancellationToken);
}
