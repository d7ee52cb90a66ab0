using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Viewing;

/// <summary>Slides over HTTP as they are stored: what there is, its tiles, the pictures beside it.</summary>
internal static class ViewerApi
{
    internal const string Jpeg = "image/jpeg";

    private const int PieceBytes = 64 << 10;

    private const string NoProfile = "The slide has no colour profile.";

    /// <summary>Maps the endpoints; a <see cref="SlideViewer"/> must be among the services.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var slides = routes.MapGroup("/slides/{id}").AddEndpointFilter(ViewerProblems.FilterAsync);
        slides.MapGet("/view", DescribeAsync).WithName("GetView").Produces<SlideDescription>().WithSummary("What there is to look at: levels with their sizes and scales, pictures, whether there is a colour profile.");
        slides.MapGet("/tiles/{level:int:min(0)}/{column:int:min(0)}/{row:int:min(0)}", TileAsync).WithName("GetTile").WithSummary("A tile as it is stored, made complete; JPEG.");
        slides.MapGet("/pictures/{kind}", PictureAsync).WithName("GetPicture").WithSummary("The thumbnail, label or macro.");
        slides.MapGet("/colors", ColorsAsync).WithName("GetColors").ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("What becomes of the tiles' colours in sRGB by the slide's ICC profile; PNG: 33 squares, one for each step of blue, in which red grows from left to right and green from top to bottom.");
        slides.MapGet("/icc", ProfileAsync).WithName("GetProfile").WithSummary("The slide's ICC profile.");
    }

    /// <summary>Answers with a tile as it is stored, or as it had to be made.</summary>
    internal static async Task WriteTileAsync(HttpContext http, (SlideViewer Viewer, string Id, SlideLease Lease) slide, LevelView level, int column, int row)
    {
        using var tile = await slide.Viewer.ReadAsync(slide.Lease, level, column, row, http.RequestAborted);
        if (tile.IsJpeg)
        {
            await WriteAsync(http, Jpeg, tile.Bytes);
            return;
        }

        var form = new PictureForm(level.Level.TileWidth, level.Level.TileHeight);
        await WriteAsync(http, Jpeg, await slide.Viewer.MakeAsync(slide.Id, slide.Lease, RegionPlan.Tile(level, column, row), form, http.RequestAborted));
    }

    /// <summary>Answers with bytes.</summary>
    internal static async Task WriteAsync(HttpContext http, string type, ReadOnlyMemory<byte> bytes)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        await http.Response.StartAsync(http.RequestAborted);
        await SendAsync(http.Response.BodyWriter, bytes, http.RequestAborted);
    }

    /// <summary>Sends bytes of an answer that has begun: in pieces as large as TLS takes them, where the server by itself has them encrypted by 4 KB.</summary>
    internal static async ValueTask SendAsync(PipeWriter body, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(PieceBytes, bytes.Length)];
            piece.Span.CopyTo(body.GetSpan(piece.Length));
            body.Advance(piece.Length);
            await body.FlushAsync(cancellationToken);
            bytes = bytes[piece.Length..];
        }
    }

    private static async Task<IResult> DescribeAsync(HttpContext http, string id, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Json(SlideDescription.Of(lease.Slide), ViewerJson.Default.SlideDescription);
    }

    private static async Task TileAsync(HttpContext http, string id, int level, int column, int row, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        var view = level < lease.Slide.View.Levels.Count ? lease.Slide.View.Levels[level] : throw new SlideNotFoundException($"The slide has no level {level}.");
        if (column >= view.Level.TilesAcross || row >= view.Level.TilesDown)
            throw new SlideNotFoundException($"Level {level} of the slide has no tile in column {column}, row {row}.");
        if (!ViewerCaching.IsKnown(http, lease, string.Create(CultureInfo.InvariantCulture, $"{level}-{column}-{row}")))
            await WriteTileAsync(http, (viewer, id, lease), view, column, row);
    }

    private static async Task PictureAsync(HttpContext http, string id, string kind, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        var picture = lease.Slide.View.Slide.AssociatedImages.FirstOrDefault(i => i.Kind.ToString().Equals(kind, StringComparison.OrdinalIgnoreCase))
            ?? throw new SlideNotFoundException("The slide has no such picture.");
        if (ViewerCaching.IsKnown(http, lease, kind.ToLowerInvariant()))
            return;
        if (await viewer.ReadingAsync(lease, picture.ReadJpeg, http.RequestAborted) is { } jpeg)
        {
            await WriteAsync(http, Jpeg, jpeg);
            return;
        }

        var form = Fitted(picture);
        var plan = RegionPlan.All(LevelView.Of(picture), form.Width, form.Height);
        await WriteAsync(http, "image/png", await viewer.MakeAsync(id, lease, plan, form, http.RequestAborted));
    }

    // Without loss, as what is no JPEG was kept for its text. A picture larger than any screen is made smaller, its sides alike.
    private static PictureForm Fitted(AssociatedImage picture)
    {
        var ratio = Math.Max(1, (double)Math.Max(picture.Width, picture.Height) / PixelLimits.MaxSide);
        return new PictureForm(Math.Max(1, (int)(picture.Width / ratio)), Math.Max(1, (int)(picture.Height / ratio))) { Format = PictureFormat.Png };
    }

    private static async Task<IResult> ColorsAsync(HttpContext http, string id, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        var profile = lease.Slide.View.Slide.IccProfile ?? throw new SlideNotFoundException(NoProfile);
        if (ViewerCaching.IsKnown(http, lease, "colors"))
            return TypedResults.Empty;
        try
        {
            await WriteAsync(http, "image/png", await viewer.MakeColorsAsync(id, lease, profile, http.RequestAborted));
            return TypedResults.Empty;
        }
        catch (SlideException e)
        {
            return ViewerProblems.Of(StatusCodes.Status422UnprocessableEntity, $"{e.Message.TrimEnd('.')}."); // the slide itself can be shown
        }
    }

    private static async Task ProfileAsync(HttpContext http, string id, SlideViewer viewer)
    {
        using var lease = await viewer.OpenAsync(id, http.RequestAborted);
        var profile = lease.Slide.View.Slide.IccProfile ?? throw new SlideNotFoundException(NoProfile);
        if (ViewerCaching.IsKnown(http, lease, "icc"))
            return;
        var length = await viewer.ReadingAsync(lease, () => profile.Length, http.RequestAborted);
        if (length > PixelLimits.MaxProfileBytes)
            throw new SlideException($"Its colour profile has {length} bytes, which are too many");
        http.Response.ContentType = "application/vnd.iccprofile";
        http.Response.ContentLength = length;
        var piece = new byte[PieceBytes];
        for (var done = 0L; done < length;)
        {
            var (at, count) = (profile.Range.Offset + done, (int)Math.Min(PieceBytes, length - done));
            var read = await viewer.ReadingAsync(lease, () => profile.Source.Read(piece.AsSpan(0, count), at), http.RequestAborted);
            if (read < count)
                throw new SlideException("The file ends inside its colour profile");
            await http.Response.Body.WriteAsync(piece.AsMemory(0, read), http.RequestAborted);
            done += read;
        }
    }
}
