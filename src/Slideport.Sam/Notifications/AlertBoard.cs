using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Notifications;

/// <summary>
/// Remembers what is wrong: one message when it begins and one when it has been over for a minute. What comes and goes meanwhile is counted and
/// not told again; what is muted is not told until then.
/// </summary>
internal sealed class AlertBoard(SamWriter writer, IReadOnlyList<string> channels)
{
    // Gone for so long, it is over; a problem that flickers is one problem.
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1);

    /// <summary>Holds what is wrong now against what is known; messages are stored with it or not at all. What could not be looked for is as it was.</summary>
    internal Task UpdateAsync(Findings findings, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var now = findings.Problems.DistinctBy(p => (p.Kind, p.Subject)).ToDictionary(p => (p.Kind, p.Subject));
        var open = await writing.Database.Alerts.Where(a => a.ClearedAt == null).ToListAsync(cancellationToken);
        foreach (var alert in open)
        {
            if (now.Remove((alert.Kind, alert.Subject), out var problem))
                Continue(writing, alert, problem);
            else if (!findings.Unsearched.Contains(alert.Kind))
                Miss(writing, alert);
        }

        foreach (var problem in now.Values)
        {
            var alert = new Alert { Kind = problem.Kind, Subject = problem.Subject, Text = Cut(problem.Text), Since = writing.Now, Count = 1 };
            writing.Database.Alerts.Add(alert);
            Tell(writing, alert);
        }

        return true;
    }, cancellationToken);

    /// <summary>Says nothing of an alert until then.</summary>
    /// <returns>False when there is no such open alert.</returns>
    internal Task<bool> MuteAsync(long id, DateTimeOffset until, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Alerts.SingleOrDefaultAsync(a => a.Id == id && a.ClearedAt == null, cancellationToken) is not { } alert)
            return false;
        (alert.MutedUntil, alert.IsTold) = (until, false); // what still is wrong then is told again
        writing.Audit(actor, "alert.mute", $"{alert.Kind} {alert.Subject}", after: until.ToString("u"));
        return true;
    }, cancellationToken);

    private void Continue(Writing writing, Alert alert, Problem problem)
    {
        if (alert.AbsentSince is not null)
            alert.Count++;
        alert.AbsentSince = null;
        alert.Text = Cut(problem.Text);
        if (!alert.IsTold && !(alert.MutedUntil > writing.Now))
            Tell(writing, alert);
    }

    private void Miss(Writing writing, Alert alert)
    {
        if (alert.AbsentSince is not { } since)
            alert.AbsentSince = writing.Now;
        else if (writing.Now - since >= Calm)
            Clear(writing, alert);
    }

    private void Clear(Writing writing, Alert alert)
    {
        alert.ClearedAt = alert.AbsentSince;
        if (alert.IsTold)
            Send(writing, alert, "cleared");
    }

    private void Tell(Writing writing, Alert alert)
    {
        alert.IsTold = true;
        Send(writing, alert, "started");
    }

    private void Send(Writing writing, Alert alert, string what)
    {
        var body = JsonSerializer.Serialize(new AlertMessage(what, alert.Kind, alert.Subject, alert.Text, alert.Since, alert.ClearedAt, alert.Count), ProtocolJson.Options);
        foreach (var channel in channels)
            writing.Database.Notifications.Add(new Notification { Channel = channel, Key = Guid.CreateVersion7(writing.Now), Body = body, CreatedAt = writing.Now, NotBefore = writing.Now });
    }

    private static string Cut(string text) => text.Length <= 1000 ? text : text[..1000];
}

/// <summary>A message as webhooks get it.</summary>
/// <param name="What"><c>started</c>, <c>cleared</c> or <c>test</c>.</param>
/// <param name="Kind">What kind of problem: <c>scanner.offline</c> …</param>
/// <param name="Subject">Of what.</param>
/// <param name="Text">A sentence a person can act on.</param>
/// <param name="Since">When it began.</param>
/// <param name="ClearedAt">When it was over; null while it is not.</param>
/// <param name="Count">How often it came back meanwhile, the first time included.</param>
internal sealed record AlertMessage(string What, string Kind, string Subject, string Text, DateTimeOffset Since, DateTimeOffset? ClearedAt, int Count);
