using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Locations;
using Slideport.Http;

namespace Slideport.Dsr.Api;

/// <summary>The image file systems: how each is doing, and looking through it now.</summary>
internal static class LocationApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/locations", (LocationHealth health, CancellationToken cancellationToken) => health.LookAsync(TimeSpan.Zero, cancellationToken)).WithName("ListLocations").Produces<IReadOnlyList<LocationView>>().WithSummary("The image file systems: room, days until they are full at the pace of the last week, slides, what is in the way.");
        api.MapPost("/rescan", RescanAsync).RequireAuthorization(Policies.Admin).WithName("Rescan").Produces<RescanReport>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status503ServiceUnavailable).WithSummary("Looks through an image file system now and brings the catalogue up to date.");
    }

    private static async Task<IResult> RescanAsync([FromQuery] string? location, ImageLocations locations, Rescan rescan, HttpContext context)
    {
        if (locations.NameOf(location) is not { } name)
            return Problems.Invalid([new("location", $"There is no image file system '{location}' here; there are: {string.Join(", ", locations.All)}.")]);
        try
        {
            return Results.Ok(await rescan.RunAsync(name, context.RequestAborted));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Problems.Unavailable(context, e.Message, TimeSpan.FromMinutes(1));
        }
    }
}
