using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Status;
using Slideport.Sam.Configuration;
using Slideport.Sam.Images;
using Slideport.Sam.Scanners;

namespace Slideport.Sam.Api;

/// <summary>What a scanner asks and tells (flows F3 and F7). Each speaks only about itself: which one it is, its certificate says.</summary>
internal static class ScannerApi
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var scanner = routes.MapGroup("/scanner").RequireAuthorization(Policies.Scanner);
        scanner.MapGet("/configuration", ConfigurationAsync).WithName("GetConfiguration")
            .WithSummary("The scanner's configuration; with If-None-Match and wait (seconds) the answer comes with the next change, or is 304.");
        scanner.MapPost("/status", TakeStatus).WithName("PostStatus").WithSummary("A heartbeat.");
        scanner.MapPut("/images/{imageId}", ImageAsync).WithName("PutImage").WithSummary("Metadata of an image; sending it again changes nothing.");
    }

    private static async Task ConfigurationAsync(
        HttpContext context, ConfigurationStore store, IHostApplicationLifetime lifetime, [FromQuery] int wait = 0)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        stopping.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(wait, 0, LongestWait.TotalSeconds)));
        var known = context.Request.Headers.IfNoneMatch.ToString();
        while (true)
        {
            // Before reading, so that no change falls between the two.
            var change = store.NextChangeAsync();
            var (version, configuration) = store.Effective(context.SerialNumber());
            var tag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
            context.Response.Headers.ETag = tag;
            if (known != tag)
            {
                await Results.Json(configuration, ProtocolJson.Options).ExecuteAsync(context);
                return;
            }

            await Task.WhenAny(change, Task.Delay(Timeout.Infinite, stopping.Token));
            if (!stopping.IsCancellationRequested)
                continue;
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
    }

    private static IResult TakeStatus(ScannerStatus status, HttpContext context, ScannerDirectory directory, ConfigurationStore store, TimeProvider time)
    {
        if (status.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        directory.Heard(context.ScannerId(), status);
        return Results.Ok(new StatusAnswer(store.Effective(context.SerialNumber()).Version, time.GetUtcNow()));
    }

    private static async Task<IResult> ImageAsync(
        string imageId, ImageMetadata metadata, HttpContext context, ImageIntake intake, CancellationToken cancellationToken)
    {
        if (metadata.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        if (metadata.ImageId != imageId)
            return Problems.Invalid([new("imageId", $"The address says '{imageId}'.")]);
        return await intake.TakeAsync(context.ScannerId(), context.SerialNumber(), metadata, cancellationToken) switch
        {
            IntakeOutcome.Stored => Results.Created((string?)null, null),
            IntakeOutcome.Known => Results.NoContent(),
            _ => Problems.Conflict($"Image '{imageId}' was told of before, differently; what came first counts."),
        };
    }
}
