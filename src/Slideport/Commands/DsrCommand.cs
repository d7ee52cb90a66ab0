using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport dsr</c>: the catalogue of the digital slide repository, for its administrator.</summary>
internal static class DsrCommand
{
    private const int MaxAtOnce = 500; // the server takes no more

    private static readonly string[] Bad = ["missing", "changed", "unreadable"];

    private static readonly Argument<string?> Location = new("LOCATION") { Description = "The image file system; without it, all of them.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Barcode = new("--barcode") { Description = "Beginning of the barcode." };
    private static readonly Option<string?> Accession = new("--accession") { Description = "Beginning of the accession number." };
    private static readonly Option<string?> Patient = new("--patient") { Description = "Beginning of the patient's id." };
    private static readonly Option<string?> Stain = new("--stain") { Description = "Stain." };
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Serial number of the scanner." };
    private static readonly Option<string?> State = new("--state") { Description = "present, missing, changed, unreadable, removing or removed." };
    private static readonly Argument<string[]> Ids = new("ID") { Description = "Slides by their ids, as search and due tell them.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> AllDue = new("--due") { Description = "All slides whose retention is over and that nobody holds." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why; it is in the audit trail, and stays with the slides.", Required = true };
    private static readonly Option<bool> Yes = new("--yes") { Description = "Remove them. Without it they are only shown." };
    private static readonly Option<int> Take = new("--take") { Description = "At most so many.", DefaultValueFactory = _ => 50 };

    public static Command Create()
    {
        var command = new Command(
            "dsr", "Look through the image file systems, find slides, see how things stand.\n\nExample: slideport dsr rescan\nExample: slideport dsr search --barcode S26-1")
        {
            Rescan(), Search(), Status(), Due(), Remove(),
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
            PrintSlides((JsonArray)page["slides"]!, parsed.GetValue(json), "There is no such slide.");
            return ((JsonArray)page["slides"]!).Count > 0 ? ExitCode.Done : ExitCode.No;
        });
        return search;
    }

    private static Command Due()
    {
        var json = GlobalOptions.Json();
        var due = new Command("due", "Slides whose retention (Dsr:Retention) is over and that nobody holds, all of them; exit code 1 when there is none.\n\nExample: slideport dsr due") { json };
        due.SetAction(async (parsed, cancellationToken) =>
        {
            using var dsr = AdminClient.OpenDsr(parsed);
            var slides = await AllDueAsync(dsr, cancellationToken);
            PrintSlides(slides, parsed.GetValue(json), "No slide is due.");
            return slides.Count > 0 ? ExitCode.Done : ExitCode.No;
        });
        return due;
    }

    private static Command Remove()
    {
        var json = GlobalOptions.Json();
        var remove = new Command("remove", "Have slides removed from the image file systems whose retention is over; a slide on hold never is. Without --yes nothing is removed: what would be is shown. Exit code 1 when one is not.\n\nExample: slideport dsr remove --due --reason \"Ten years are over.\" --yes") { Ids, AllDue, Reason, Yes, json };
        remove.SetAction(async (parsed, cancellationToken) =>
        {
            var ids = parsed.GetValue(Ids) ?? [];
            if (ids.Length > 0 == parsed.GetValue(AllDue))
                throw new UsageException("Name slides by their ids, or all that are due with --due.");
            using var dsr = AdminClient.OpenDsr(parsed);
            var slides = ids.Length == 0 ? await AllDueAsync(dsr, cancellationToken) : await NamedAsync(dsr, ids, cancellationToken);
            if (!parsed.GetValue(Yes) || slides.Count == 0)
            {
                PrintSlides(slides, parsed.GetValue(json), "No slide is due.");
                if (slides.Count > 0)
                    Console.Error.WriteLine($"{Number((long)slides.Count)} slides, {Gigabytes(slides.Sum(s => (long)s!["bytes"]!))} GB. Nothing was removed; the same with --yes does it.");
                return ExitCode.No;
            }

            var outcomes = new JsonArray();
            foreach (var some in slides.Select(s => (string)s!["id"]!).Chunk(MaxAtOnce))
            {
                var question = new JsonObject { ["slides"] = new JsonArray([.. some.Select(id => (JsonNode)id)]), ["reason"] = parsed.GetValue(Reason) };
                foreach (var outcome in (JsonArray)(await dsr.SendAsync(HttpMethod.Post, "api/slides/remove", question, cancellationToken))!)
                    outcomes.Add(outcome!.DeepClone());
            }

            JsonTable.Print(outcomes, parsed.GetValue(json), "No slide is due.", ("id", o => (string?)o["id"]), ("", o => (string?)o["problem"] ?? "is being removed"));
            return outcomes.All(o => (string?)o!["outcome"] == "asked") ? ExitCode.Done : ExitCode.No;
        });
        return remove;
    }

    private static async Task<JsonArray> AllDueAsync(AdminClient dsr, CancellationToken cancellationToken)
    {
        var slides = new JsonArray();
        for (var after = ""; ;)
        {
            var page = (await dsr.SendAsync(HttpMethod.Get, FormattableString.Invariant($"api/slides?due=true&take={MaxAtOnce}{after}"), null, cancellationToken))!;
            foreach (var slide in (JsonArray)page["slides"]!)
                slides.Add(slide!.DeepClone());
            if ((string?)page["next"] is not { } next)
                return slides;
            after = $"&after={Uri.EscapeDataString(next)}";
        }
    }

    private static async Task<JsonArray> NamedAsync(AdminClient dsr, string[] ids, CancellationToken cancellationToken)
    {
        var slides = new JsonArray();
        foreach (var id in ids)
            slides.Add(await dsr.SendAsync(HttpMethod.Get, $"api/slides/{Uri.EscapeDataString(id)}", null, cancellationToken));
        return slides;
    }

    private static void PrintSlides(JsonArray slides, bool json, string none) => JsonTable.Print(
        slides, json, none,
        ("scanned", s => JsonTable.Time(s["scanTime"])), ("barcode", s => (string?)s["barcode"]), ("accession", s => (string?)s["accession"]), ("stain", s => (string?)s["stain"]),
        ("state", s => (string?)s["state"]), ("file", s => (string?)s["name"]), ("id", s => (string?)s["id"]));

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
