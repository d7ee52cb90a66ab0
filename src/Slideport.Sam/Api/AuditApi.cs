using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Http;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Api;

/// <summary>The audit trail: looking through it, exporting it, checking it. The last two are entered in it.</summary>
internal static class AuditApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/audit", ListAsync).WithName("ListAudit").WithSummary("The audit trail, newest first, by actor, object, action (a last * stands for anything) and time; before (an entry's number) turns the page.");
        api.MapGet("/audit/export", ExportAsync).WithName("ExportAudit").WithSummary("Entries in the order they were made as JSON Lines, CSV or DICOM audit messages.");
        api.MapPost("/audit/verify", VerifyAsync).WithName("VerifyAudit").WithSummary("Checks the whole trail: every hash, every number, every signed head.");
    }

    private static async Task<IResult> ListAsync(
        SamDatabases databases, [AsParameters] AuditQuestion question, [FromQuery] long? before, [FromQuery] int? take, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var entries = question.Filter.Apply(database.Audit.AsNoTracking()).Where(e => before == null || e.Sequence < before);
        return Results.Ok(await entries.OrderByDescending(e => e.Sequence).Take(Math.Clamp(take ?? 100, 1, 1000)).ToListAsync(cancellationToken));
    }

    private static async Task<IResult> ExportAsync(
        HttpContext context, SamDatabases databases, SamWriter writer, [AsParameters] AuditQuestion question, [FromQuery] string? format, CancellationToken cancellationToken)
    {
        if (!Enum.TryParse<AuditFormat>(format ?? "json", ignoreCase: true, out var wanted) || !Enum.IsDefined(wanted))
            return Problems.Invalid([new("format", "Write json, csv or dicom.")]);
        var filter = question.Filter;
        await writer.NoteAsync(context.Actor(), "audit.export", "trail", $"{wanted.ToString().ToLowerInvariant()}; {filter.InWords()}", succeeded: true, cancellationToken);
        // Whoever reads slowly may: it is asked for in pieces, and nothing waits for him.
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        return Results.Stream(
            body => AuditExport.WriteAsync(AuditTrail.ReadAsync(databases, filter, 0, cancellationToken), wanted, body, cancellationToken), AuditExport.ContentType(wanted));
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, SamDatabases databases, SamWriter writer, SamIdentityFolder identity, CancellationToken cancellationToken)
    {
        var verdict = await TrailVerification.RunAsync(databases, identity.Path, cancellationToken);
        await writer.NoteAsync(
            context.Actor(), TrailVerification.Action, "trail", verdict.Problem ?? FormattableString.Invariant($"{verdict.Entries} entries, {verdict.Heads} signed heads: unbroken"), verdict.Problem is null, cancellationToken);
        return Results.Ok(verdict);
    }
}

/// <summary>Which entries are asked for.</summary>
internal sealed record AuditQuestion([FromQuery] string? Actor, [FromQuery] string? Object, [FromQuery] string? Action, [FromQuery] DateTimeOffset? From, [FromQuery] DateTimeOffset? To)
{
    internal AuditFilter Filter => new(Actor, Object, Action, From?.ToUniversalTime(), To?.ToUniversalTime());
}
