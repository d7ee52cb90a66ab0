using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Http;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Api;

/// <summary>What needs somebody, and what is waiting for the DSR.</summary>
internal static class AlertApi
{
    private static readonly TimeSpan LongestMute = TimeSpan.FromDays(30);

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/alerts", AlertsAsync).RequireAuthorization(Policies.View).WithName("ListAlerts").Produces<IReadOnlyList<Alert>>().WithSummary("What is wrong now; with closed=true also what was, the newest first.");
        api.MapPost("/alerts/{id:long}/mute", MuteAsync).RequireAuthorization(Policies.Service).WithName("MuteAlert").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Sends no message about an alert until then.");
        api.MapGet("/outbox", OutboxAsync).RequireAuthorization(Policies.View).WithName("ListOutbox").Produces<IReadOnlyList<OutboxView>>().WithSummary("Messages that wait for the DSR, and those it refused for good.");
        api.MapPost("/outbox/{id:long}/retry", RetryAsync).RequireAuthorization(Policies.Service).WithName("RetryOutbox").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Sends a message again that the DSR had refused.");
    }

    private static async Task<IResult> AlertsAsync(SamDatabases databases, CancellationToken cancellationToken, [FromQuery] bool closed = false, [FromQuery] int take = 200)
    {
        await using var database = databases.CreateDbContext();
        return Results.Ok(await database.Alerts.AsNoTracking().Where(a => closed || a.ClearedAt == null).OrderByDescending(a => a.Since).Take(Math.Clamp(take, 1, 1000)).ToListAsync(cancellationToken));
    }

    private static async Task<IResult> MuteAsync(long id, MuteUntil mute, AlertBoard board, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (mute.Until <= now || mute.Until > now + LongestMute)
            return Problems.Invalid([new("until", $"Name a time in the future, at most {LongestMute.TotalDays} days from now.")]);
        return await board.MuteAsync(id, mute.Until, context.Actor(), cancellationToken) ? Results.NoContent() : Problems.NotFound($"There is no open alert {id}.");
    }

    private static async Task<IResult> OutboxAsync(SamDatabases databases, CancellationToken cancellationToken, [FromQuery] bool dead = false, [FromQuery] int take = 200)
    {
        await using var database = databases.CreateDbContext();
        var rows = await database.Outbox.AsNoTracking().Where(m => !dead || m.DeadAt != null).OrderBy(m => m.Id).Take(Math.Clamp(take, 1, 1000)).ToListAsync(cancellationToken);
        return Results.Ok(rows.Select(m => new OutboxView(m.Id, m.Subject, m.CreatedAt, m.Attempts, m.NotBefore, m.LastError, m.DeadAt)));
    }

    private static async Task<IResult> RetryAsync(long id, SamWriter writer, HttpContext context, CancellationToken cancellationToken) => await writer.WriteAsync(async writing =>
    {
        if (await writing.Database.Outbox.SingleOrDefaultAsync(m => m.Id == id && m.DeadAt != null, cancellationToken) is not { } message)
            return false;
        (message.DeadAt, message.NotBefore, message.Attempts) = (null, writing.Now, 0);
        writing.Audit(context.Actor(), "outbox.retry", message.Subject);
        return true;
    }, cancellationToken)
        ? Results.NoContent()
        : Problems.NotFound($"There is no message {id} that the DSR has refused for good.");
}

/// <summary>Until when an alert is muted.</summary>
internal sealed record MuteUntil(DateTimeOffset Until);

/// <summary>A message to the DSR as the list shows it; its body stays in the database.</summary>
internal sealed record OutboxView(long Id, string Subject, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset NotBefore, string? LastError, DateTimeOffset? DeadAt);
