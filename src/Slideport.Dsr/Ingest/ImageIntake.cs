using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Slideport.Database;
using Slideport.Dsr.Api;
using Slideport.Dsr.Catalogue;
using Slideport.Http;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Dsr.Ingest;

/// <summary>Takes image metadata from SAM (flow F8): durable when it is answered, once, however often it comes.</summary>
internal sealed class ImageIntake(CatalogueWriter catalogue, Action<int> taken) : IAsyncDisposable
{
    private const int MaxGroup = 256;
    private const int MaxSubject = 200;

    private readonly GroupedWrites<ToldMessage, bool> _writes = new(
        MaxGroup, messages => catalogue.TakeImagesAsync(messages, CancellationToken.None), outcomes => taken(outcomes.Count(isNew => isNew)));

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/images", TakeAsync).RequireAuthorization(Policies.Sam).WithMetadata(new OnlyAt(Entrance.Machines))
        .WithName("PostImage").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("What a scanner has told of an image, under the key and the subject of SAM's message; telling again changes nothing.");

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    private static async Task<IResult> TakeAsync(
        ImageMetadata metadata, ImageIntake intake, [FromHeader(Name = "Idempotency-Key")] Guid key, [FromHeader(Name = "Slideport-Subject")] string subject, CancellationToken cancellationToken)
    {
        if (subject.Length > MaxSubject || !subject.EndsWith($"/{metadata.ImageId}", StringComparison.Ordinal) || subject.Contains('\0', StringComparison.Ordinal))
            return Problems.Invalid([new("Slideport-Subject", "Write the scanner's serial number, a slash, and the image's id.")]);
        if (metadata.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        await intake._writes.WriteAsync(new ToldMessage(subject, key, metadata), cancellationToken);
        return Results.NoContent();
    }
}
