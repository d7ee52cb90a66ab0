using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Slideport.Http.Export;
using Slideport.Protocol;
using Slideport.Sam.Api;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Slides;

/// <summary>Writes slides out, in the order they are found.</summary>
internal static class SlideExport
{
    private static readonly string[] Columns =
    [
        "seriesInstanceUid", "serialNumber", "stage", "since", "reason", "receivedAt", "updatedAt", "converter", "name", "revision", "instances", "location", "path", "bytes", "sha256",
    ];

    /// <summary>As CSV, with the rules of the audit trail's export.</summary>
    internal static Task WriteCsvAsync(IAsyncEnumerable<Slide> slides, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(slides, Columns, (bytes, slide) => RowExport.WriteCsvLine(bytes, Values(slide)), target, cancellationToken);

    /// <summary>As JSON Lines: an object each, as the list shows it.</summary>
    internal static Task WriteJsonAsync(IAsyncEnumerable<Slide> slides, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(slides, [], WriteJson, target, cancellationToken);

    private static void WriteJson(ArrayBufferWriter<byte> bytes, Slide slide)
    {
        using (var json = new Utf8JsonWriter(bytes))
            JsonSerializer.Serialize(json, new SlideView(slide, last: null), ProtocolJson.Options);
        bytes.Write("\n"u8);
    }

    private static string?[] Values(Slide slide) =>
    [
        slide.SeriesInstanceUid, slide.SerialNumber, JsonNamingPolicy.CamelCase.ConvertName(slide.Stage.ToString()), AuditExport.Instant(slide.Since), slide.Reason,
        AuditExport.Instant(slide.ReceivedAt), AuditExport.Instant(slide.UpdatedAt), slide.Converter, slide.Name, Number(slide.Revision), Number(slide.Instances), slide.Location, slide.Path,
        slide.Bytes is { } bytes ? Number(bytes) : null, slide.Sha256,
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
