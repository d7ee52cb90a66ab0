using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
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
        role.MapGet("/fleet", FleetAsync).WithName("GetFleet").Produces<ScannerFleet>().Produces(StatusCodes.Status304NotModified).WithSummary("The scanners in service with their certificates and image settings, and all revoked certificates; with If-None-Match and wait (seconds) the answer comes with the next change, or is 304.");
        role.MapPost("/manifests", ManifestsAsync).WithName("GetManifests").Produces<IReadOnlyList<ImageManifest>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("All instances of those of the series asked for that a scanner has told of.");
        role.MapPost("/converters/{name}/slides", TakeSlidesAsync).WithName("PostSlides").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Where slides are on their way; telling again changes nothing.");
        role.MapPost("/converters/{name}/health", TakeHealth).WithName("PostHealth").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("How the converter is doing.");
    }

    private static async Task<IResult> TakeSlidesAsync(string name, IReadOnlyList<SlideReport> reports, SlideDirectory slides, CancellationToken cancellationToken)
    {
        if (reports.Count > SlideReport.MaxReports)
            return Problems.Invalid([new("", $"Tell of at most {SlideReport.MaxReports} slides at once.")]);
        if (reports.SelectMany(r => r.Validate()).Concat(ConverterHealth.ValidateName(name)).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        await slides.TakeAsync(name, reports, cancellationToken);
        return Results.NoContent();
    }

    private static IResult TakeHealth(string name, ConverterHealth health, SlideDirectory slides)
    {
        if (health.Validate().Concat(ConverterHealth.ValidateName(name)).ToArray() is { Length: > 0 } errors)
            return Problems.Invalid(errors);
        slides.Heard(name, health);
        return Results.NoContent();
    }

    private static Task FleetAsync(HttpContext context, CertificateRegistry registry, ConfigurationStore store, [FromQuery] int wait = 0) =>
        LongPoll.AnswerAsync<ScannerFleet>(context, wait, () => Task.WhenAny(registry.NextChangeAsync(), store.NextChangeAsync()), () =>
        {
            // The tag before what it stands for: what changes in between is asked for again.
            var tag = string.Create(CultureInfo.InvariantCulture, $"\"{Run}-{registry.Version}-{store.Version}\"");
            return (tag, () => new ScannerFleet(
                [.. registry.Scanners().Select(s => new FleetScanner(s.SerialNumber, s.Certificates, store.Effective(s.SerialNumber).Configuration.Images))],
                [.. registry.Revoked]));
        });

    private static async Task<IResult> ManifestsAsync(ManifestQuestion question, CertificateRegistry registry, SamDatabases databases, CancellationToken cancellationToken)
    {
        if (question.SeriesInstanceUids.Count > ManifestQuestion.MaxSeries)
            return Problems.Invalid([new("seriesInstanceUids", $"Ask for at most {ManifestQuestion.MaxSeries} series at once.")]);
        var scanners = registry.Scanners().ToDictionary(s => s.Id, s => s.SerialNumber);
        await using var database = databases.CreateDbContext();
        var images = await database.Images.Where(i => question.SeriesInstanceUids.Contains(i.SeriesInstanceUid)).OrderBy(i => i.Id)
            .Select(i => new { i.ScannerId, i.Metadata }).ToListAsync(cancellationToken);
        var manifests = images.Where(i => scanners.ContainsKey(i.ScannerId)).Select(i => (Serial: scanners[i.ScannerId], Image: JsonSerializer.Deserialize<ImageMetadata>(i.Metadata, ProtocolJson.Options)!));
        return Results.Ok(manifests.Select(m => new ImageManifest(m.Serial, m.Image.SeriesInstanceUid, m.Image.Instances)));
    }
}
