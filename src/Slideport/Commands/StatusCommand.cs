using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport status</c>: converters, the slides that moved last, and what needs somebody.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var command = new Command("status", "How things stand: converters and their room, the slides that moved last, what needs somebody.\n\nExample: slideport status") { json };
        AdminClient.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var converters = (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/converters", null, cancellationToken))!;
            var slides = (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/slides?take=20", null, cancellationToken))!;
            var alerts = (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/alerts", null, cancellationToken))!;
            if (parsed.GetValue(json))
                Console.WriteLine(new JsonObject { ["converters"] = converters.DeepClone(), ["slides"] = slides.DeepClone(), ["alerts"] = alerts.DeepClone() }.ToJsonString(JsonText.Options));
            else
                Print(converters, slides, alerts);
            return alerts.Count == 0 ? ExitCode.Done : ExitCode.No;
        });
        return command;
    }

    private static void Print(JsonArray converters, JsonArray slides, JsonArray alerts)
    {
        JsonTable.Print(
            Places(converters), json: false, "No converter has reported yet.",
            ("converter", p => (string?)p["converter"]), ("delivers to", p => (string?)p["location"]), ("free", p => Gigabytes(p["freeBytes"])),
            ("days to full", p => (double?)p["daysToFull"] is { } days ? days.ToString("0", CultureInfo.InvariantCulture) : "–"), ("spool free", p => Gigabytes(p["spoolFreeBytes"])),
            ("problem", p => (string?)p["problem"]));
        JsonTable.Print(
            slides, json: false, "No slide has come yet.",
            ("moved", s => JsonTable.Time(s["updatedAt"])), ("scanner", s => (string?)s["serialNumber"]), ("stage", s => (string?)s["stage"]), ("file", s => (string?)s["path"]), ("", s => (string?)s["reason"]));
        JsonTable.Print(
            alerts, json: false, "Nothing needs anybody.",
            ("since", a => JsonTable.Time(a["since"])), ("needs somebody", a => (string?)a["kind"]), ("", a => (string?)a["text"]));
    }

    // A line for each place a converter delivers to, its own image store first.
    private static JsonArray Places(JsonArray converters)
    {
        var lines = new JsonArray();
        foreach (var converter in converters)
        {
            foreach (var place in converter!["places"]!.AsArray())
            {
                var line = place!.DeepClone();
                (line["converter"], line["spoolFreeBytes"]) = (converter["converter"]!.DeepClone(), converter["health"]!["spoolFreeBytes"]?.DeepClone());
                lines.Add(line);
            }
        }

        return lines;
    }

    private static string? Gigabytes(JsonNode? bytes) => (long?)bytes is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.0} GB") : null;
}
