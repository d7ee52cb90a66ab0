using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dicom.Dictionary;
using Slideport.Dsr.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>WADO-RS of frames (PS3.18 10.4): byte for byte as they are stored, never decoded or coded anew.</summary>
internal static class FrameApi
{
    /// <summary>Most frames of one request; a screen has some fifty tiles.</summary>
    private const int MaxFrames = 1000;

    private const string OctetStream = "application/octet-stream";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", FramesAsync);

    /// <summary>Sends all frames of an instance, its Pixel Data.</summary>
    internal static async Task AllAsync(HttpContext http, WebSlides slides, WebSlide slide, WebInstance instance)
    {
        var form = Choose(AcceptedMedia.Of(http.Request), instance.Syntax, isOne: false);
        await slides.NoteAsync(http, slide.Entry, "view");
        await SendAsync(http, (slides.Viewer, slide), (instance, Enumerable.Range(0, instance.FrameCount)), form);
    }

    private static async Task FramesAsync(HttpContext http, string study, string series, string instance, string frames, WebSlides slides)
    {
        var numbers = Numbers(frames);
        using var slide = await slides.OpenAsync(study, series, http.RequestAborted);
        var found = slide.Find(instance);
        if (numbers.FirstOrDefault(n => n > found.FrameCount) is > 0 and var beyond)
            throw DicomWebException.NotFound($"The instance has {found.FrameCount} frames, and no frame {beyond}.");
        var form = Choose(AcceptedMedia.Of(http.Request), found.Syntax, isOne: numbers.Count == 1);
        await slides.NoteAsync(http, slide.Entry, "view");
        http.Response.Headers.Vary = "Accept";
        // Of a stored slide the frames never change; who has them already is told so.
        if (!ViewerCaching.IsKnown(http, slide.Lease, $"f-{found.Uid}-{frames}-{(form.IsMultipart ? 'm' : 's')}-{form.Type.Length}"))
            await SendAsync(http, (slides.Viewer, slide), (found, numbers.Select(n => n - 1)), form);
    }

    /// <summary>Frame numbers from 1, each once (PS3.18 10.4).</summary>
    private static List<int> Numbers(string list)
    {
        var texts = list.Split(',', MaxFrames + 1);
        if (texts.Length > MaxFrames)
            throw DicomWebException.BadRequest($"At most {MaxFrames} frames are given at once.");
        var numbers = new List<int>(texts.Length);
        foreach (var text in texts)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
                throw DicomWebException.BadRequest("Write frames as whole numbers from 1, with commas between them, as 1,2,3.");
            numbers.Add(number);
        }

        return numbers.Distinct().Count() == numbers.Count ? numbers : throw DicomWebException.BadRequest("A frame is asked for twice.");
    }

    private static (string Type, bool IsMultipart) Choose(IReadOnlyList<AcceptedMedia> accepted, TransferSyntax stored, bool isOne)
    {
        var type = MediaTypeOf(stored);
        foreach (var media in accepted)
        {
            var multipart = !isOne || media.TakesMultipart;
            if (!(multipart ? media.TakesMultipart : media.TakesSingle))
                continue;
            if (media.Takes(type) && media.TakesSyntax(stored.Uid))
                return (type, multipart);
            // Bytes of whichever kind, where the client says that it knows: without a transfer syntax they would be uncompressed.
            if (media.Takes(OctetStream) && media.TransferSyntax is { } syntax && (syntax == "*" || syntax == stored.Uid))
                return (OctetStream, multipart);
        }

        throw DicomWebException.NotAcceptable($"The frames are stored in {stored.Uid} ({stored.Name}) and not coded anew: ask for {(isOne ? $"{type}, or " : "")}multipart/related; type=\"{type}\"; transfer-syntax={stored.Uid}.");
    }

    /// <summary>What frames of a transfer syntax are by themselves (PS3.18 8.7.3).</summary>
    private static string MediaTypeOf(TransferSyntax syntax)
    {
        if (syntax == TransferSyntax.JpegBaseline8Bit || syntax == TransferSyntax.JpegExtended12Bit || syntax == TransferSyntax.JpegLossless || syntax == TransferSyntax.JpegLosslessSV1)
            return ViewerApi.Jpeg;
        if (syntax == TransferSyntax.Jpeg2000 || syntax == TransferSyntax.Jpeg2000Lossless)
            return "image/jp2";
        if (syntax == TransferSyntax.JpegLSLossless || syntax == TransferSyntax.JpegLSNearLossless)
            return "image/jls";
        if (syntax == TransferSyntax.Htj2k || syntax == TransferSyntax.Htj2kLossless || syntax == TransferSyntax.Htj2kLosslessRpcl)
            return "image/jphc";
        if (syntax == TransferSyntax.JpegXL || syntax == TransferSyntax.JpegXLLossless || syntax == TransferSyntax.JpegXLRecompression)
            return "image/jxl";
        return syntax == TransferSyntax.RleLossless ? "image/dicom-rle" : OctetStream;
    }

    private static async Task SendAsync(HttpContext http, (SlideViewer Viewer, WebSlide Slide) from, (WebInstance Instance, IEnumerable<int> Frames) what, (string Type, bool IsMultipart) form)
    {
        var (instance, type) = (what.Instance, $"{form.Type}; transfer-syntax={what.Instance.Syntax.Uid}");
        var address = WebAddresses.OfInstance(http, from.Slide.Entry, instance);
        var parts = form.IsMultipart ? new MultipartAnswer(http, form.Type) : null;
        foreach (var frame in what.Frames)
        {
            var bytes = await from.Viewer.ReadingAsync(from.Slide.Lease, () => instance.ReadFrame(frame), http.RequestAborted);
            if (parts is null)
            {
                await ViewerApi.WriteAsync(http, type, bytes);
                return;
            }

            await parts.StartPartAsync(type, bytes.Length, string.Create(CultureInfo.InvariantCulture, $"{address}/frames/{frame + 1}"));
            await ViewerApi.SendAsync(http.Response.BodyWriter, bytes, http.RequestAborted);
        }

        if (parts is not null)
            await parts.EndAsync();
    }
}
