using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Slides;

namespace Slideport.Commands;

/// <summary><c>slideport slides</c>: where slides are on their way and where they lie, and what a person can have done with them.</summary>
internal static class SlidesCommand
{
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Of the scanner with this serial number." };
    private static readonly Option<SlideStage?> Stage = new("--stage") { Description = "Only those that are there on their way." };
    private static readonly Option<string?> Before = new("--before") { Description = "Only those that have not moved since: the last time shown turns the page.", HelpName = "DATE or TIME" };
    private static readonly Option<int> Take = new("--take") { Description = "At most so many.", DefaultValueFactory = _ => 50 };
    private static readonly Option<string?> From = new("--from") { Description = "Whose first instance came not before this.", HelpName = "DATE or TIME" };
    private static readonly Option<string?> To = new("--to") { Description = "Whose first instance came before this.", HelpName = "DATE or TIME" };
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Only ask; 'slides show' shows what comes of it." };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "Seconds to wait for the converter's answer.", DefaultValueFactory = _ => 300 };
    private static readonly Argument<string> Series = new("SERIES") { Description = "Series Instance UID of the slide." };

    public static Command Create()
    {
        var destination = new Option<string?>("--destination") { Description = "The further destination it is to go to, also where no rule has chosen it.", HelpName = "NAME" };
        var resend = Asking(
            "resend",
            "Deliver a slide once more: to a further destination, or to the image file system when it does not lie there as it was delivered.\n\n"
            + "Example: slideport slides resend 1.2.826.0.1.3680043.8.498.1 --destination research");
        resend.Options.Add(destination);
        resend.SetAction((parsed, cancellationToken) => AskAsync(parsed, SlideAction.Resend, new JsonObject { ["destination"] = parsed.GetValue(destination) }, cancellationToken));
        var retry = Asking("retry", "Try a slide again at once that waits or has failed, or that a destination waits for.\n\nExample: slideport slides retry 1.2.826.0.1.3680043.8.498.1");
        retry.SetAction((parsed, cancellationToken) => AskAsync(parsed, SlideAction.Retry, null, cancellationToken));
        var verify = Asking("verify", "Have its converter read what was delivered of a slide, and compare it with the hash that was recorded.\n\nExample: slideport slides verify 1.2.826.0.1.3680043.8.498.1");
        verify.SetAction((parsed, cancellationToken) => AskAsync(parsed, SlideAction.Verify, null, cancellationToken));

        var command = new Command(
            "slides",
            "Where slides are on their way, where they lie, and what their converter can be asked to do with them.\n\n"
            + "Example: slideport slides list --scanner SS45001\n"
            + "Example: slideport slides verify 1.2.826.0.1.3680043.8.498.1")
        {
            List(), Show(), retry, resend, verify, Export(),
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static Command List()
    {
        var json = GlobalOptions.Json();
        var list = new Command("list", "List slides, the one that moved last first.\n\nExample: slideport slides list --stage waiting") { Scanner, Stage, Before, Take, json };
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var query = new List<string> { FormattableString.Invariant($"take={parsed.GetValue(Take)}") };
            if (parsed.GetValue(Scanner) is { } scanner)
                query.Add($"serialNumber={Uri.EscapeDataString(scanner)}");
            if (parsed.GetValue(Stage) is { } stage)
                query.Add($"stage={stage}");
            if (Instants.Of(parsed, Before) is { } before)
                query.Add($"before={Uri.EscapeDataString(before.ToString("O", CultureInfo.InvariantCulture))}");
            var slides = (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/slides?{string.Join('&', query)}", null, cancellationToken))!;
            JsonTable.Print(
                slides, parsed.GetValue(json), "There is no such slide.",
                ("moved", s => JsonTable.Time(s["updatedAt"])), ("scanner", s => (string?)s["serialNumber"]), ("stage", s => (string?)s["stage"]), ("file", s => (string?)s["path"]),
                ("series", s => (string?)s["seriesInstanceUid"]), ("", s => (string?)s["reason"]));
            return ExitCode.Done;
        });
        return list;
    }

    private static Command Show()
    {
        var json = GlobalOptions.Json();
        var show = new Command("show", "Show all that SAM knows of a slide. A series that several converters have had is several.\n\nExample: slideport slides show 1.2.826.0.1.3680043.8.498.1") { Series, json };
        show.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var slides = (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/slides?seriesInstanceUid={Uri.EscapeDataString(parsed.GetValue(Series)!)}", null, cancellationToken))!;
            if (parsed.GetValue(json))
                Console.WriteLine(slides.ToJsonString(JsonText.Options));
            else
                Print(slides);
            return slides.Count > 0 ? ExitCode.Done : ExitCode.No;
        });
        return show;
    }

