using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Events;

/// <summary>Events that need somebody, as problems: one for each scanner and code, however often it came. It is over when all of them are acknowledged.</summary>
internal static class OpenEventProblems
{
    private const int MaxProblems = 1000;
    private const int AtOnce = 500;

    internal static async Task<IEnumerable<Problem>> FindAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        var groups = await database.OpenEvents.GroupBy(o => new { o.SerialNumber, o.Code, o.Severity })
            .Select(g => new { g.Key, Count = g.Count(), Last = g.Max(o => o.EventId) }).OrderBy(g => g.Last).Take(MaxProblems).ToListAsync(cancellationToken);
        var last = await LastAsync(database, [.. groups.Select(g => g.Last)], cancellationToken);
        return [.. groups.Where(g => last.ContainsKey(g.Last)).Select(g => Of(last[g.Last], g.Count))];
    }

    private static async Task<Dictionary<long, LoggedEvent>> LastAsync(SamDatabase database, long[] ids, CancellationToken cancellationToken)
    {
        var last = new Dictionary<long, LoggedEvent>();
        foreach (var chunk in ids.Chunk(AtOnce))
        {
            foreach (var logged in await database.Events.AsNoTracking().Where(e => chunk.Contains(e.Id)).ToListAsync(cancellationToken))
                last.Add(logged.Id, logged);
        }

        return last;
    }

    private static Problem Of(LoggedEvent last, int count)
    {
        var often = count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {count} times");
        return new Problem(
            last.Severity == EventSeverity.Security ? ProblemKinds.EventSecurity : ProblemKinds.EventCritical,
            $"{last.SerialNumber}/{last.Code}",
            string.Create(CultureInfo.InvariantCulture, $"Scanner {last.SerialNumber} reports {last.Code}{often}, last at {last.ReceivedAt:u}. Say what was done about it: slideport events acknowledge {last.Id} --alike. It said: {last.Text}"));
    }
}
