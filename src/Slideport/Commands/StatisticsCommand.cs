using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport statistics</c>: what each scanner did in each hour or day.</summary>
internal static class StatisticsCommand
{
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Of the scanner with this serial number." };
    private static readonly Option<string?> From = new("--from") { Description = "Not before this; else the last seven days.", HelpName = "DATE or TIME" };
    private static readonly Option<string?> To = new("--to") { Description = "Before this; else until now.", HelpName = "DATE or TIME" };
    private static readonly Option<string> By = new("--by") { Description = "A line for each hour or day.", HelpName = "hour|day", DefaultValueFactory = _ => "day" };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var command = new Command(
            "statistics",
            "Images, bytes, scan times, events, time online and clock offsets of each scanner, by hour or day (UTC).\n\nExample: slideport statistics --scanner SS45001 --from 2026-03-01 --by hour")
        {
            Scanner, From, To, By, json,
        };
        AdminClient.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var query = new List<string> { $"by={Uri.EscapeDataString(parsed.GetValue(By)!)}" };
            if (parsed.GetValue(Scanner) is { } scanner)
                query.Add($"serialNumber={Uri.EscapeDataString(scanner)}");
            foreach (var (name, option) in new[] { ("from", From), ("to", To) })
            {
                if (Instants.Of(parsed, option) is { } instant)
                    query.Add($"{name}={Uri.EscapeDataString(instant.ToString("O", CultureInfo.InvariantCulture))}");
            }

            JsonTable.Print(
                (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/statistics?{string.Join('&', query)}", null, cancellationToken))!,
                parsed.GetValue(json), "Nothing has happened in that time.",
                // As many as fit on a terminal; the JSON has them all.
                ("from", r => Start(r["start"], parsed.GetValue(By)!)), ("scanner", r => (string?)r["serialNumber"]), ("images", r => $"{r["images"]}"), ("GB", r => Number(r["bytes"], 1e9, "0.0")),
                ("scan h", r => Number(r["scanSeconds"], 3600, "0.0")), ("errors", r => $"{r["errors"]}"), ("online h", r => Number(r["onlineSeconds"], 3600, "0.0")),
                ("clock s", r => Number(r["clockOffsetLast"], 1, "0.000")));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Start(JsonNode? start, string by) => ((DateTimeOffset)start!).UtcDateTime.ToString(by == "hour" ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string? Number(JsonNode? value, double unit, string format) => (double?)value is { } number ? (number / unit).ToString(format, CultureInfo.InvariantCulture) : null;
}
