using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Json;
using Slideport.Dicom.Part10;

namespace Slideport.Dsr.DicomWeb;

/// <summary>WADO-RS of attributes (PS3.18 10.4) as JSON, and of the long values that it names.</summary>
internal static class MetadataApi
{
    private const string OctetStream = "application/octet-stream";

    // Items of a hundred thousand frames are read some at a time.
    private const int ItemsAtOnce = 200;
    private const int MaxPath = 1000;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies/{study}/metadata", (HttpContext http, string study, WebSlides slides) => DescribeAsync(http, slides, (study, null, null)));
        routes.MapGet("/studies/{study}/series/{series}/metadata", (HttpContext http, string study, string series, WebSlides slides) => DescribeAsync(http, slides, (study, series, null)));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/metadata", (HttpContext http, string study, string series, string instance, WebSlides slides) => DescribeAsync(http, slides, (study, series, instance)));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/bulkdata/{**path}", ValueAsync);
    }

    private static async Task DescribeAsync(HttpContext http, WebSlides slides, (string Study, string? Series, string? Instance) what)
    {
        var type = JsonAnswer.TypeFor(http);
        JsonAnswer? answer = null;
        try
        {
            foreach (var entry in await slides.Catalogue.FindAsync(what.Study, what.Series, http.RequestAborted))
            {
                using var slide = await slides.OpenAsync(entry, http.RequestAborted);
                var instances = slide.FindAll(what.Instance);
                await slides.NoteAsync(http, entry, "view");
                foreach (var instance in instances)
                {
                    using var file = await slides.Viewer.ReadingAsync(slide.Lease, instance.OpenFile, http.RequestAborted);
                    answer ??= JsonAnswer.Start(http, type);
                    await WriteAsync(http, (slides, slide), (file, WebAddresses.OfInstance(http, entry, instance)), answer);
                }
            }

            answer ??= JsonAnswer.Start(http, type);
            await answer.EndAsync();
        }
        finally
        {
            answer?.Dispose();
        }
    }

    private static async Task WriteAsync(HttpContext http, (WebSlides Slides, WebSlide Slide) from, (Part10File File, string Address) instance, JsonAnswer answer)
    {
        var (file, writer) = (instance.File, answer.WriterFor(instance.Address));
        writer.StartItem();
        foreach (var element in file.DataSet.Elements)
        {
            if (element.IsDeferred && element.Vr == Vr.SQ)
                await WriteFrameGroupsAsync(http, from, file, (writer, answer));
            else
                writer.WriteElement(file.DataSet, element);
            await answer.FlushIfMuchAsync();
        }

        if (file.PixelData is { } pixels)
            writer.WriteBulkDataUri(Tags.PixelData, pixels.Vr, $"{instance.Address}/bulkdata/{Tags.PixelData.Value:X8}");
        writer.EndItem();
    }

    private static async Task WriteFrameGroupsAsync(HttpContext http, (WebSlides Slides, WebSlide Slide) from, Part10File file, (DicomJsonWriter Writer, JsonAnswer Answer) to)
    {
        to.Writer.StartSequence(Tags.PerFrameFunctionalGroupsSequence);
        using var groups = file.ReadFrameGroups().GetEnumerator();
        while (await from.Slides.Viewer.ReadingAsync(from.Slide.Lease, () => Next(groups), http.RequestAborted) is { Count: > 0 } items)
        {
            foreach (var item in items)
            {
                to.Writer.Write(item);
                await to.Answer.FlushIfMuchAsync();
            }
        }

        to.Writer.EndSequence();
    }

    private static List<DicomDataSet> Next(IEnumerator<DicomDataSet> groups)
    {
        var items = new List<DicomDataSet>(ItemsAtOnce);
        while (items.Count < ItemsAtOnce && groups.MoveNext())
            items.Add(groups.Current);
        return items;
    }

    private static async Task ValueAsync(HttpContext http, string study, string series, string instance, string path, WebSlides slides)
    {
        using var slide = await slides.OpenAsync(study, series, http.RequestAborted);
        var found = slide.Find(instance);
        if (path.Length == 8 && DicomTag.TryParse(path, out var tag) && tag == Tags.PixelData)
        {
            await FrameApi.AllAsync(http, slides, slide, found);
            return;
        }

        var accepted = AcceptedMedia.Of(http.Request).FirstOrDefault(a => a.Takes(OctetStream) && a.TransferSyntax is null or "*" or "1.2.840.10008.1.2.1")
            ?? throw DicomWebException.NotAcceptable($"Values are given as {OctetStream} only.");
        if (found.Syntax.IsDeflated || found.Syntax.IsBigEndian)
            throw DicomWebException.NotAcceptable($"The instance is stored as {found.Syntax.Name}: its long values are given with the whole of it only.");
        using var file = await slides.Viewer.ReadingAsync(slide.Lease, found.OpenFile, http.RequestAborted);
        var element = Find(file.DataSet, path) ?? throw DicomWebException.NotFound("The instance has no such value.");
        await slides.NoteAsync(http, slide.Entry, "view");
        (http.Response.Headers.CacheControl, http.Response.Headers.XContentTypeOptions) = ("private, no-cache", "nosniff");
        var parts = accepted.IsMultipart is true ? new MultipartAnswer(http, OctetStream) : null;
        if (parts is not null)
            await parts.StartPartAsync(OctetStream, element.Range.Length, $"{WebAddresses.OfInstance(http, slide.Entry, found)}/bulkdata/{path}");
        else
            (http.Response.ContentType, http.Response.ContentLength) = (OctetStream, element.Range.Length);
        await RetrieveApi.CopyAsync(http, (slides.Viewer, slide.Lease), found.Bytes, element.Range);
        if (parts is not null)
            await parts.EndAsync();
    }

    /// <summary>The element at the end of a path such as <c>00480105/0/00282000</c>; null: there is none, or it holds no bytes.</summary>
    private static DicomElement? Find(DicomDataSet set, string path)
    {
        if (path.Length > MaxPath)
            return null;
        var (at, names) = (set, path.Split('/'));
        for (var i = 0; i < names.Length; i += 2)
        {
            if (names[i].Length != 8 || !DicomTag.TryParse(names[i], out var tag) || at.Find(tag) is not { } element)
                return null;
            if (i + 1 == names.Length)
                return element is { Vr: var vr, Range.Length: > 0 } && vr != Vr.SQ && !element.IsEncapsulated ? element : null;
            if (!int.TryParse(names[i + 1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var item) || at.GetItem(tag, item) is not { } next)
                return null;
            at = next;
        }

        return null;
    }
}
