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
            converters, json: false, "No converter has reported yet.",
            ("converter", c => (string?)c["converter"]), ("image store", c => (string?)c["health"]?["imageStore"]), ("free", c => Gigabytes(c["health"]?["imageStoreFreeBytes"])),
            ("days to full", c => (double?)c["daysToFull"] is { } days ? days.ToString("0", CultureInfo.InvariantCulture) : "–"), ("spool free", c => Gigabytes(c["health"]?["spoolFreeBytes"])),
            ("problem", c => (string?)c["health"]?["imageStoreProblem"]));
        JsonTable.Print(
            slides, json: false, "No slide has come yet.",
            ("moved", s => JsonTable.Time(s["updatedAt"])), ("scanner", s => (string?)s["serialNumber"]), ("stage", s => (string?)s["stage"]), ("file", s => (string?)s["path"]), ("", s => (string?)s["reason"]));
        JsonTable.Print(
            alerts, json: false, "Nothing needs anybody.",
            ("since", a => JsonTable.Time(a["since"])), ("needs somebody", a => (string?)a["kind"]), ("", a => (string?)a["text"]));
    }

    private static string? Gigabytes(JsonNode? bytes) => (long?)bytes is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.0} GB") : null;
}