    private static Command Export()
    {
        var format = new Option<string>("--format") { Description = "json (a line each) or csv.", DefaultValueFactory = _ => "json" };
        var path = new Option<string?>("--out") { Description = "The file to write, which must not exist; else standard output.", HelpName = "FILE" };
        var export = new Command("export", "Write slides out, the newest first.\n\nExample: slideport slides export --stage failed --format csv --out failed.csv") { Scanner, Stage, From, To, format, path };
        export.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            (string Name, string? Value)[] parts =
            [
                ("format", parsed.GetValue(format)), ("serialNumber", parsed.GetValue(Scanner)), ("stage", parsed.GetValue(Stage)?.ToString()), ("from", Instants.Of(parsed, From)?.ToString("O")),
                ("to", Instants.Of(parsed, To)?.ToString("O")),
            ];
            var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
            await using var target = OutputFile.Open(parsed.GetValue(path));
            await sam.CopyAsync($"api/slides/export?{query}", target, cancellationToken);
            return ExitCode.Done;
        });
        return export;
    }

    private static Command Asking(string name, string description) => new(name, description) { Series, NoWait, Timeout, GlobalOptions.Json() };

    private static async Task<int> AskAsync(ParseResult parsed, SlideAction action, JsonObject? body, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var path = $"api/slides/{Uri.EscapeDataString(parsed.GetValue(Series)!)}/{action.ToString().ToLowerInvariant()}";
        var asked = ((JsonArray)(await sam.SendAsync(HttpMethod.Post, path, body, cancellationToken))!).OfType<JsonObject>().ToArray();
        if (!parsed.GetValue(NoWait))
            asked = await AnswersAsync(sam, asked, TimeSpan.FromSeconds(parsed.GetValue(Timeout)), cancellationToken);
        if (parsed.GetValue<bool>("--json"))
            Console.WriteLine(new JsonArray([.. asked.Select(a => a.DeepClone())]).ToJsonString(JsonText.Options));
        else
            Console.WriteLine(string.Join('\n', asked.Select(Sentence)));
        return parsed.GetValue(NoWait) ? ExitCode.Done : asked.Max(Code);
    }

    private static async Task<JsonObject[]> AnswersAsync(AdminClient sam, JsonObject[] asked, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < asked.Length; i++)
        {
            while (asked[i]["answeredAt"] is null && patience - TimeProvider.System.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            {
                var seconds = Math.Ceiling(Math.Min(left.TotalSeconds, SamClient.LongestWait.TotalSeconds));
                asked[i] = (JsonObject)(await sam.SendAsync(HttpMethod.Get, FormattableString.Invariant($"api/slide-requests/{asked[i]["id"]}?wait={seconds}"), null, cancellationToken))!;
            }
        }

        return asked;
    }

    private static string Sentence(JsonObject asked) =>
        asked["answeredAt"] is null
            ? $"{asked["converter"]}: has not answered yet, and can until {JsonTable.Time(asked["expiresAt"])}; 'slideport slides show {asked["seriesInstanceUid"]}' shows what comes of it."
            : $"{asked["converter"]}: {asked["answer"]}";

    private static int Code(JsonObject asked) => (string?)asked["result"] switch { "done" => ExitCode.Done, "refused" or "differs" => ExitCode.No, _ => ExitCode.Failed };

    private static void Print(JsonArray slides)
    {
        if (slides.Count == 0)
            Console.WriteLine("There is no such slide.");
        foreach (var slide in slides.OfType<JsonObject>())
        {
            foreach (var (name, value) in slide.Where(field => field.Value is not null and not JsonObject))
                Console.WriteLine($"{name,-20}{value}");
            if (slide["lastRequest"] is JsonObject asked)
            {
                Console.WriteLine($"{"asked",-20}{JsonTable.Time(asked["askedAt"])} {asked["askedBy"]}: {asked["action"]} {asked["destination"]}".TrimEnd());
                Console.WriteLine($"{"answer",-20}{(asked["answeredAt"] is null ? $"none yet; until {JsonTable.Time(asked["expiresAt"])} the converter can" : $"{asked["result"]}: {asked["answer"]}")}");
            }

            Console.WriteLine();
        }
    }
}
