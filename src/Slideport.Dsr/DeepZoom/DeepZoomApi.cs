using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Viewing;

namespace Slideport.Dsr.DeepZoom;

/// <summary>Slides for every client that knows DeepZoom: OpenSeadragon as it comes, QuPath's and others' web viewers.</summary>
internal static class DeepZoomApi
{
    /// <summary>Maps the endpoints; a <see cref="SlideViewer"/> must be among the services.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var slides = routes.MapGroup("/slides/{id}").AddEndpointFilter(ViewerProblems.FilterAsync);
        slides.MapGet("/deepzoom.dzi", DescribeAsync).WithName("GetDeepZoom").WithSummary("The slide as a DeepZoom image: size and tile size.");
        slides.MapGet("/deepzoom_files/{level:int:min(0)}/{column:int:min(0)}_{row:int:min(0)}.jpg", TileAsync).WithName("GetDeepZoomTile").WithSummary("A tile of the DeepZoom image; as it is stored where the two agree.");
    }

    private static async Task<IResult> DescribeAsync(HttpContext http, string id, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Text(new DeepZoomPyramid(lease.Slide.View).ToXml(), "application/xml");
    }

    private static async Task TileAsync(HttpContext http, string id, int level, int column, int row, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        var tile = new DeepZoomPyramid(lease.Slide.View).Find(level, column, row)
            ?? throw new SlideNotFoundException($"DeepZoom level {level} of the slide has no tile in column {column}, row {row}.");
        if (ViewerCaching.IsKnown(http, lease, string.Create(CultureInfo.InvariantCulture, $"dz-{level}-{column}-{row}")))
            return;
        if (tile.Stored is { } stored)
        {
            await ViewerApi.WriteTileAsync(http, (viewer, id, lease), stored, column, row);
            return;
        }

        var plan = RegionPlan.Of(lease.Slide.View, tile.Region, tile.Width, tile.Height);
        await ViewerApi.WriteAsync(http, ViewerApi.Jpeg, await viewer.MakeAsync(id, lease, plan, new PictureForm(tile.Width, tile.Height), http.RequestAborted));
    }
}
