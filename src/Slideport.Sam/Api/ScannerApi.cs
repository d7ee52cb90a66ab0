using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Pins;
using Slideport.Protocol.Status;
using Slideport.Sam.Configuration;
using Slideport.Sam.Images;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Pins;
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
        scanner.MapPost("/status", TakeStatusAsync).WithName("PostStatus").Produces<StatusAnswer>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("A heartbeat; with wait (seconds) the answer comes as soon as the scanner should run another version than the one it tells of.");
        scanner.MapPut("/images/{imageId}", ImageAsync).WithName("PutImage").Produces(StatusCodes.Status201Created).Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Metadata of an image; sending it again changes nothing.");
        CertificateApi.MapRenewal(scanner, "RenewScannerCertificate");
        scanner.MapPost("/pin", EnterPinAsync).WithName("EnterPin").Produces<PinHolder>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status429TooManyRequests).WithSummary("Somebody has entered a PIN on the console: whose it is. After 5 wrong ones in 15 minutes none is looked at.");
    }

    private static Task ConfigurationAsync(HttpContext context, ConfigurationStore store, [FromQuery] int wait = 0) =>
        LongPoll.AnswerAsync<ScannerConfiguration>(context, wait, store.NextChangeAsync, () =>
        {
            var (version, configuration) = store.Effective(context.SerialNumber());
            return (string.Create(CultureInfo.InvariantCulture, $"\"{version}\""), () => configuration);
        });

    private static async Task<IResult> TakeStatusAsync(
        ScannerStatus status, HttpContext context, ScannerDirectory directory, ConfigurationStore store, TimeProvider time, [FromQuery] int wait = 0)
    {
        if (status.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        var serialNumber = context.SerialNumber();
        directory.Heard(context.ScannerId(), status, store.Effective(serialNumber).Configuration.Basic.HeartbeatSeconds);
        await LongPoll.ForChangeAsync(context, wait, store.NextChangeAsync, () => store.Effective(serialNumber).Version != status.ConfigurationVersion);
        return Results.Ok(new StatusAnswer(store.Effective(serialNumber).Version, time.GetUtcNow()));
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

    // One answer for every PIN that lets nobody in: whoever guesses learns nothing.
    private static async Task<IResult> EnterPinAsync(PinEntry entry, HttpContext context, PinCheck check, ConfigurationStore store, CancellationToken cancellationToken)
    {
        if (!PinRules.CanBePin(entry.Pin))
            return Problems.Invalid([new("pin", $"A PIN has {PinRules.Fewest} to {PinRules.Most} digits.")]);
        return await check.EnterAsync(context.ScannerId(), context.SerialNumber(), entry.Pin, context.Actor().Source, cancellationToken) switch
        {
            { User: { } user } => Results.Ok(new PinHolder(
                user.Name, user.FullName, JsonNamingPolicy.CamelCase.ConvertName(user.Role.ToString()), store.Effective(context.SerialNumber()).Configuration.PinManagement.ConsoleLockMinutes)),
            { RetryAfter: { } pause } => Problems.TooMany(context, pause <= PinCheck.OneAfterTheOther
                ? "One PIN after the other; try again in a moment."
                : string.Create(CultureInfo.InvariantCulture, $"{PinCheck.MaxFailures} wrong PINs in {PinCheck.Window.TotalMinutes} minutes; try again in {Math.Ceiling(pause.TotalMinutes)} min."), pause),
            _ => Problems.Forbidden("This PIN lets nobody in at this scanner. Try again, or ask the Lab Admin for another."),
        };
    }
}
