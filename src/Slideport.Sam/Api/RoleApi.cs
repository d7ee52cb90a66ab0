using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Http;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Fleet;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Slides;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Api;

/// <summary>What the other roles of the installation ask and tell.</summary>
internal static class RoleApi
{
    // So that no tag of an earlier process, whose versions counted anew, is taken for one of this.
    private static readonly string Run = Guid.NewGuid().ToString("n")[..8];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var role = routes.MapGroup("/role").RequireAuthorization(Policies.Role).WithMetadata(new OnlyAt(Entrance.Machines));
        role.MapGet("/fleet", FleetAsync).WithName("GetFleet").Produces<ScannerFleet>().Produces(StatusCodes.Status304NotModified).WithSummary("The scanners in service with their certificates, image and event settings, and all revoked certificates; with If-None-Match and wait (seconds) the answer comes with the next change, or is 304.");
        role.MapPost("/manifests", ManifestsAsync).RequireAuthorization(Policies.Converter).WithName("GetManifests").Produces<IReadOnlyList<ImageManifest>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("All instances of those of the series asked for that a scanner has told of.");
        role.MapPost("/converters/{name}/slides", TakeSlidesAsync).RequireAuthorization(Policies.Converter).WithName("PostSlides").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Where slides are on their way; telling again changes nothing.");
        role.MapPost("/converters/{name}/health", TakeHealth).RequireAuthorization(Policies.Converter).WithName("PostHealth").Produces<HealthAnswer>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("How the converter is doing; the answer names file locations that it should try to write at, and tell of at once.");
        role.MapGet("/slides", SlidesAsync).RequireAuthorization(Policies.Dsr).WithName("GetSlides").Produces<SlideFeed>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Slides whose state has changed since the answer that said next, given back as after; with wait (seconds) the answer comes with the next change, or is empty.");
        role.MapPost("/openings", TakeOpeningsAsync).RequireAuthorization(Policies.Dsr).WithName("PostOpenings").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Who has opened which slide, for the audit trail; telling again changes nothing.");
        CertificateApi.MapRenewal(role, "RenewRoleCertificate");
        EventApi.MapRole(role);
        SlideApi.MapRole(role);
        RoleSessionApi.Map(role);
    }

    private static async Task<IResult> TakeSlidesAsync(string name, IReadOnlyList<SlideReport> reports, SlideDirectory slides, CancellationToken cancellationToken)
    {
        if (reports.Count > SlideReport.MaxReports)
            return Problems.Invalid([new("", $"Tell of at most {SlideReport.MaxReports} slides at once.")]);
        if (Wrong(reports, report => report.Validate()).Concat(ConverterHealth.ValidateName(name)).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        await slides.TakeAsync(name, reports, cancellationToken);
        return Results.NoContent();
    }

    // What is wrong with each, under its place in the list; a place may hold null.
    private static IEnumerable<FieldError> Wrong<T>(IReadOnlyList<T> told, Func<T, IEnumerable<FieldError>> validate) => told.SelectMany((one, index) =>
        one is null ? [new FieldError($"[{index}]", "There is nothing in this place.")] : validate(one).Select(error => error with { Field = $"[{index}].{error.Field}" }));

    private static async Task<IResult> TakeOpeningsAsync(IReadOnlyList<SlideOpening> openings, HttpContext context, SlideOpenings slides, CancellationToken cancellationToken)
    {
        if (openings.Count > SlideOpening.MaxOpenings)
            return Problems.Invalid([new("", $"Tell of at most {SlideOpening.MaxOpenings} openings at once.")]);
        if (Wrong(openings, opening => opening.Validate()).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        await slides.TakeAsync(context.Actor().Name, openings, cancellationToken);
        return Results.NoContent();
    }

    private static IResult TakeHealth(string name, ConverterHealth health, SlideDirectory slides)
    {
        if (health.Validate().Concat(ConverterHealth.ValidateName(name)).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        return Results.Ok(new HealthAnswer(slides.Heard(name, health)));
    }

    private static Task FleetAsync(HttpContext context, CertificateRegistry registry, ConfigurationStore store, [FromQuery] int wait = 0) =>
        LongPoll.AnswerAsync<ScannerFleet>(context, wait, () => Task.WhenAny(registry.NextChangeAsync(), store.NextChangeAsync()), () =>
        {
            // The tag before what it stands for: what changes in between is asked for again.
            var tag = string.Create(CultureInfo.InvariantCulture, $"\"{Run}-{registry.Version}-{store.Version}\"");
            return (tag, () => new ScannerFleet(
                [.. registry.Scanners().Select(s => Scanner(s.SerialNumber, s.Certificates, store.Effective(s.SerialNumber).Configuration))],
                [.. registry.Revoked]));
        });

    private static FleetScanner Scanner(string serialNumber, string[] certificates, ScannerConfiguration configuration) =>
        new(serialNumber, certificates, configuration.Images) { EventHandling = configuration.EventHandling };

    private static async Task<IResult> SlidesAsync(HttpContext context, SlideDirectory slides, TimeProvider time, [FromQuery] long after = 0, [FromQuery] int wait = 0)
    {
        if (after < 0)
            return Problems.Invalid([new("after", "Give back next of the answer before; 0 at first.")]);
        var feed = await LongPoll.UntilAsync(context, wait, time, slides.NextChangeAsync, async cancellationToken =>
            await slides.ChangedAsync(after, SlideFeed.MaxSlides, cancellationToken) is { Count: > 0 } changed ? changed : null);
        return Results.Ok(feed is null ? new SlideFeed([], after) : new SlideFeed([.. feed.Select(s => new ConverterSlide(s.Converter, SlideDirectory.Report(s)))], feed[^1].Change));
    }

    private static async Task<IResult> ManifestsAsync(ManifestQuestion question, CertificateRegistry registry, SamDatabases databases, CancellationToken cancellationToken)
    {
        if (question.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        var scanners = registry.Scanners().ToDictionary(s => s.Id, s => s.SerialNumber);
        await using var database = databases.CreateDbContext();
        var images = await database.Images.Where(i => question.SeriesInstanceUids.Contains(i.SeriesInstanceUid)).OrderBy(i => i.Id)
            .Select(i => new { i.ScannerId, i.Metadata }).ToListAsync(cancellationToken);
        var manifests = images.Where(i => scanners.ContainsKey(i.ScannerId)).Select(i => (Serial: scanners[i.ScannerId], Image: JsonSerializer.Deserialize<ImageMetadata>(i.Metadata, ProtocolJson.Options)!));
        return Results.Ok(manifests.Select(m => new ImageManifest(m.Serial, m.Image.SeriesInstanceUid, m.Image.Instances)));
    }
}
