using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport config</c>: what SAM tells the scanners.</summary>
internal static class ConfigCommand
{
    private static readonly Argument<string> Scope = new("SCOPE") { Description = "'defaults', or the serial number of a scanner." };
    private static readonly Argument<string[]> Fields = new("FIELD=VALUE") { Description = "Fields to set, such as images.port=2762; an empty value falls back to what lies beneath.", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> Tried = new("FIELD=VALUE") { Description = "Fields to try before they are set.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<long> Version = new("VERSION") { Description = "A version that 'config history' lists." };
    private static readonly Argument<long> From = new("FROM") { Description = "The version it was." };
    private static readonly Argument<long> To = new("TO") { Description = "The version it became." };
    private static readonly Argument<FileInfo> Document = new("FILE") { Description = "JSON, as 'config export' prints it." };
    private static readonly Argument<string> Template = new("TEMPLATE") { Description = "File-name template; see docs/configuration.md." };
    private static readonly Option<string?> Delimiter = new("--delimiter") { Description = "Character that parts the barcode; by default the scope's own." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the record.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only tell what would change, and for which scanners." };

    public static Command Create()
    {
        var show = new Command("show", "Show what a scope sets, and what that amounts to.\n\nExample: slideport config show defaults") { Scope };
        show.SetAction((parsed, cancellationToken) => PrintAsync(parsed, HttpMethod.Get, PathOf(parsed), null, cancellationToken));

        var set = new Command("set", "Set fields.\n\nExample: slideport config set defaults images.port=2762 images.format=dicom --reason 'new converter'") { Scope, Fields, Reason, DryRun };
        set.SetAction((parsed, cancellationToken) => PrintAsync(parsed, HttpMethod.Patch, PathOf(parsed) + Query(parsed), Patch(parsed.GetValue(Fields)!), cancellationToken));

        var history = new Command("history", "List a scope's versions: who, when, why, what.\n\nExample: slideport config history SS45001") { Scope };
        history.SetAction((parsed, cancellationToken) => PrintAsync(parsed, HttpMethod.Get, PathOf(parsed) + "/versions", null, cancellationToken));

        var diff = new Command("diff", "Show what differs between two versions of a scope; 0 is before anything was set.\n\nExample: slideport config diff defaults 3 7") { Scope, From, To };
        diff.SetAction((parsed, cancellationToken) => PrintAsync(
            parsed, HttpMethod.Get, FormattableString.Invariant($"{PathOf(parsed)}/versions/{parsed.GetValue(To)}/differences?from={parsed.GetValue(From)}"), null, cancellationToken));

        var restore = new Command("restore", "Make a scope what it was in a version.\n\nExample: slideport config restore defaults 3 --reason 'wrong port'") { Scope, Version, Reason, DryRun };
        restore.SetAction((parsed, cancellationToken) => PrintAsync(
            parsed, HttpMethod.Post, FormattableString.Invariant($"{PathOf(parsed)}/versions/{parsed.GetValue(Version)}/restore") + Query(parsed), null, cancellationToken));

        var export = new Command("export", "Print what a scope sets, for 'config import'.\n\nExample: slideport config export defaults > defaults.json") { Scope };
        export.SetAction(ExportAsync);

        var import = new Command("import", "Make a scope exactly what a file says.\n\nExample: slideport config import defaults defaults.json --reason 'from the old server'") { Scope, Document, Reason, DryRun };
        import.SetAction(async (parsed, cancellationToken) => await PrintAsync(parsed, HttpMethod.Put, PathOf(parsed) + Query(parsed), await ReadAsync(parsed, cancellationToken), cancellationToken));

        var test = new Command("test", "Try every host a scope names, from where SAM stands, and have the converters write at its file location. Fields given are tried before they are set.\n\nExample: slideport config test defaults images.fileLocation=/mnt/slides") { Scope, Tried };
        test.SetAction((parsed, cancellationToken) => PrintAsync(parsed, HttpMethod.Post, PathOf(parsed) + "/test", Patch(parsed.GetValue(Tried)!), cancellationToken));

        var preview = new Command("preview", "Show what a file-name template makes of the last 20 slides.\n\nExample: slideport config preview defaults '{Barcode:1}/{Barcode}_{Counter}' --delimiter -") { Scope, Template, Delimiter };
        preview.SetAction((parsed, cancellationToken) => PrintAsync(
            parsed, HttpMethod.Post, PathOf(parsed) + "/preview", new JsonObject { ["imageFilenameFormat"] = parsed.GetValue(Template), ["barcodeDelimiter"] = parsed.GetValue(Delimiter) }, cancellationToken));

        var command = new Command(
            "config",
            "Look at and change what SAM tells the scanners; answers are JSON.\n\n"
            + "Example: slideport config show defaults\n"
            + "Example: slideport config set SS45001 time.zone=Europe/Vienna --reason moved")
        {
            show, set, history, diff, restore, export, import, test, preview,
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static string PathOf(ParseResult parsed)
    {
        var scope = parsed.GetValue(Scope)!;
        return $"api/configuration/{(scope == "defaults" ? scope : $"scanner:{Uri.EscapeDataString(scope)}")}";
    }

    private static string Query(ParseResult parsed) =>
        $"?reason={Uri.EscapeDataString(parsed.GetValue(Reason)!)}&dryRun={(parsed.GetValue(DryRun) ? "true" : "false")}";

    private static async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var scope = await sam.SendAsync(HttpMethod.Get, PathOf(parsed), null, cancellationToken);
        Console.WriteLine(scope!["document"]!.ToJsonString(JsonText.Options));
        return ExitCode.Done;
    }

    private static async Task<JsonNode> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(Document)!;
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(file.FullName, cancellationToken)) as JsonObject ?? throw new UsageException($"{file} holds no JSON object.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file} is not valid JSON: {e.Message}");
        }
    }

    private static async Task<int> PrintAsync(ParseResult parsed, HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var answer = await sam.SendAsync(method, path, body, cancellationToken);
        Console.WriteLine(answer?.ToJsonString(JsonText.Options) ?? "{}");
        return ExitCode.Done;
    }

    // images.port=2762 becomes {"images":{"port":2762}}: numbers and truth values as JSON has them, everything else is text.
    private static JsonObject Patch(string[] fields)
    {
        var patch = new JsonObject();
        foreach (var field in fields)
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            string[] path = equals > 0 ? field[..equals].Split('.') : [];
            if (path.Length != 2 || path.Any(p => p.Length == 0))
                throw new UsageException($"'{field}' is not page.field=value; write for example images.port=2762.");
            var page = patch[path[0]] as JsonObject ?? [];
            patch[path[0]] = page;
            page[path[1]] = Value(field[(equals + 1)..]);
        }

        return patch;
    }

    private static JsonValue? Value(string text)
    {
        if (text.Length == 0)
            return null;
        try
        {
            return JsonNode.Parse(text) is JsonValue value && value.GetValueKind() is (JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) ? value : JsonValue.Create(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
