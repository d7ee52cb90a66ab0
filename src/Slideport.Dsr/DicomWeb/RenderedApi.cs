using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>WADO-RS of pictures for people (PS3.18 10.4): an instance or a frame as a JPEG or PNG, and thumbnails.</summary>
internal static class RenderedApi
{
    private const string Png = "image/png";
    private const int DefaultSide = 1024;
    private const int ThumbnailSide = 256;

    // What PS3.18 8.3.5 knows beyond the size; slides have colours of their own.
    private static readonly string[] NotFollowed = ["annotation", "quality", "window", "iccprofile"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/rendered", (HttpContext http, string study, string series, string instance, WebSlides slides) => InstanceAsync(http, slides, (study, series, instance), isThumbnail: false));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/thumbnail", (HttpContext http, string study, string series, string instance, WebSlides slides) => InstanceAsync(http, slides, (study, series, instance), isThumbnail: true));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/frames/{frame}/rendered", FrameAsync);
        routes.MapGet("/studies/{study}/series/{series}/thumbnail", (HttpContext http, string study, string series, WebSlides slides) => ThumbnailAsync(http, slides, study, series));
        routes.MapGet("/studies/{study}/thumbnail", (HttpContext http, string study, WebSlides slides) => ThumbnailAsync(http, slides, study, null));
    }

    // The pictures of a list are no opening of a slide.
    private static async Task ThumbnailAsync(HttpContext http, WebSlides slides, string study, string? series)
    {
        var form = Choose(http);
        using var slide = await slides.OpenAsync((await slides.Catalogue.FindAsync(study, series, http.RequestAborted))[0], http.RequestAborted);
        await WholeAsync(http, (slides.Viewer, slide), slide.Instances.First(i => i.Level is not null), (form, ThumbnailSide));
    }

    private static async Task InstanceAsync(HttpContext http, WebSlides slides, (string Study, string Series, string Instance) what, bool isThumbnail)
    {
        var form = Choose(http);
        using var slide = await slides.OpenAsync(what.Study, what.Series, http.RequestAborted);
        var instance = slide.Find(what.Instance);
        if (!isThumbnail)
            await slides.NoteAsync(http, slide.Entry, "view");
        await WholeAsync(http, (slides.Viewer, slide), instance, (form, isThumbnail ? ThumbnailSide : DefaultSide));
    }

    private static async Task FrameAsync(HttpContext http, string study, string series, string instance, string frame, WebSlides slides)
    {
        var form = Choose(http);
        if (!int.TryParse(frame, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            throw DicomWebException.BadRequest("One frame is rendered at a time: write its number, from 1.");
        using var slide = await slides.OpenAsync(study, series, http.RequestAborted);
        var found = slide.Find(instance);
        if (number > found.FrameCount)
            throw DicomWebException.NotFound($"The instance has {found.FrameCount} frames, and no frame {number}.");
        await slides.NoteAsync(http, slide.Entry, "view");
        if (found.Level is not { } level)
        {
            await WholeAsync(http, (slides.Viewer, slide), found, (form, DefaultSide));
            return;
        }

        var size = level.Level;
        var tile = found.TileOf(number - 1);
        if (tile < 0 || tile >= (long)size.TilesAcross * size.TilesDown)
            throw DicomWebException.NotFound($"Frame {number} lies outside its level.");
        var (row, column) = Math.DivRem((int)tile, size.TilesAcross);
        if (form == PictureFormat.Jpeg && Viewport(http) is null)
        {
            if (!ViewerCaching.IsKnown(http, slide.Lease, $"rf-{found.Uid}-{number}"))
                await ViewerApi.WriteTileAsync(http, (slides.Viewer, slide.Entry.Id, slide.Lease), level, column, row);
            return;
        }

        var (width, height) = Fitted(size.TileWidth, size.TileHeight, Viewport(http), PixelLimits.MaxSide);
        await SendAsync(http, (slides.Viewer, slide), (RegionPlan.Tile(level, column, row), new PictureForm(width, height) { Format = form }), $"rf-{found.Uid}-{number}");
    }

    /// <summary>All that an instance shows; of a level too large to be read whole a smaller one is taken.</summary>
    private static async Task WholeAsync(HttpContext http, (SlideViewer Viewer, WebSlide Slide) from, WebInstance instance, (PictureFormat Format, int Side) form)
    {
        var (level, picture) = (instance.Level?.Level, instance.Picture);
        if (level is null && picture is null)
            throw DicomWebException.NotAcceptable("The instance is no picture of the slide that can be shown.");
        var (width, height) = Fitted(level?.Width ?? picture!.Width, level?.Height ?? picture!.Height, Viewport(http), form.Side);
        var view = from.Slide.Lease.Slide.View;
        var whole = new Region(0, 0, view.Levels[0].Level.Width, view.Levels[0].Level.Height);
        var plan = level is not null ? RegionPlan.Of(view, whole, width, height) : RegionPlan.All(LevelView.Of(picture!), width, height);
        await SendAsync(http, from, (plan, new PictureForm(width, height) { Format = form.Format }), $"r-{instance.Uid}");
    }

    private static async Task SendAsync(HttpContext http, (SlideViewer Viewer, WebSlide Slide) from, (RegionPlan Plan, PictureForm Form) what, string name)
    {
        SearchApi.Warn(http, NotFollowed.Where(http.Request.Query.ContainsKey).Select(p => $"The {p} parameter is not supported. It has been ignored."));
        var (slide, form) = (from.Slide, what.Form);
        if (ViewerCaching.IsKnown(http, slide.Lease, string.Create(CultureInfo.InvariantCulture, $"{name}-{form.Width}-{form.Height}-{form.Format}")))
            return;
        await ViewerApi.WriteAsync(http, form.Format == PictureFormat.Png ? Png : ViewerApi.Jpeg, await from.Viewer.MakeAsync(slide.Entry.Id, slide.Lease, what.Plan, form, http.RequestAborted));
    }

    private static PictureFormat Choose(HttpContext http)
    {
        http.Response.Headers.Vary = "Accept";
        foreach (var accepted in AcceptedMedia.Of(http.Request).Where(a => a.TakesSingle))
        {
            if (accepted.Takes(ViewerApi.Jpeg))
                return PictureFormat.Jpeg;
            if (accepted.Takes(Png))
                return PictureFormat.Png;
        }

        throw DicomWebException.NotAcceptable($"Pictures are given as {ViewerApi.Jpeg} or {Png}.");
    }

    /// <summary>The size the client has room for (PS3.18 8.3.5); null: it does not say.</summary>
    private static (int Width, int Height)? Viewport(HttpContext http)
    {
        if (!http.Request.Query.TryGetValue("viewport", out var values))
            return null;
        if (values.ToString().Split(',') is not [var across, var down]
            || !int.TryParse(across, NumberStyles.None, CultureInfo.InvariantCulture, out var width) || !int.TryParse(down, NumberStyles.None, CultureInfo.InvariantCulture, out var height)
            || width is < 1 or > PixelLimits.MaxSide || height is < 1 or > PixelLimits.MaxSide)
            throw DicomWebException.BadRequest($"Write viewport as width,height, each from 1 to {PixelLimits.MaxSide}; parts of a picture are given as frames.");
        return (width, height);
    }

    /// <summary>The largest size with the same sides' ratio that fits, and is not more than there is.</summary>
    private static (int Width, int Height) Fitted(int width, int height, (int Width, int Height)? viewport, int side)
    {
        var room = viewport ?? (side, side);
        var ratio = Math.Max(1, Math.Max((double)width / room.Width, (double)height / room.Height));
        return (Math.Max(1, (int)(width / ratio)), Math.Max(1, (int)(height / ratio)));
    }
}
