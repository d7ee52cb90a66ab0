using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport scanner</c>: which scanners there are, and letting them in and out.</summary>
internal static class ScannerCommand
{
    private static readonly Argument<string> Serial = new("SERIAL") { Description = "Serial number of the scanner." };
    private static readonly Option<string> Model = new("--model") { Description = "Its model.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> Name = new("--name") { Description = "Its friendly name.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> Location = new("--location") { Description = "Where it stands.", DefaultValueFactory = _ => "" };
    private static readonly Option<string?> NewModel = new("--model") { Description = "Its model." };
    private static readonly Option<string?> NewName = new("--name") { Description = "Its friendly name." };
    private static readonly Option<string?> NewLocation = new("--location") { Description = "Where it stands." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the record.", Required = true };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var list = new Command("list", "List the scanners: online or not, what they do, what they run.\n\nExample: slideport scanner list --json") { json };
        list.SetAction((parsed, cancellationToken) => ListAsync(parsed, parsed.GetValue(json), cancellationToken));

        var add = new Command("add", "Add a scanner and print its one-time enrolment code.\n\nExample: slideport scanner add SS45001 --model 'GT 450' --name 'Scanner 1'")
        {
            Serial, Model, Name, Location,
        };
        add.SetAction((parsed, cancellationToken) => InviteAsync(parsed, "api/scanners", new JsonObject
        {
            ["serialNumber"] = parsed.GetValue(Serial),
            ["model"] = parsed.GetValue(Model),
            ["friendlyName"] = parsed.GetValue(Name),
            ["location"] = parsed.GetValue(Location),
        }, cancellationToken));

        var change = new Command("change", "Change a scanner's model, friendly name or location.\n\nExample: slideport scanner change SS45001 --name 'Scanner 1' --location 'Room 4.12'") { Serial, NewModel, NewName, NewLocation };
        change.SetAction(ChangeAsync);

        var invite = new Command("invite", "Print a new one-time enrolment code for a scanner.\n\nExample: slideport scanner invite SS45001") { Serial };
        invite.SetAction((parsed, cancellationToken) => InviteAsync(parsed, $"api/scanners/{Uri.EscapeDataString(parsed.GetValue(Serial)!)}/enrolment", null, cancellationToken));

        var retire = new Command("retire", "Take a scanner out of service; its certificates are revoked at once.\n\nExample: slideport scanner retire SS45001 --reason sold") { Serial, Reason };
        retire.SetAction(RetireAsync);

        var command = new Command(
            "scanner",
            "Administer SAM's scanners.\n\n"
            + "Example: slideport scanner add SS45001\n"
            + "Example: slideport scanner list")
        {
            list, add, change, invite, retire,
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static async Task<int> ListAsync(ParseResult parsed, bool json, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var scanners = (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/scanners", null, cancellationToken))!;
        JsonTable.Print(
            scanners, json, "There is no scanner; add one with 'slideport scanner add SERIAL'.",
            ("serial", s => (string?)s["serialNumber"]), ("name", s => (string?)s["friendlyName"]), ("location", s => (string?)s["location"]), ("presence", s => (string?)s["presence"]),
            ("doing", s => (string?)s["status"]?["state"]), ("configuration", Configuration), ("clock off by", s => (double?)s["status"]?["clockOffsetSeconds"] is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{offset:0.000} s") : null));
        return ExitCode.Done;
    }

    // The version it runs, and the one it should run where that is another.
    private static string? Configuration(JsonObject scanner) => scanner["status"] is not JsonObject status ? null
        : (bool)scanner["runsConfiguration"]! ? $"{scanner["configurationVersion"]}"
        : $"{status["configurationVersion"]}, should be {scanner["configurationVersion"]}";

    /// <summary>Asks for a one-time code and prints it.</summary>
    public static async Task<int> InviteAsync(ParseResult parsed, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var invitation = (await sam.SendAsync(HttpMethod.Post, path, body, cancellationToken))!;
        Console.WriteLine($"One-time enrolment code of {invitation["holder"]}, good until {(DateTimeOffset)invitation["expiresAt"]!:u}; it is shown this once:");
        Console.WriteLine((string)invitation["code"]!);
        return ExitCode.Done;
    }

    private static async Task<int> ChangeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var change = new JsonObject();
        foreach (var (field, option) in new[] { ("model", NewModel), ("friendlyName", NewName), ("location", NewLocation) })
        {
            if (parsed.GetValue(option) is { } value)
                change[field] = value;
        }

        if (change.Count == 0)
            throw new UsageException("Say what is to be changed, with --model, --name or --location.");
        using var sam = AdminClient.Open(parsed);
        var serial = parsed.GetValue(Serial)!;
        await sam.SendAsync(HttpMethod.Patch, $"api/scanners/{Uri.EscapeDataString(serial)}", change, cancellationToken);
        Console.WriteLine($"Scanner {serial} is changed.");
        return ExitCode.Done;
    }

    private static async Task<int> RetireAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var serial = parsed.GetValue(Serial)!;
        await sam.SendAsync(HttpMethod.Post, $"api/scanners/{Uri.EscapeDataString(serial)}/retire", new JsonObject { ["reason"] = parsed.GetValue(Reason) }, cancellationToken);
        Console.WriteLine($"Scanner {serial} is out of service.");
        return ExitCode.Done;
    }
}
