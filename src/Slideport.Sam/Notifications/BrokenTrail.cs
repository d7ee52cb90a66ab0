using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Notifications;

/// <summary>
/// The audit trail as a problem: it was found broken, and no check of all of it since has found it whole. What the trail itself says of it holds
/// for all nodes and after a restart.
/// </summary>
internal sealed class BrokenTrail
{
    // Only what is new is looked through: the trail is long, and this is asked every few seconds.
    private long _seen;
    private string? _problem;

    internal async Task<IEnumerable<Problem>> FindAsync(SamDatabase database, CancellationToken cancellationToken)
    {
        var end = await database.Audit.MaxAsync(e => (long?)e.Sequence, cancellationToken) ?? 0;
        var seen = end < _seen ? 0 : _seen; // somebody has cut it
        var last = await database.Audit.AsNoTracking()
            .Where(e => e.Sequence > seen && e.Sequence <= end && (e.Action == TrailHeads.BrokenAction || e.Action == TrailVerification.Action))
            .OrderByDescending(e => e.Sequence).Select(e => new { e.Outcome, e.After }).FirstOrDefaultAsync(cancellationToken);
        if (last is not null || seen < _seen)
            _problem = last is { Outcome: not "success" } ? last.After : null;
        _seen = end;
        return _problem is null ? [] : [new Problem(ProblemKinds.AuditBroken, "trail", $"{_problem} Find out how that came about; it is over when 'slideport audit verify' finds nothing.")];
    }
}
