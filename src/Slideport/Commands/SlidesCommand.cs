using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Slideport.Protocol.Slides;

namespace Slideport.Commands;

/// <summary><c>slideport slides</c>: where slides are on their way, and where they lie.</summary>
internal static class SlidesCommand
{
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Of the scanner with this serial number." };
    private static readonly Option<SlideStage?> Stage = new("--stage") { Description = "Only those that are there on their way." };
    private static readonly Option<string?> Before = new("--before") { Description = "Only those that have not moved since: the last time shown turns the page.", HelpName = "DATE or TIME" };
    private static readonly Option<int> Take = new("--take") { Description = "At most so many.", DefaultValueFactory = _ => 50 };
    private static readonly Argument<string> Series = new("SERIES") { Description = "Series Instance UID of the slide." };

    public static Command Create()
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

        var alsoJson = GlobalOptions.Json();
        var show = new Command("show", "Show all that SAM knows of a slide. A series that several converters have had is several.\n\nExample: slideport slides show 1.2.826.0.1.3680043.8.498.1") { Series, alsoJson };
        show.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var slides = (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/slides?seriesInstanceUid={Uri.EscapeDataString(parsed.GetValue(Series)!)}", null, cancellationToken))!;
            if (parsed.GetValue(alsoJson))
                Console.WriteLine(slides.ToJsonString(JsonText.Options));
            else
                Print(slides);
            return slides.Count > 0 ? ExitCode.Done : ExitCode.No;
        });

        var command = new Command("slides", "Where slides are on their way, and where they lie.\n\nExample: slideport slides list --scanner SS45001\nExample: slideport slides show 1.2.826.0.1.3680043.8.498.1") { list, show };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static void Print(JsonArray slides)
    {
        if (slides.Count == 0)
            Console.WriteLine("There is no such slide.");
        foreach (var slide in slides.OfType<JsonObject>())
        {
            foreach (var (name, value) in slide.Where(field => field.Value is not null))
                Console.WriteLine($"{name,-20}{value}");
            Console.WriteLine();
        }
    }
}
