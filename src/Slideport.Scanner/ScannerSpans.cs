using System.Diagnostics;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Tracing;
using Slideport.Scanner.Sending;

namespace Slideport.Scanner;

/// <summary>The scanner's spans in a slide's trace: where it begins. They say what was done and how it went; never whose slide it is.</summary>
internal static class ScannerSpans
{
    internal static readonly ActivitySource Source = new("Slideport.Scanner");

    /// <summary>A slide that was scanned. Which series it is shows only in what was made of it.</summary>
    internal static void Scanned(IReadOnlyList<string> files, DateTimeOffset began, DateTimeOffset now)
    {
        if (!Source.HasListeners() || SeriesOf(files) is not { } series)
            return;
        using var span = SlideTrace.Start(Source, "scan slide", ActivityKind.Internal, series, begin: began);
        span?.SetTag("slideport.slide.instances", files.Count).SetEndTime(now.UtcDateTime);
    }

    /// <summary>A slide that was sent, whole or not.</summary>
    internal static void Sent(IReadOnlyList<string> files, DateTimeOffset began, DateTimeOffset now, SendLedger ledger)
    {
        if (!Source.HasListeners() || SeriesOf(files) is not { } series)
            return;
        using var span = SlideTrace.Start(Source, "send slide", ActivityKind.Client, series, begin: began);
        var mine = ledger.Instances.Where(i => files.Contains(i.Path)).ToArray();
        span?.SetTag("slideport.slide.bytes", mine.Where(i => i.IsAcknowledged).Sum(i => i.Bytes)).SetEndTime(now.UtcDateTime);
        if (!mine.All(i => i.IsAcknowledged && i.IsCommitted != false))
            span?.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Begins to tell SAM of an image; the request then carries this span's <c>traceparent</c>.</summary>
    internal static Activity? Tell(ImageMetadata image) => SlideTrace.Start(Source, "tell of image", ActivityKind.Client, image.SeriesInstanceUid);

    private static string? SeriesOf(IReadOnlyList<string> files)
    {
        if (files.Count == 0)
            return null;
        using var file = Part10File.Open(files[0], SkipSequences);
        return file.DataSet.GetString(Tags.SeriesInstanceUID);
    }

    // The per-frame groups alone may have tens of megabytes.
    private static bool SkipSequences(DicomReader reader)
    {
        if (reader.Vr != Vr.SQ)
            return false;
        reader.Skip();
        return true;
    }
}
