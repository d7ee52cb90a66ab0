using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Slideport.Http;
using Slideport.Http.Export;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Api;

/// <summary>Where slides are on their way, and what people ask of the converters that have them.</summary>
internal static class SlideApi
{
    private const int MaxAsked = 128;

    /// <summary>What converters are asked, and answer.</summary>
    internal static void MapRole(IEndpointRouteBuilder role)
    {
        role.MapGet("/converters/{name}/requests", RequestsAsync).RequireAuthorization(Policies.Converter).WithName("GetSlideRequests").Produces<IReadOnlyList<SlideRequest>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("What people ask of a converter, until it has answered; with wait (seconds) the answer comes with the next request, or is empty.");
        role.MapPost("/converters/{name}/requests/{id:guid}/answer", AnswerAsync).RequireAuthorization(Policies.Converter).WithName("AnswerSlideRequest").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("What came of a request; answering again changes nothing.");
    }

    /// <summary>What administrators see, and ask for.</summary>
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/slides", ListAsync).RequireAuthorization(Policies.View).WithName("ListSlides").Produces<IReadOnlyList<SlideView>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Slides and where each is on its way, the one that moved last first, with what was asked last of each.");
        api.MapGet("/slides/export", Export).RequireAuthorization(Policies.View).WithName("ExportSlides").ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("All slides asked for, the newest first, as JSON Lines or CSV.");
        api.MapPost("/slides/{seriesInstanceUid}/retry", RetryAsync).RequireAuthorization(Policies.Service).WithName("RetrySlide").Produces<IReadOnlyList<SlideRequestView>>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Has a slide that waits or has failed tried again at once.");
        api.MapPost("/slides/{seriesInstanceUid}/verify", VerifyAsync).RequireAuthorization(Policies.Service).WithName("VerifySlide").Produces<IReadOnlyList<SlideRequestView>>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Has what was delivered of a slide read and compared with the hash that was recorded.");
        api.MapPost("/slides/{seriesInstanceUid}/resend", ResendAsync).RequireAuthorization(Policies.Admin).WithName("ResendSlide").Produces<IReadOnlyList<SlideRequestView>>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Has a slide delivered once more: to the further destination named, or to the image file system when it is not there any more as it was.");
        api.MapGet("/slide-requests/{id:guid}", RequestAsync).RequireAuthorization(Policies.View).WithName("GetSlideRequest").Produces<SlideRequestView>().ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("What came of a request; with wait (seconds) the answer comes when the converter has answered, or the time is over.");
    }

    private static async Task<IResult> ListAsync(
        SlideDirectory slides, SlideRequests requests, [FromQuery] string? stage, [FromQuery] string? serialNumber, [FromQuery] string? seriesInstanceUid, [FromQuery] DateTimeOffset? before,
        CancellationToken cancellationToken, [FromQuery] int take = 100)
    {
        if (!TryParse(stage, out var wanted))
            return Problems.Invalid([UnknownStage(stage)]);
        var found = await slides.ListAsync(new SlideFilter(wanted, serialNumber, seriesInstanceUid, before), Math.Clamp(take, 1, 1000), cancellationToken);
        var last = await requests.LastAsync(found, cancellationToken);
        return Results.Ok(found.Select(s => new SlideView(s, last.GetValueOrDefault((s.Converter, s.Name)))));
    }

    private static IResult Export(
        HttpContext context, SlideDirectory slides, [FromQuery] string? stage, [FromQuery] string? serialNumber, [FromQuery] string? seriesInstanceUid, [FromQuery] DateTimeOffset? from,
        [FromQuery] DateTimeOffset? to, [FromQuery] string? format, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (!TryParse(stage, out var wanted))
            errors.Add(UnknownStage(stage));
        foreach (var (field, value) in new[] { ("serialNumber", serialNumber), ("seriesInstanceUid", seriesInstanceUid) })
        {
            if (value is not null && (value.Length is 0 or > MaxAsked || value.Contains('\0', StringComparison.Ordinal)))
                errors.Add(new FieldError(field, $"Write 1 to {MaxAsked} characters, or leave it out."));
        }

        if (format is not (null or "json" or "csv"))
            errors.Add(new FieldError("format", "Write json or csv."));
        if (errors.Count > 0)
            return Problems.Invalid(errors);
        // Whoever reads slowly may: it is asked for in pieces, and nothing waits for him.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var found = slides.ReadAsync(new SlideFilter(wanted, serialNumber, seriesInstanceUid, Before: null) { From = from?.ToUniversalTime(), To = to?.ToUniversalTime() }, cancellationToken);
        return format == "csv"
            ? Results.Stream(body => SlideExport.WriteCsvAsync(found, body, cancellationToken), RowExport.CsvType)
            : Results.Stream(body => SlideExport.WriteJsonAsync(found, body, cancellationToken), RowExport.JsonLinesType);
    }

    private static Task<IResult> RetryAsync(string seriesInstanceUid, SlideRequests requests, HttpContext context, CancellationToken cancellationToken) =>
        AskAsync(seriesInstanceUid, SlideAction.Retry, null, requests, context, cancellationToken);

    private static Task<IResult> VerifyAsync(string seriesInstanceUid, SlideRequests requests, HttpContext context, CancellationToken cancellationToken) =>
        AskAsync(seriesInstanceUid, SlideAction.Verify, null, requests, context, cancellationToken);

    private static async Task<IResult> ResendAsync(string seriesInstanceUid, WhereTo where, SlideRequests requests, HttpContext context, CancellationToken cancellationToken) =>
        where.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors) : await AskAsync(seriesInstanceUid, SlideAction.Resend, where.Destination, requests, context, cancellationToken);

    private static async Task<IResult> AskAsync(string series, SlideAction action, string? destination, SlideRequests requests, HttpContext context, CancellationToken cancellationToken)
    {
        if (series.Length > MaxAsked || series.Contains('\0', StringComparison.Ordinal))
            return Problems.Invalid([new("seriesInstanceUid", "No DICOM UID.")]);
        var asked = await requests.AskAsync(series, action, destination, context.Actor(), cancellationToken);
        return asked.Count == 0 ? Problems.NotFound($"No converter has told of a slide {series}.") : Results.Json(asked.Select(a => new SlideRequestView(a)), statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> RequestAsync(HttpContext context, Guid id, SlideRequests requests, TimeProvider time, [FromQuery] int wait = 0)
    {
        AskedOfSlide? last = null;
        await LongPoll.UntilAsync(context, wait, time, requests.NextChangeAsync, async cancellationToken =>
        {
            last = await requests.FindAsync(id, cancellationToken);
            return last is null || last.AnsweredAt is not null ? new object() : null;
        });
        return last is null ? Problems.NotFound($"There is no request {id}, or it was asked long ago; the audit trail has it.") : Results.Ok(new SlideRequestView(last));
    }

    private static async Task<IResult> RequestsAsync(HttpContext context, string name, SlideRequests requests, TimeProvider time, [FromQuery] int wait = 0)
    {
        if (ConverterHealth.ValidateName(name).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        var open = await LongPoll.UntilAsync(context, wait, time, requests.NextChangeAsync, async cancellationToken =>
            await requests.OpenAsync(name, time.GetUtcNow(), cancellationToken) is { Count: > 0 } asked ? asked : null);
        return Results.Ok((open ?? []).Select(a => new SlideRequest(a.Id, a.Action, a.Slide, a.Destination)));
    }

    private static async Task<IResult> AnswerAsync(string name, Guid id, SlideAnswer answer, SlideRequests requests, HttpContext context, CancellationToken cancellationToken)
    {
        if (answer.Validate().Concat(ConverterHealth.ValidateName(name)).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        return await requests.AnswerAsync(name, id, answer, context.Actor(), cancellationToken) ? Results.NoContent() : Problems.NotFound($"Converter {name} was not asked {id}.");
    }

    private static bool TryParse(string? text, out SlideStage? stage)
    {
        stage = Enum.TryParse<SlideStage>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed : null;
        return stage is not null || text is null;
    }

    private static FieldError UnknownStage(string? stage) => new("stage", $"There is no stage '{stage}'; there are {string.Join(", ", Enum.GetNames<SlideStage>()).ToLowerInvariant()}.");
}

/// <summary>Where a slide is to be delivered once more.</summary>
/// <param name="Destination">A further destination of the converter; null: the image file system.</param>
internal sealed record WhereTo(string? Destination = null)
{
    internal IReadOnlyList<FieldError> Validate() =>
        Destination is null || (Destination.Length is > 0 and <= 64 && Destination.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            ? [] : [new FieldError("destination", "Write a destination's name, 1 to 64 letters, digits and hyphens; or leave it out.")];
}

/// <summary>What somebody has asked of a slide's converter, and what came of it.</summary>
internal sealed record SlideRequestView
{
    internal SlideRequestView(AskedOfSlide asked)
    {
        (Id, Converter, SeriesInstanceUid, Action, Destination) = (asked.Id, asked.Converter, asked.SeriesInstanceUid, asked.Action, asked.Destination);
        (AskedBy, AskedAt, ExpiresAt, AnsweredAt, Result, Answer) = (asked.AskedBy, asked.AskedAt, asked.ExpiresAt, asked.AnsweredAt, asked.Result, asked.Answer);
    }

    /// <summary>Its id.</summary>
    public Guid Id { get; }

    /// <summary>The converter that is asked.</summary>
    public string Converter { get; }

    /// <summary>The slide's series.</summary>
    public string SeriesInstanceUid { get; }

    /// <summary>What is to be done.</summary>
    public SlideAction Action { get; }

    /// <summary>The further destination it is about; null: the image file system.</summary>
    public string? Destination { get; }

    /// <summary>Who asked.</summary>
    public string AskedBy { get; }

    /// <summary>When.</summary>
    public DateTimeOffset AskedAt { get; }

    /// <summary>Until when the converter can take it up.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>When the converter answered; null while it has not.</summary>
    public DateTimeOffset? AnsweredAt { get; }

    /// <summary>What came of it.</summary>
    public SlideResult? Result { get; }

    /// <summary>The same as a sentence.</summary>
    public string? Answer { get; }
}

/// <summary>A slide as lists and exports show it.</summary>
internal sealed record SlideView
{
    internal SlideView(Slide slide, AskedOfSlide? last)
    {
        (Id, Converter, Name, SeriesInstanceUid, SerialNumber) = (slide.Id, slide.Converter, slide.Name, slide.SeriesInstanceUid, slide.SerialNumber);
        (Step, Revision, Stage, Since, Reason, Instances) = (slide.Step, slide.Revision, slide.Stage, slide.Since, slide.Reason, slide.Instances);
        (ReceivedAt, UpdatedAt, Location, Path, Bytes, Sha256, Change) = (slide.ReceivedAt, slide.UpdatedAt, slide.Location, slide.Path, slide.Bytes, slide.Sha256, slide.Change);
        LastRequest = last is null ? null : new SlideRequestView(last);
    }

    /// <summary>SAM's number of it.</summary>
    public long Id { get; }

    /// <summary>The converter that has it.</summary>
    public string Converter { get; }

    /// <summary>Its name there.</summary>
    public string Name { get; }

    /// <summary>Its series.</summary>
    public string SeriesInstanceUid { get; }

    /// <summary>The scanner it came from; null while that is not known.</summary>
    public string? SerialNumber { get; }

    /// <summary>Counts its states.</summary>
    public long Step { get; }

    /// <summary>1, and one more each time instances came after a delivery.</summary>
    public int Revision { get; }

    /// <summary>Where it is.</summary>
    public SlideStage Stage { get; }

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Why, as a sentence a person can act on.</summary>
    public string Reason { get; }

    /// <summary>Instances that have come.</summary>
    public int Instances { get; }

    /// <summary>When the first of them came.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>When SAM last heard something new of it.</summary>
    public DateTimeOffset UpdatedAt { get; }

    /// <summary>The file location it goes to; null: the converter's own image store.</summary>
    public string? Location { get; }

    /// <summary>Name there.</summary>
    public string? Path { get; }

    /// <summary>Bytes of the delivered file or files.</summary>
    public long? Bytes { get; }

    /// <summary>Of the delivered file, hexadecimal.</summary>
    public string? Sha256 { get; }

    /// <summary>Number of its last change.</summary>
    public long Change { get; }

    /// <summary>What somebody asked last of its converter, and what came of it; null: nothing. Exports leave it out.</summary>
    public SlideRequestView? LastRequest { get; }
}
