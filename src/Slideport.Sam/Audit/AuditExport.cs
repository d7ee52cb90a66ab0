using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Slideport.Http.Export;
using Slideport.Sam.Audit.Repository;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>How entries of the audit trail are written out.</summary>
public enum AuditFormat
{
    /// <summary>JSON Lines: an object each, with every field as it is.</summary>
    Json,

    /// <summary>CSV (RFC 4180) for spreadsheets: no cell is taken for a formula, none spans lines.</summary>
    Csv,

    /// <summary>DICOM audit messages (PS3.15 A.5), a line of XML each.</summary>
    Dicom,
}

/// <summary>Writes entries of the audit trail out, one after the other.</summary>
internal static class AuditExport
{
    private static readonly string[] Columns = ["sequence", "at", "actor", "source", "action", "object", "outcome", "before", "after", "previousHash", "hash"];

    internal static string ContentType(AuditFormat format) => format switch
    {
        AuditFormat.Json => RowExport.JsonLinesType,
        AuditFormat.Csv => RowExport.CsvType,
        _ => "text/plain; charset=utf-8", // many documents are not application/xml
    };

    /// <summary>Writes all entries; as fast as they are taken.</summary>
    internal static Task WriteAsync(IAsyncEnumerable<AuditEntry> entries, AuditFormat format, Stream target, CancellationToken cancellationToken) =>
        RowExport.WriteAsync(entries, format == AuditFormat.Csv ? Columns : [], (bytes, entry) => Write(bytes, entry, format), target, cancellationToken);

    private static void Write(ArrayBufferWriter<byte> bytes, AuditEntry entry, AuditFormat format)
    {
        switch (format)
        {
            case AuditFormat.Json:
                WriteJson(bytes, entry);
                bytes.Write("\n"u8);
                break;
            case AuditFormat.Csv:
                RowExport.WriteCsvLine(bytes, Values(entry));
                break;
            default:
                AuditMessage.Write(bytes, entry);
                bytes.Write("\n"u8);
                break;
        }
    }

    private static void WriteJson(ArrayBufferWriter<byte> bytes, AuditEntry entry)
    {
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteNumber(Columns[0], entry.Sequence);
        foreach (var (column, value) in Columns.Zip(Values(entry)).Skip(1))
            json.WriteString(column, value);
        json.WriteEndObject();
    }

    private static string?[] Values(AuditEntry entry) =>
    [
        entry.Sequence.ToString(CultureInfo.InvariantCulture), Instant(entry.At), entry.Actor, entry.Source, entry.Action, entry.Object, entry.Outcome,
        entry.Before, entry.After, entry.PreviousHash, entry.Hash,
    ];

    /// <summary>To the microsecond, as hashed.</summary>
    internal static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
