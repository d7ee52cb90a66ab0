using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Slideport.Protocol.Events;

namespace Slideport.Commands;

/// <summary><c>slideport events</c>: what happened at the scanners.</summary>
internal static class EventsCommand
{
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "Of the scanner with this serial number." };
    private static readonly Option<EventSeverity> Severity = new("--severity") { Description = "As severe as this, or more.", DefaultValueFactory = _ => EventSeverity.Info };
    private static readonly Option<string?> Code = new("--code") { Description = "With this code." };
    private static readonly Option<string?> Component = new("--component") { Description = "From this part of a scanner." };
    private static readonly Option<string?> Series = new("--series") { Description = "About the slide with this Series Instance UID." };
    private static readonly Option<string?> Text = new("--text") { Description = "With this in their text." };
    private static readonly Option<string?> From = new("--from") { Description = "Received not before this.", HelpName = "DATE or TIME" };
    private static readonly Option<string?> To = new("--to") { Description = "Received before this.", HelpName = "DATE or TIME" };
    private static readonly Option<bool> Open = new("--open") { Description = "Only those that need somebody, and that nobody has acknowledged." };

    public static Command Create()
    {
        var command = new Command(
            "events",
            "What happened at the scanners, as event servers passed it on.\n\n"
            + "Example: slideport events list --open\n"
            + "Example: slideport events export --scanner SS45001 --from 2026-03-01 --format csv --out march.csv")
        {
            List(), Export(), Acknowledge(),
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static Command List()
    {
        var json = GlobalOptions.Json();
        var take = new Option<int>("--take") { Description = "At most so many.", DefaultValueFactory = _ => 50 };
        var list = new Command("list", "List events, the newest first.\n\nExample: slideport events list --scanner SS45001 --severity error --text stage") { take, json };
        AddFilter(list);
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            JsonTable.Print(
                await FindAsync(sam, Query(parsed), parsed.GetValue(take), cancellationToken), parsed.GetValue(json), "There is no such event.",
                ("id", e => $"{e["id"]}"), ("received", e => JsonTable.Time(e["receivedAt"])), ("scanner", e => (string?)e["serialNumber"]), ("severity", e => (string?)e["severity"]),
                ("code", e => (string?)e["code"]), ("acknowledged", e => (string?)e["acknowledgedBy"]), ("", e => (string?)e["text"]));
            return ExitCode.Done;
        });
        return list;
    }

    private static Command Export()
    {
        var format = new Option<string>("--format") { Description = "json (a line each) or csv.", DefaultValueFactory = _ => "json" };
        var path = new Option<string?>("--out") { Description = "The file to write, which must not exist; else standard output.", HelpName = "FILE" };
        var export = new Command("export", "Write events out, the newest first.\n\nExample: slideport events export --severity error --format csv --out errors.csv") { format, path };
        AddFilter(export);
        export.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            await using var target = OutputFile.Open(parsed.GetValue(path));
            await sam.CopyAsync($"api/events/export?format={Uri.EscapeDataString(parsed.GetValue(format)!)}{Query(parsed)}", target, cancellationToken);
            return ExitCode.Done;
        });
        return export;
    }

    private static Command Acknowledge()
    {
        var id = new Argument<long>("ID") { Description = "Number of the event, as 'events list' shows it." };
        var note = new Option<string>("--note") { Description = "What was done about it, for the record.", DefaultValueFactory = _ => "" };
        var alike = new Option<bool>("--alike") { Description = "Also those before it that say the same of the same scanner and need somebody." };
        var acknowledge = new Command("acknowledge", "Say that somebody has seen an event, and what was done about it.\n\nExample: slideport events acknowledge 4711 --alike --note 'belt replaced'") { id, note, alike };
        acknowledge.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var body = new JsonObject { ["note"] = parsed.GetValue(note), ["alike"] = parsed.GetValue(alike) };
            await sam.SendAsync(HttpMethod.Post, FormattableString.Invariant($"api/events/{parsed.GetValue(id)}/acknowledge"), body, cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Event {parsed.GetValue(id)} is acknowledged."));
            return ExitCode.Done;
        });
        return acknowledge;
    }

    // SAM looks through a bounded number of events for each page: what is rare is on a later one.
    private static async Task<JsonArray> FindAsync(AdminClient sam, string query, int take, CancellationToken cancellationToken)
    {
        var found = new JsonArray();
        string? before = null;
        do
        {
            var page = (await sam.SendAsync(
                HttpMethod.Get, FormattableString.Invariant($"api/events?take={take - found.Count}{query}{(before is null ? "" : $"&before={before}")}"), null, cancellationToken))!;
            foreach (var each in (JsonArray)page["events"]!)
                found.Add(each!.DeepClone());
            before = (string?)page["next"];
        }
        while (before is not null && found.Count < take);
        return found;
    }

    private static void AddFilter(Command command)
    {
        foreach (var option in new Option[] { Scanner, Severity, Code, Component, Series, Text, From, To, Open })
            command.Options.Add(option);
    }

    private static string Query(ParseResult parsed)
    {
        (string Name, string? Value)[] parts =
        [
            ("serialNumber", parsed.GetValue(Scanner)), ("severity", parsed.GetValue(Severity).ToString()), ("code", parsed.GetValue(Code)), ("component", parsed.GetValue(Component)),
            ("seriesInstanceUid", parsed.GetValue(Series)), ("text", parsed.GetValue(Text)), ("from", Instants.Of(parsed, From)?.ToString("O")), ("to", Instants.Of(parsed, To)?.ToString("O")),
            ("open", parsed.GetValue(Open) ? "true" : null),
        ];
        return string.Concat(parts.Where(p => p.Value is not null).Select(p => $"&{p.Name}={Uri.EscapeDataString(p.Value!)}"));
    }
}
