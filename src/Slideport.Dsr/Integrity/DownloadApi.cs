using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Slideport.Dsr.Api;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.Dsr.Sam;
using Slideport.Http;
using Slideport.ImageStore;

namespace Slideport.Dsr.Integrity;

/// <summary>The original files, as they lie on the image file system, with their hash; and reading them to compare it.</summary>
internal static class DownloadApi
{
    private const int BufferBytes = 1 << 20;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/slides/{id}/file", DownloadAsync).WithName("DownloadSlide").Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable).WithSummary("The original: the file with its SHA-256 in Repr-Digest (RFC 9530), in ranges if asked for; a folder of instances as a ZIP archive.");
        api.MapPost("/slides/{id}/verify", VerifyAsync).RequireAuthorization(Policies.Admin).WithName("VerifySlide").Produces<VerificationView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable).WithSummary("Reads all of a slide now and compares it with its hash.");
    }

    private static async Task<IResult> DownloadAsync(string id, SlideSearch search, ImageLocations locations, Openings openings, HttpContext context)
    {
        if (await search.FindAsync(id, context.RequestAborted) is not { } slide)
            return SlideApi.NoSuchSlide();
        if (slide.State is SlideFileState.Removing or SlideFileState.Removed)
            return Problems.NotFound(slide.Problem!);
        return await OfStoreAsync(context, async () =>
        {
            var store = locations.StoreOf(slide.Place);
            var answer = StoredSlides.IsPicture(slide.Name) ? await FileAsync(store, slide, openings, context) : await ArchiveAsync(store, slide, openings, context);
            if (answer is not null)
                return answer;
            await locations.CheckAsync(slide.Place, context.RequestAborted);
            return Problems.NotFound("Its files are not where they were.");
        });
    }

    private static async Task<IResult> VerifyAsync(string id, SlideSearch search, Scrub scrub, HttpContext context)
    {
        if (await search.FindAsync(id, context.RequestAborted) is not { } slide)
            return SlideApi.NoSuchSlide();
        if (slide.State is SlideFileState.Removing or SlideFileState.Removed)
            return Problems.NotFound(slide.Problem!);
        return await OfStoreAsync(context, async () =>
        {
            var read = await scrub.ReadAsync(slide, context.RequestAborted);
            var after = await search.FindAsync(id, context.RequestAborted);
            return Results.Ok(new VerificationView(id, after!.State, after.Problem, read?.Sha256, read?.Bytes));
        });
    }

    private static async Task<IResult> OfStoreAsync(HttpContext context, Func<Task<IResult>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Problems.Unavailable(context, e.Message, TimeSpan.FromSeconds(30));
        }
    }

    // Null: it is not there.
    private static async Task<IResult?> FileAsync(IImageStore store, CatalogueSlide slide, Openings openings, HttpContext context)
    {
        StoredFile file;
        try
        {
            file = await store.OpenAsync(slide.Name, context.RequestAborted);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            await NoteAsync(slide, openings, context);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        // The hash is that of these bytes as far as anybody can know without reading them: they were read since they were last written.
        var isKnown = slide is { Sha256: not null, State: SlideFileState.Present } && slide.ScrubbedAt > slide.LastWrite && file.Length == slide.Bytes && FoundFile.Kept(file.LastWrite) == slide.LastWrite;
        if (isKnown)
            context.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(slide.Sha256!))}:";
        var tag = isKnown ? slide.Sha256 : FormattableString.Invariant($"{file.Length:x}-{file.LastWrite.UtcTicks:x}");
        return Results.Stream(new StoredFileStream(file), "application/octet-stream", Path.GetFileName(slide.Name), file.LastWrite, new EntityTagHeaderValue($"\"{tag}\""), enableRangeProcessing: true);
    }

    private static async Task<IResult?> ArchiveAsync(IImageStore store, CatalogueSlide slide, Openings openings, HttpContext context)
    {
        var names = await NamesAsync(store, slide.Name, context.RequestAborted);
        if (names.Count == 0)
            return null;
        await NoteAsync(slide, openings, context);
        return Results.Stream(body => ZipAsync(store, names, body, context.RequestAborted), "application/zip", Path.GetFileName(slide.Name) + ".zip");
    }

    private static ValueTask NoteAsync(CatalogueSlide slide, Openings openings, HttpContext context) =>
        openings.NoteAsync(slide.Id, (Policies.NameOf(context.User), context.Source(), "download"), context.RequestAborted);

    private static async Task<List<string>> NamesAsync(IImageStore store, string folder, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        try
        {
            await foreach (var entry in store.ListAsync(folder, cancellationToken))
            {
                if (StoredSlides.FolderOfInstance(entry.Name) == folder)
                    names.Add(entry.Name);
            }
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    // Pictures are compressed already. The archive (10.0) writes the end of each entry without waiting, which the server takes from nobody: it goes
    // into a buffer and out with what comes next.
    private static async Task ZipAsync(IImageStore store, List<string> names, Stream body, CancellationToken cancellationToken)
    {
        var buffered = new BufferedStream(body, BufferBytes);
        await using (var archive = await ZipArchive.CreateAsync(buffered, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            foreach (var name in names)
            {
                await using var source = new StoredFileStream(await store.OpenAsync(name, cancellationToken));
                await using var target = await archive.CreateEntry(Path.GetFileName(name), CompressionLevel.NoCompression).OpenAsync(cancellationToken);
                await source.CopyToAsync(target, BufferBytes, cancellationToken);
            }
        }

        await buffered.FlushAsync(cancellationToken);
    }
}

/// <summary>What reading a slide has found.</summary>
internal sealed record VerificationView(string Id, SlideFileState State, string? Problem, string? Sha256, long? Bytes);
