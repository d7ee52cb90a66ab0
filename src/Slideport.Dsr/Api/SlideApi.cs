using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Http;
using Slideport.Http.Export;

namespace Slideport.Dsr.Api;

/// <summary>The catalogue: finding slides, what is known of one, what is wrong, what is on its way.</summary>
internal static class SlideApi
{
    private const int MaxReason = 400;
    private static readonly TimeSpan CountHolds = TimeSpan.FromSeconds(10);

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/slides", SearchAsync).WithName("SearchSlides").Produces<SlidePageView>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Slides by the beginning of barcode, accession or patient (in their order), by stain, scanner, time of scan, state, collection, or due for removal; else the newest first. next, given back as after, goes on.");
        api.MapGet("/slides/export", Export).WithName("ExportSlides").Produces(StatusCodes.Status200OK, contentType: RowExport.CsvType).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("All slides that the same questions find, as CSV or JSON Lines.");
        api.MapGet("/slides/{id}", GetAsync).WithName("GetSlide").Produces<SlideView>().ProducesProblem(StatusCodes.Status404NotFound).WithSummary("What is known of a slide.");
        api.MapPut("/slides/{id}/hold", HoldAsync).RequireAuthorization(Policies.Admin).WithName("HoldSlide").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Has nobody remove a slide until it is released.");
        api.MapDelete("/slides/{id}/hold", ReleaseAsync).RequireAuthorization(Policies.Admin).WithName("ReleaseSlide").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Releases it.");
        api.MapGet("/arrivals", ArrivalsAsync).WithName("ListArrivals").Produces<IReadOnlyList<ArrivalView>>().WithSummary("Slides that are on their way, as SAM tells it.");
        api.MapGet("/awaited", AwaitedAsync).WithName("ListAwaited").Produces<IReadOnlyList<AwaitedView>>().WithSummary("Images that scanners have told of and whose slide is not in the catalogue, the oldest first.");
        api.MapGet("/findings", FindingsAsync).WithName("GetFindings").Produces<FindingsView>().WithSummary("How many slides there are, are missing, changed, unreadable, or were delivered by no converter; of more than 100,000 it may have been so ten seconds ago.");
    }

    private static async Task<IResult> SearchAsync([AsParameters] SlideQuery query, SlideSearch search, CancellationToken cancellationToken)
    {
        if (query.TryRead(out var question) is { } problem)
            return problem;
        try
        {
            var page = await search.SearchAsync(question, cancellationToken);
            return Results.Ok(new SlidePageView([.. page.Slides.Select(SlideView.Of)], page.Next));
        }
        catch (FormatException)
        {
            return Problems.Invalid([new("after", "Give back next of the page before.")]);
        }
    }

    private static IResult Export([AsParameters] SlideQuery query, SlideSearch search, HttpContext context, CancellationToken cancellationToken, [FromQuery] string format = "csv")
    {
        if (query.TryRead(out var question) is { } problem)
            return problem;
        if (format is not ("csv" or "json"))
            return Problems.Invalid([new("format", "Write csv or json.")]);
        context.Response.Headers.ContentDisposition = $"attachment; filename=slides.{(format == "csv" ? "csv" : "jsonl")}";
        var slides = search.AllAsync(question, cancellationToken);
        return format == "csv"
            ? Results.Stream(body => SlideExport.WriteCsvAsync(slides, body, cancellationToken), RowExport.CsvType)
            : Results.Stream(body => SlideExport.WriteJsonAsync(slides, body, cancellationToken), RowExport.JsonLinesType);
    }

    private static async Task<IResult> GetAsync(string id, SlideSearch search, CancellationToken cancellationToken) =>
        await search.FindAsync(id, cancellationToken) is { } slide ? Results.Ok(SlideView.Of(slide)) : NoSuchSlide();

    private static async Task<IResult> HoldAsync(string id, HoldQuestion question, LegalHolds holds, HttpContext context)
    {
        if (question.Reason.Trim() is not { Length: > 0 and <= MaxReason } reason || reason.Contains('\0', StringComparison.Ordinal))
            return Problems.Invalid([new("reason", $"Say why, in at most {MaxReason} characters.")]);
        return Answer(await holds.HoldAsync(id, reason, (Policies.NameOf(context.User), context.Source()), context.RequestAborted));
    }

    private static async Task<IResult> ReleaseAsync(string id, LegalHolds holds, HttpContext context) =>
        Answer(await holds.ReleaseAsync(id, (Policies.NameOf(context.User), context.Source()), context.RequestAborted));

    private static IResult Answer(HoldOutcome outcome) => outcome switch
    {
        HoldOutcome.Done => Results.NoContent(),
        HoldOutcome.Held => Problems.Conflict("It is held already; its reason stands with it. Release it first, if that is over."),
        HoldOutcome.Gone => Problems.Conflict("It is being removed, or was: there is nothing left to hold."),
        _ => NoSuchSlide(),
    };

    private static async Task<IResult> ArrivalsAsync(DsrDatabases databases, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var rows = await database.Arrivals.AsNoTracking().OrderByDescending(a => a.ReceivedAt).Take(SlideQuestion.MaxTake)
            .Select(a => new { Arrival = a, Told = database.Images.Where(i => i.SeriesInstanceUid == a.SeriesInstanceUid).OrderByDescending(i => i.ReceivedAt).FirstOrDefault() }).ToListAsync(cancellationToken);
        return Results.Ok(rows.Select(r => ArrivalView.Of(r.Arrival, r.Told)));
    }

    private static async Task<IResult> AwaitedAsync(DsrDatabases databases, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return Results.Ok(await database.Images.AsNoTracking().Where(i => i.SlideId == null).OrderBy(i => i.ReceivedAt).Take(SlideQuestion.MaxTake)
            .Select(i => new AwaitedView(i.Subject, i.Barcode, i.SeriesInstanceUid, i.ScanTime, i.ReceivedAt)).ToListAsync(cancellationToken));
    }

    private static async Task<IResult> FindingsAsync(SlideCounts counts, DsrDatabases databases, CancellationToken cancellationToken)
    {
        var kinds = await counts.CountAsync(CountHolds, cancellationToken);
        int In(SlideFileState state) => kinds.Where(k => k.State == state).Sum(k => k.Count);
        await using var database = databases.CreateDbContext();
        return Results.Ok(new FindingsView(
            kinds.Where(k => k.State != SlideFileState.Removed).Sum(k => k.Count), In(SlideFileState.Missing), In(SlideFileState.Changed), In(SlideFileState.Unreadable), kinds.Where(k => !k.IsDelivered && k.State != SlideFileState.Removed).Sum(k => k.Count),
            await database.Arrivals.CountAsync(cancellationToken), await database.Images.CountAsync(i => i.SlideId == null, cancellationToken), In(SlideFileState.Removing), In(SlideFileState.Removed)));
    }

    internal static IResult NoSuchSlide() => Problems.NotFound("There is no such slide in the catalogue.");
}

/// <summary>Why a slide must not be removed.</summary>
internal sealed record HoldQuestion(string Reason);
