using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dicom;
using Slideport.Dsr.Database;
using Slideport.Dsr.Viewing;
using Slideport.Slides;

namespace Slideport.Dsr.DicomWeb;

/// <summary>WADO-RS of whole instances (PS3.18 10.4): files as they are stored, or would be, from the store to the client through one buffer.</summary>
internal static class RetrieveApi
{
    private const string Dicom = "application/dicom";
    private const int PieceBytes = 256 << 10;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies/{study}", (HttpContext http, string study, WebSlides slides) => RetrieveAsync(http, slides, (study, null, null)));
        routes.MapGet("/studies/{study}/series/{series}", (HttpContext http, string study, string series, WebSlides slides) => RetrieveAsync(http, slides, (study, series, null)));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}", (HttpContext http, string study, string series, string instance, WebSlides slides) => RetrieveAsync(http, slides, (study, series, instance)));
    }

    /// <summary>Sends a part of a file.</summary>
    /// <exception cref="SlideException">The file ends before it does.</exception>
    internal static async Task CopyAsync(HttpContext http, (SlideViewer Viewer, SlideLease Lease) slide, ByteSource source, FileRange range)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (var done = 0L; done < range.Length;)
            {
                var (at, count) = (range.Offset + done, (int)Math.Min(PieceBytes, range.Length - done));
                var read = await slide.Viewer.ReadingAsync(slide.Lease, () => source.Read(piece.AsSpan(0, count), at), http.RequestAborted);
                if (read < count)
                    throw new SlideException("The file ends before it should");
                await http.Response.Body.WriteAsync(piece.AsMemory(0, read), http.RequestAborted);
                done += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static async Task RetrieveAsync(HttpContext http, WebSlides slides, (string Study, string? Series, string? Instance) what)
    {
        var accepted = AcceptedMedia.Of(http.Request).Where(a => a.Takes(Dicom) && (a.TakesMultipart || what.Instance is not null)).ToList();
        if (accepted.Count == 0)
            throw DicomWebException.NotAcceptable($"Instances are given as multipart/related; type=\"{Dicom}\" only.");
        var entries = await slides.Catalogue.FindAsync(what.Study, what.Series, http.RequestAborted);
        var form = await ChooseAsync(http, slides, entries, what.Instance, accepted);
        (http.Response.Headers.CacheControl, http.Response.Headers.XContentTypeOptions) = ("private, no-cache", "nosniff");
        var parts = form.TakesMultipart ? new MultipartAnswer(http, Dicom) : null;
        foreach (var entry in entries)
        {
            using var slide = await slides.OpenAsync(entry, http.RequestAborted);
            var instances = slide.FindAll(what.Instance);
            await slides.NoteAsync(http, entry, "download");
            foreach (var instance in instances)
            {
                var (type, length) = ($"{Dicom}; transfer-syntax={instance.Syntax.Uid}", instance.Bytes.Length);
                if (parts is not null)
                    await parts.StartPartAsync(type, length, WebAddresses.OfInstance(http, entry, instance));
                else
                    (http.Response.ContentType, http.Response.ContentLength) = (type, length);
                await CopyAsync(http, (slides.Viewer, slide.Lease), instance.Bytes, new FileRange(0, length));
            }
        }

        if (parts is not null)
            await parts.EndAsync();
    }

    // What asks for one transfer syntax is refused before anything is sent if an instance is in another: nothing is coded anew.
    private static async Task<AcceptedMedia> ChooseAsync(HttpContext http, WebSlides slides, IReadOnlyList<CatalogueSlide> entries, string? instance, List<AcceptedMedia> accepted)
    {
        if (accepted[0].TransferSyntax is null or "*")
            return accepted[0];
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            using var slide = await slides.OpenAsync(entry, http.RequestAborted);
            stored.UnionWith(slide.FindAll(instance).Select(i => i.Syntax.Uid));
        }

        return accepted.FirstOrDefault(a => stored.All(a.TakesSyntax))
            ?? throw DicomWebException.NotAcceptable($"It is stored in {string.Join(", ", stored.Order(StringComparer.Ordinal))}, and not coded anew: ask for transfer-syntax=*.");
    }
}
