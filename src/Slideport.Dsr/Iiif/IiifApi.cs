using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Iiif;

/// <summary>The IIIF Image API 3.0, compliance level 2: for Mirador, the Universal Viewer, and whoever cites a part of a slide.</summary>
internal static class IiifApi
{
    private const string Profile = "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"";

    /// <summary>Maps the endpoints; a <see cref="SlideViewer"/> must be among the services.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var images = routes.MapGroup("/iiif/3/{id}").AddEndpointFilter(ViewerProblems.FilterAsync);
        images.MapGet("/", (HttpContext http, string id) => Redirect(http, id)).WithName("GetIiifImage").WithSummary("Leads to info.json (IIIF Image API 3.0, 2).");
        images.MapGet("/info.json", DescribeAsync).WithName("GetIiifInformation").WithSummary("What can be asked for of the slide as an image (IIIF Image API 3.0, 5).");
        images.MapGet("/{region}/{size}/{rotation}/{qualityAndFormat}", ImageAsync).WithName("GetIiifRegion").WithSummary("Part of the slide as a picture (IIIF Image API 3.0, 4); a stored tile as it is.");
    }

    // Clause 2.
    private static void Redirect(HttpContext http, string id)
    {
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = $"{Address(http, id)}/info.json";
    }

    private static async Task<IResult> DescribeAsync(HttpContext http, string id, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        Allow(http);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Json(IiifInformation.Of(lease.Slide.View, Address(http, id)), IiifJson.Default.IiifInformation, IiifInformation.MediaType);
    }

    private static async Task<IResult> ImageAsync(HttpContext http, string id, string region, string size, string rotation, string qualityAndFormat, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        Allow(http);
        var view = lease.Slide.View;
        var first = view.Levels[0].Level;
        if (IiifRequest.Parse((first.Width, first.Height), region, size, rotation, qualityAndFormat, out var problem) is not { } asked)
            return ViewerProblems.Of(StatusCodes.Status400BadRequest, problem!);
        http.Response.Headers.Link = Profile;
        var (part, form) = (asked.Region, asked.Form);
        if (ViewerCaching.IsKnown(http, lease, string.Create(CultureInfo.InvariantCulture, $"iiif-{part.X},{part.Y},{part.Width},{part.Height}-{form.Width}x{form.Height}-{form.Rotation}-{form.IsMirrored}-{form.Colors}-{form.Format}")))
            return TypedResults.Empty;
        if (Stored(view, asked) is var (level, column, row))
        {
            await ViewerApi.WriteTileAsync(http, (viewer, id, lease), level, column, row);
            return TypedResults.Empty;
        }

        var plan = RegionPlan.Of(view, new Region(part.X, part.Y, part.Width, part.Height), form.Width, form.Height);
        await ViewerApi.WriteAsync(http, form.Format == PictureFormat.Png ? "image/png" : ViewerApi.Jpeg, await viewer.MakeAsync(id, lease, plan, form, http.RequestAborted));
        return TypedResults.Empty;
    }

    /// <summary>The stored tile that is exactly what is asked for; null where none is.</summary>
    private static (LevelView Level, int Column, int Row)? Stored(SlideView view, IiifRequest asked)
    {
        var (part, form) = (asked.Region, asked.Form);
        if (form is not { Rotation: 0, IsMirrored: false, Colors: PictureColors.All, Format: PictureFormat.Jpeg })
            return null;
        foreach (var level in view.Levels)
        {
            var own = level.Level;
            if (IiifInformation.ScaleFactor(view, level) is not { } factor || (form.Width, form.Height) != (own.TileWidth, own.TileHeight)
                || part.Width != (long)own.TileWidth * factor || part.Height != (long)own.TileHeight * factor || part.X % part.Width != 0 || part.Y % part.Height != 0)
                continue;
            var (column, row) = (part.X / part.Width, part.Y / part.Height);
            if ((column + 1) * own.TileWidth <= own.Width && (row + 1) * own.TileHeight <= own.Height)
                return (level, column, row);
        }

        return null;
    }

    // Clause 7.1. A browser sends no log-in along with what it fetches by this.
    private static void Allow(HttpContext http) => http.Response.Headers.AccessControlAllowOrigin = "*";

    private static string Address(HttpContext http, string id) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}/iiif/3/{Uri.EscapeDataString(id)}";
}
