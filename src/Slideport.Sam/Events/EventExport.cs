using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Slideport.Http.Export;
using Slideport.Protocol;
using Slideport.Sam.Api;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Events;

/// <summary>Writes events out, in the order they are found.</summary>
internal static class EventExport
{
    private static readonly string[] Columns =
    [
        "id", "receivedAt", "occurredAt", "serialNumber", "severity", "code", "component", "text", "rack", "slot", "imageId", "seriesInstanceUid", "suppressed", "parsed",
        "sender", "senderId", "acknowledgedAt", "acknowledgedBy", "note",
    ];

    /// <summary>As CSV, with the rules of the audit trail's export.</summary>
    internal static Task WriteCsvAsync(IAsyncEnumerable<LoggedEvent> events, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(events, Columns, (bytes, logged) => RowExport.WriteCsvLine(bytes, Values(logged)), target, cancellationToken);

    /// <summary>As JSON Lines: an object each, as the list shows it.</summary>
    internal static Task WriteJsonAsync(IAsyncEnumerable<LoggedEvent> events, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(events, [], WriteJson, target, cancellationToken);

    private static void WriteJson(ArrayBufferWriter<byte> bytes, LoggedEvent logged)
    {
        using (var json = new Utf8JsonWriter(bytes))
            JsonSerializer.Serialize(json, new EventView(logged), ProtocolJson.Options);
        bytes.Write("\n"u8);
    }

    private static string?[] Values(LoggedEvent logged) =>
    [
        logged.Id.ToString(CultureInfo.InvariantCulture), AuditExport.Instant(logged.ReceivedAt), AuditExport.Instant(logged.OccurredAt), logged.SerialNumber,
        JsonNamingPolicy.CamelCase.ConvertName(logged.Severity.ToString()), logged.Code, logged.Component, logged.Text, logged.Rack, logged.Slot, logged.ImageId, logged.SeriesInstanceUid,
        logged.Suppressed.ToString(CultureInfo.InvariantCulture), logged.Parsed ? "true" : "false", logged.Sender, logged.SenderId,
        logged.AcknowledgedAt is { } at ? AuditExport.Instant(at) : null, logged.AcknowledgedBy, logged.Note,
    ];
}
