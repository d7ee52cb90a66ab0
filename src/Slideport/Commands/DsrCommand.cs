using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport dsr</c>: the catalogue of the digital slide repository, for its administrator.</summary>
internal static class DsrCommand
{
    private static readonly string[] Bad = ["missing", "changed", "unreadable"];

    private static readonly Argument<string?> Location = new("LOCATION") { Description = "The image file system; without it, all of them.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Barcode = new("--barcode") { Description = "Beginning of the barcode." };
    private static readonly Option<string?> Accession = new("--accession") { Description = "Beginning of the accession number." };
    private static readonly Option<string?> Patient = new("--patient") { Description = "Beginning of the patient's id." };
    private static readonly Option<string?> Stain = new("--stain") { Description = "Stain." };
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Serial number of the scanner." };
    private static readonly Option<string?> State = new("--state") { Description = "present, missing, changed or unreadable." };
    private static readonly Option<int> Take = new("--take") { Description = "At most so many.", DefaultValueFactory = _ => 50 };

    public static Command Create()
    {
        var command = new Command(
            "dsr", "Look through the image file systems, find slides, see how things stand.\n\nExample: slideport dsr rescan\nExample: slideport dsr search --barcode S26-1")
        {
            Rescan(), Search(), Status(),
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddDsrTo(each);
        return command;
    }

    private static Command Rescan()
    {
        var json = GlobalOptions.Json();
        var rescan = new Command("rescan", "Look through an image file system and bring the catalogue up to date with what lies there; an empty one is made anew from the files alone.\n\nExample: slideport dsr rescan /mnt/slides") { Location, json };
        rescan.SetAction(async (parsed, cancellationToken) =>
        {
            using var dsr = AdminClient.OpenDsr(parsed);
            IReadOnlyList<string> locations = parsed.GetValue(Location) is { } one
                ? [one]
                : [.. ((JsonArray)(await dsr.SendAsync(HttpMethod.Get, "api/locations", null, cancellationToken))!).Select(l => (string)l!["location"]!)];
            var reports = new JsonArray();
            foreach (var location in locations)
            {
                var report = (await dsr.SendAsync(HttpMethod.Post, $"api/rescan?location={Uri.EscapeDataString(location)}", null, cancellationToken))!;
                report["location"] = location;
                reports.Add(report);
            }

            JsonTable.Print(
                reports, parsed.GetValue(json), "There is no image file system.",
                ("location", r => (string?)r["location"]), ("slides", r => Number(r["slides"])), ("new", r => Number(r["new"])), ("unreadable", r => Number(r["unreadable"])), ("missing", r => Number(r["missing"])));
            return ExitCode.Done;
        });
        return rescan;
    }

    private static Command Search()
    {
        var json = GlobalOptions.Json();
        var search = new Command("search", "Find slides: the newest first, or in the order of what was asked for.\n\nExample: slideport dsr search --accession S26-1234") { Barcode, Accession, Patient, Stain, Scanner, State, Take, json };
        search.SetAction(async (parsed, cancellationToken) =>
        {
            using var dsr = AdminClient.OpenDsr(parsed);
            var query = new List<string> { FormattableString.Invariant($"take={parsed.GetValue(Take)}") };
            foreach (var option in new[] { Barcode, Accession, Patient, Stain, Scanner, State })
            {
                if (parsed.GetValue(option) is { } value)
                    query.Add($"{option.Name.TrimStart('-')}={Uri.EscapeDataString(value)}");
            }

            var page = (await dsr.SendAsync(HttpMethod.Get, $"api/slides?{string.Join('&', query)}", null, cancellationToken))!;
            JsonTable.Print(
                (JsonArray)page["slides"]!, parsed.GetValue(json), "There is no such slide.",
                ("scanned", s => JsonTable.Time(s["scanTime"])), ("barcode", s => (string?)s["barcode"]), ("accession", s => (string?)s["accession"]), ("stain", s => (string?)s["stain"]),
                ("state", s => (string?)s["state"]), ("file", s => (string?)s["name"]), ("id", s => (string?)s["id"]));
            return ((JsonArray)page["slides"]!).Count > 0 ? ExitCode.Done : ExitCode.No;
        });
        return search;
    }

    private static Command Status()
    {
        var json = GlobalOptions.Json();
        var status = new Command("status", "How many slides there are, what is missing or changed, and how the image file systems are doing; exit code 1 when something needs somebody.\n\nExample: slideport dsr status") { json };
        status.SetAction(async (parsed, cancellationToken) =>
        {
            using var dsr = AdminClient.OpenDsr(parsed);
            var findings = (JsonObject)(await dsr.SendAsync(HttpMethod.Get, "api/findings", null, cancellationToken))!;
            var locations = (JsonArray)(await dsr.SendAsync(HttpMethod.Get, "api/locations", null, cancellationToken))!;
            if (parsed.GetValue(json))
                Console.WriteLine(new JsonObject { ["findings"] = findings.DeepClone(), ["locations"] = locations.DeepClone() }.ToJsonString(JsonText.Options));
            else
                Print(findings, locations);
            var isGood = Bad.All(state => (int)findings[state]! == 0) && locations.All(l => l!["problem"] is null);
            return isGood ? ExitCode.Done : ExitCode.No;
        });
        return status;
    }

    private static void Print(JsonObject findings, JsonArray locations)
    {
        Console.WriteLine(string.Join(", ", findings.Where(f => f.Key == "slides" || (int)f.Value! > 0).Select(f => $"{Number(f.Value)} {f.Key}")));
        JsonTable.Print(
            locations, json: false, "There is no image file system.",
            ("location", l => (string?)l["location"]), ("slides", l => Number(l["slides"])), ("GB", l => Gigabytes(l["bytes"])), ("free GB", l => Gigabytes(l["freeBytes"])),
            ("full in days", l => l["daysToFull"] is { } days ? ((double)days).ToString("0", CultureInfo.CurrentCulture) : null), ("", l => (string?)l["problem"]));
    }

    private static string? Number(JsonNode? number) => number is null ? null : ((long)number).ToString("N0", CultureInfo.CurrentCulture);

    private static string? Gigabytes(JsonNode? bytes) => bytes is null ? null : ((long)bytes / 1e9).ToString("0.0", CultureInfo.CurrentCulture);
}
