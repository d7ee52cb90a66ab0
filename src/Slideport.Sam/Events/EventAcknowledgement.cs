using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Events;

/// <summary>What became of an acknowledgement.</summary>
internal enum AcknowledgementOutcome
{
    /// <summary>It is written down.</summary>
    Done,

    /// <summary>There is no such event.</summary>
    Unknown,

    /// <summary>Somebody had acknowledged it before.</summary>
    Before,
}

/// <summary>Somebody says that he has seen an event, and what he did about it. It stays with the event and in the audit trail.</summary>
internal sealed class EventAcknowledgement(SamWriter writer)
{
    /// <summary>Acknowledges an event.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="note">What he has to say about it.</param>
    /// <param name="andAlike">Also all that are open, came before it, and say the same of the same scanner.</param>
    /// <param name="actor">Who.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal Task<AcknowledgementOutcome> AcknowledgeAsync(long id, string note, bool andAlike, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var database = writing.Database;
        if (await database.Events.SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is not { } logged)
            return AcknowledgementOutcome.Unknown;
        if (logged.AcknowledgedAt is not null)
            return AcknowledgementOutcome.Before;
        (logged.AcknowledgedAt, logged.AcknowledgedBy, logged.Note) = (writing.Now, actor.Name, note);
        await database.OpenEvents.Where(o => o.EventId == id).ExecuteDeleteAsync(cancellationToken);
        var others = andAlike ? await AcknowledgeAlikeAsync(writing, logged, cancellationToken) : 0;
        writing.Audit(
            actor, "event.acknowledge", string.Create(CultureInfo.InvariantCulture, $"event:{id}"), $"{logged.SerialNumber} {logged.Code}",
            others == 0 ? note : string.Create(CultureInfo.InvariantCulture, $"{note} (and {others} like it before)"));
        return AcknowledgementOutcome.Done;
    }, cancellationToken);

    // An alarm that came ten thousand times is one sentence and one statement.
    private static async Task<int> AcknowledgeAlikeAsync(Writing writing, LoggedEvent logged, CancellationToken cancellationToken)
    {
        var database = writing.Database;
        var alike = database.OpenEvents.Where(o => o.SerialNumber == logged.SerialNumber && o.Code == logged.Code && o.Severity == logged.Severity && o.EventId < logged.Id);
        var count = await database.Events.Where(e => alike.Any(o => o.EventId == e.Id)).ExecuteUpdateAsync(
            e => e.SetProperty(x => x.AcknowledgedAt, writing.Now).SetProperty(x => x.AcknowledgedBy, logged.AcknowledgedBy).SetProperty(x => x.Note, logged.Note), cancellationToken);
        await alike.ExecuteDeleteAsync(cancellationToken);
        return count;
    }
}
