using System.Buffers;
using System.Text;

namespace Slideport.Http.Export;

/// <summary>Writes rows out, one after the other, in constant memory and as fast as they are taken.</summary>
public static class RowExport
{
    /// <summary>The media type.</summary>
    public const string CsvType = "text/csv; charset=utf-8; header=present";
    /// <summary>The media type.</summary>
    public const string JsonLinesType = "application/jsonl; charset=utf-8";

    private const int FlushBytes = 64 << 10;

    /// <summary>Writes all rows.</summary>
    /// <param name="rows">They.</param>
    /// <param name="columns">Their headings, for CSV; none for formats without.</param>
    /// <param name="write">Writes one row with its line end.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Ends it; what is written is not all.</param>
    public static async Task WriteAsync<T>(
        IAsyncEnumerable<T> rows, IReadOnlyList<string> columns, Action<ArrayBufferWriter<byte>, T> write, Stream target, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>(2 * FlushBytes);
        if (columns.Count > 0)
            WriteCsv(bytes, columns, column => column);
        await foreach (var row in rows)
        {
            write(bytes, row);
            if (bytes.WrittenCount < FlushBytes)
                continue;
            await target.WriteAsync(bytes.WrittenMemory, cancellationToken);
            bytes.ResetWrittenCount();
        }

        await target.WriteAsync(bytes.WrittenMemory, cancellationToken);
        await target.FlushAsync(cancellationToken);
    }

    /// <summary>A line of CSV (RFC 4180): no cell is taken for a formula, none spans lines.</summary>
    public static void WriteCsvLine(ArrayBufferWriter<byte> bytes, IEnumerable<string?> values) => WriteCsv(bytes, values, Cell);

    private static void WriteCsv(ArrayBufferWriter<byte> bytes, IEnumerable<string?> values, Func<string?, string?> cell) =>
        Encoding.UTF8.GetBytes(string.Join(',', values.Select(cell)) + "\r\n", bytes);

    // A spreadsheet takes these beginnings for a formula, which may start programs; the apostrophe makes them text.
    private static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        var text = OneLine.Of(value).Replace("\"", "\"\"", StringComparison.Ordinal);
        return value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"\"'{text}\"" : $"\"{text}\"";
    }
}
