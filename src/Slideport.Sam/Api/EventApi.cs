using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Slideport.Http.Export;
using Slideport.Http;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Events;
using Slideport.Sam.Database;
using Slideport.Sam.Events;

namespace Slideport.Sam.Api;

/// <summary>What happened at the scanners: event servers pass it on, administrators look through it and acknowledge it.</summary>
internal static class EventApi
{
    private const int MaxTaken = 1000;
    private const int MaxAsked = 128;

    /// <summary>What event servers tell.</summary>
    internal static void MapRole(IEndpointRouteBuilder role) =>
        role.MapPost("/events", TakeAsync).RequireAuthorization(Policies.EventServer).WithName("PostEvents").Produces<EventReceipt>().ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Events of scanners, all of them taken or none; sending an event again changes nothing.");

    /// <summary>What administrators ask and say.</summary>
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/events", ListAsync).RequireAuthorization(Policies.View).WithName("ListEvents").Produces<EventPage>().ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Events, the newest first, by scanner, least severity, code, component, series, time, text; open=true: those that need somebody and nobody has acknowledged. next, given back as before, turns the page; a page may be empty and have a next one.");
        api.MapGet("/events/export", Export).RequireAuthorization(Policies.View).WithName("ExportEvents").ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("All events asked for, the newest first, as JSON Lines or CSV.");
        api.MapPost("/events/{id:long}/acknowledge", AcknowledgeAsync).RequireAuthorization(Policies.Service).WithName("AcknowledgeEvent").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Says that somebody has seen an event; with alike also those before it that are open and say the same of the same scanner.");
    }

    private static async Task<IResult> TakeAsync(EventBatch batch, HttpContext context, EventIntake intake, CancellationToken cancellationToken) =>
        batch.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors) : Results.Ok(await intake.TakeAsync(context.Actor().Name, batch, cancellationToken));

    private static async Task<IResult> ListAsync(
        [AsParameters] EventQuestion question, EventSearch search, [FromQuery] string? before, CancellationToken cancellationToken, [FromQuery] int take = 100)
    {
        if (question.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        EventPosition? position = null;
        if (before is not null && (position = EventPosition.TryParse(before)) is null)
            return Problems.Invalid([new("before", "Give back next of the page before, as it came.")]);
        var page = await search.FindAsync(question.Filter, position, Math.Clamp(take, 1, MaxTaken), cancellationToken);
        return Results.Ok(new EventPage([.. page.Events.Select(e => new EventView(e))], page.Next?.ToString()));
    }

    private static IResult Export([AsParameters] EventQuestion question, HttpContext context, EventSearch search, [FromQuery] string? format, CancellationToken cancellationToken)
    {
        if (question.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        if (format is not (null or "json" or "csv"))
            return Problems.Invalid([new("format", "Write json or csv.")]);
        // Whoever reads slowly may: it is asked for in pieces, and nothing waits for him.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var events = search.ReadAsync(question.Filter, cancellationToken);
        return format == "csv"
            ? Results.Stream(body => EventExport.WriteCsvAsync(events, body, cancellationToken), RowExport.CsvType)
            : Results.Stream(body => EventExport.WriteJsonAsync(events, body, cancellationToken), RowExport.JsonLinesType);
    }

    private static async Task<IResult> AcknowledgeAsync(long id, EventNote note, EventAcknowledgement acknowledgement, HttpContext context, CancellationToken cancellationToken)
    {
        if (note.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        return await acknowledgement.AcknowledgeAsync(id, note.Note, note.Alike, context.Actor(), cancellationToken) switch
        {
            AcknowledgementOutcome.Done => Results.NoContent(),
            AcknowledgementOutcome.Unknown => Problems.NotFound($"There is no event {id}."),
            _ => Problems.Conflict($"Event {id} was acknowledged before."),
        };
    }

    /// <summary>Which events are asked for.</summary>
    internal sealed record EventQuestion(
        [FromQuery(Name = "serialNumber")] string? SerialNumber,
        [FromQuery(Name = "severity")] string? Severity,
        [FromQuery(Name = "code")] string? Code,
        [FromQuery(Name = "component")] string? Component,
        [FromQuery(Name = "seriesInstanceUid")] string? SeriesInstanceUid,
        [FromQuery(Name = "text")] string? Text,
        [FromQuery(Name = "from")] DateTimeOffset? From,
        [FromQuery(Name = "to")] DateTimeOffset? To,
        [FromQuery(Name = "open")] bool Open = false)
    {
        internal EventFilter Filter => new()
        {
            Least = Severity is null ? EventSeverity.Info : Enum.Parse<EventSeverity>(Severity, ignoreCase: true),
            SerialNumber = SerialNumber,
            Code = Code,
            Component = Component,
            SeriesInstanceUid = SeriesInstanceUid,
            Text = Text,
            From = From?.ToUniversalTime(),
            To = To?.ToUniversalTime(),
            OnlyOpen = Open,
        };

        internal IReadOnlyList<FieldError> Validate()
        {
            var errors = new List<FieldError>();
            if (Severity is not null && !(Enum.TryParse<EventSeverity>(Severity, ignoreCase: true, out var severity) && Enum.IsDefined(severity)))
                errors.Add(new FieldError("severity", $"Write one of {string.Join(", ", Enum.GetNames<EventSeverity>()).ToLowerInvariant()}."));
            foreach (var (field, value) in new[] { ("serialNumber", SerialNumber), ("code", Code), ("component", Component), ("seriesInstanceUid", SeriesInstanceUid), ("text", Text) })
            {
                if (value is not null && (value.Length is 0 or > MaxAsked || value.Contains('\0', StringComparison.Ordinal)))
                    errors.Add(new FieldError(field, $"Write 1 to {MaxAsked} characters, or leave it out."));
            }

            return errors;
        }
    }
}

/// <summary>What somebody has to say about an event.</summary>
/// <param name="Note">Up to 400 characters.</param>
/// <param name="Alike">Whether it holds for those before it, too, that say the same.</param>
internal sealed record EventNote(string Note, bool Alike = false)
{
    internal IReadOnlyList<FieldError> Validate() =>
        Note is { Length: > 0 and <= 400 } && !Note.Contains('\0', StringComparison.Ordinal) ? [] : [new FieldError("note", "Say what was done about it, in up to 400 characters.")];
}

/// <summary>A page of events.</summary>
/// <param name="Events">The newest first.</param>
/// <param name="Next">To be given back as <c>before</c> for the next page; null when there is none.</param>
internal sealed record EventPage(IReadOnlyList<EventView> Events, string? Next);

/// <summary>An event as lists and exports show it.</summary>
internal sealed record EventView
{
    internal EventView(LoggedEvent logged)
    {
        (Id, Sender, SenderId) = (logged.Id, logged.Sender, logged.SenderId);
        (ReceivedAt, OccurredAt, SerialNumber, Severity) = (logged.ReceivedAt, logged.OccurredAt, logged.SerialNumber, logged.Severity);
        (Code, Component, Text, Rack, Slot) = (logged.Code, logged.Component, logged.Text, logged.Rack, logged.Slot);
        (ImageId, SeriesInstanceUid, Suppressed, Parsed) = (logged.ImageId, logged.SeriesInstanceUid, logged.Suppressed, logged.Parsed);
        (AcknowledgedAt, AcknowledgedBy, Note) = (logged.AcknowledgedAt, logged.AcknowledgedBy, logged.Note);
    }

    /// <summary>SAM's number of it.</summary>
    public long Id { get; }

    /// <summary>When the event server got it: the order of events.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>When it happened, by the scanner's clock.</summary>
    public DateTimeOffset OccurredAt { get; }

    /// <summary>The scanner.</summary>
    public string SerialNumber { get; }

    /// <summary>How much it matters.</summary>
    public EventSeverity Severity { get; }

    /// <summary>What it is.</summary>
    public string Code { get; }

    /// <summary>The part of the scanner it comes from.</summary>
    public string Component { get; }

    /// <summary>The same in words.</summary>
    public string Text { get; }

    /// <summary>The rack it is about.</summary>
    public string? Rack { get; }

    /// <summary>The slot of the rack.</summary>
    public string? Slot { get; }

    /// <summary>The image it is about, as the scanner calls it.</summary>
    public string? ImageId { get; }

    /// <summary>The series it is about.</summary>
    public string? SeriesInstanceUid { get; }

    /// <summary>How many like it were not passed on before.</summary>
    public int Suppressed { get; }

    /// <summary>Whether the scanner's message was understood.</summary>
    public bool Parsed { get; }

    /// <summary>Who passed it on.</summary>
    public string Sender { get; }

    /// <summary>What he calls it.</summary>
    public string SenderId { get; }

    /// <summary>When somebody acknowledged it; null while nobody has.</summary>
    public DateTimeOffset? AcknowledgedAt { get; }

    /// <summary>Who did.</summary>
    public string? AcknowledgedBy { get; }

    /// <summary>What he had to say about it.</summary>
    public string? Note { get; }
}
