using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Slideport.Dsr.Api;
using Slideport.Dsr.Database;
using Slideport.Http.Export;
using Slideport.Protocol;

namespace Slideport.Dsr.Catalogue;

/// <summary>The catalogue as files: CSV for people, JSON Lines for programs.</summary>
internal static class SlideExport
{
    private static readonly string[] Columns =
    [
        "id", "barcode", "accession", "patientId", "stain", "state", "problem", "scanTime", "scannerSerialNumber", "scannerModel", "place", "name", "format", "bytes", "sha256", "width", "height",
        "micronsPerPixel", "objectivePower", "seriesInstanceUid", "studyInstanceUid", "delivered", "cataloguedAt", "scrubbedAt", "holdReason",
    ];

    internal static Task WriteCsvAsync(IAsyncEnumerable<CatalogueSlide> slides, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(slides, Columns, (bytes, slide) => RowExport.WriteCsvLine(bytes, Values(slide)), target, cancellationToken);

    internal static Task WriteJsonAsync(IAsyncEnumerable<CatalogueSlide> slides, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(slides, [], WriteJson, target, cancellationToken);

    private static IEnumerable<string?> Values(CatalogueSlide slide) =>
    [
        slide.Id, slide.Barcode, slide.Accession, slide.PatientId, slide.Stain, slide.State.ToString(), slide.Problem, Instant(slide.ScanTime), slide.ScannerSerialNumber, slide.ScannerModel, slide.Place, slide.Name,
        slide.Format, Number(slide.Bytes), slide.Sha256, Number(slide.Width), Number(slide.Height), Number(slide.MicronsPerPixel), Number(slide.ObjectivePower), slide.SeriesInstanceUid, slide.StudyInstanceUid,
        slide.IsDelivered ? "true" : "false", Instant(slide.CataloguedAt), slide.ScrubbedAt == DateTimeOffset.UnixEpoch ? null : Instant(slide.ScrubbedAt), slide.HoldReason,
    ];

    private static void WriteJson(ArrayBufferWriter<byte> bytes, CatalogueSlide slide)
    {
        using (var json = new Utf8JsonWriter(bytes))
            JsonSerializer.Serialize(json, SlideView.Of(slide), ProtocolJson.Options);
        bytes.Write("\n"u8);
    }

    private static string Instant(DateTimeOffset instant) => instant.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string? Number(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture);
}
