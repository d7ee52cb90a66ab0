using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Status;
using Slideport.Sam.Configuration;
using Slideport.Sam.Images;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Scanners;

namespace Slideport.Sam.Api;

/// <summary>What a scanner asks and tells (flows F3 and F7). Each speaks only about itself: which one it is, its certificate says.</summary>
internal static class ScannerApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var scanner = routes.MapGroup("/scanner").RequireAuthorization(Policies.Scanner).WithMetadata(new OnlyAt(Entrance.Machines));
        scanner.MapGet("/configuration", ConfigurationAsync).WithName("GetConfiguration").Produces<ScannerConfiguration>().Produces(StatusCodes.Status304NotModified)
            .WithSummary("The scanner's configuration; with If-None-Match and wait (seconds) the answer comes with the next change, or is 304.");
        scanner.MapPost("/status", TakeStatus).WithName("PostStatus").Produces<StatusAnswer>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("A heartbeat.");
        scanner.MapPut("/images/{imageId}", ImageAsync).WithName("PutImage").Produces(StatusCodes.Status201Created).Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Metadata of an image; sending it again changes nothing.");
    }

    private static Task ConfigurationAsync(HttpContext context, ConfigurationStore store, [FromQuery] int wait = 0) =>
        LongPoll.AnswerAsync<ScannerConfiguration>(context, wait, store.NextChangeAsync, () =>
        {
            var (version, configuration) = store.Effective(context.SerialNumber());
            return (string.Create(CultureInfo.InvariantCulture, $"\"{version}\""), () => configuration);
        });

    private static IResult TakeStatus(ScannerStatus status, HttpContext context, ScannerDirectory directory, ConfigurationStore store, TimeProvider time)
    {
        if (status.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        var (version, configuration) = store.Effective(context.SerialNumber());
        directory.Heard(context.ScannerId(), status, configuration.Basic.HeartbeatSeconds);
        return Results.Ok(new StatusAnswer(version, time.GetUtcNow()));
    }

    private static async Task<IResult> ImageAsync(
        string imageId, ImageMetadata metadata, HttpContext context, ImageIntake intake, CancellationToken cancellationToken)
    {
        if (metadata.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        if (metadata.ImageId != imageId)
            return Problems.Invalid([new("imageId", $"The address says '{imageId}'.")]);
        using var span = SamSpans.TakeImage(metadata, context.Request.Headers.TraceParent);
        var outcome = await intake.TakeAsync(context.ScannerId(), context.SerialNumber(), metadata, cancellationToken);
        span?.Outcome(outcome.ToString().ToLowerInvariant(), failed: outcome == IntakeOutcome.Conflict);
        return outcome switch
        {
            IntakeOutcome.Stored => Results.Created((string?)null, null),
            IntakeOutcome.Known => Results.NoContent(),
            _ => Problems.Conflict($"Image '{imageId}' was told of before, differently; what came first counts."),
        };
    }
}
