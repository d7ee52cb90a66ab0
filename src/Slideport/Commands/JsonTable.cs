using System.Text.Json.Nodes;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary>A list from SAM's API as a table, or as the JSON it came as.</summary>
internal static class JsonTable
{
    /// <summary>Prints a list.</summary>
    /// <param name="rows">The list.</param>
    /// <param name="json">As JSON, for programs.</param>
    /// <param name="empty">What to say when there is nothing in it.</param>
    /// <param name="columns">Heading, and what stands under it.</param>
    public static void Print(JsonArray rows, bool json, string empty, params (string Heading, Func<JsonObject, string?> Value)[] columns)
    {
        if (json)
        {
            Console.WriteLine(rows.ToJsonString(JsonText.Options));
            return;
        }

        if (rows.Count == 0)
        {
            Console.WriteLine(empty);
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns([.. columns.Select(c => c.Heading)]);
        foreach (var row in rows.OfType<JsonObject>())
            table.AddRow([.. columns.Select(c => Markup.Escape(c.Value(row) ?? ""))]);
        AnsiConsole.Write(table);
    }

    /// <summary>An instant as people read it.</summary>
    public static string? Time(JsonNode? node) => (DateTimeOffset?)node is { } time ? time.ToString("u", System.Globalization.CultureInfo.InvariantCulture) : null;
}
