using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport pin</c>: who has a PIN on which scanner. PINs are typed or piped in, never an argument; nobody can read one back.</summary>
internal static class PinCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Login name of the user." };
    private static readonly Option<string?> Scanner = new("--scanner") { Description = "On this scanner; without it, on all in service.", HelpName = "SERIAL" };
    private static readonly Option<string?> Expires = new("--expires") { Description = "When the PIN ends: a day (its end, UTC) or an instant; without it, it does not end by itself.", HelpName = "TIME" };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var list = new Command("list", "List who has a PIN on which scanner; never the PIN.\n\nExample: slideport pin list --scanner SS45001") { Scanner, json };
        list.SetAction((parsed, cancellationToken) => ListAsync(parsed, parsed.GetValue(json), cancellationToken));

        var set = new Command("set", "Set a user's PIN, in place of the one he had. It is asked for, or read from standard input.\n\nExample: slideport pin set anna --scanner SS45001 --expires 2027-01-31") { Name, Scanner, Expires };
        set.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Put, Body, "has a new PIN", cancellationToken));

        var remove = new Command("remove", "Take away a user's PIN.\n\nExample: slideport pin remove anna --scanner SS45001") { Name, Scanner };
        remove.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Delete, _ => null, "has no PIN any more", cancellationToken));

        var command = new Command(
            "pin",
            "Administer the PINs that unlock scanners' consoles.\n\n"
            + "Example: slideport pin set anna\n"
            + "Example: slideport pin list")
        {
            list, set, remove,
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    /// <summary>A day as its end, or an instant as it is written.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static DateTimeOffset ParseEnd(string text)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new UsageException($"'{text}' is no time; write for example 2027-01-31, or 2027-01-31T18:00:00+01:00.");
    }

    private static async Task<int> ListAsync(ParseResult parsed, bool json, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        JsonTable.Print(
            (JsonArray)(await sam.SendAsync(HttpMethod.Get, Place(parsed), null, cancellationToken))!, json, "Nobody has a PIN there; set one with 'slideport pin set NAME'.",
            ("scanner", p => (string?)p["serialNumber"]), ("user", p => (string?)p["userName"]), ("full name", p => (string?)p["fullName"]), ("role", p => (string?)p["role"]),
            ("set", p => JsonTable.Time(p["setAt"])), ("ends", p => JsonTable.Time(p["expiresAt"])), ("", p => (bool)p["isUsable"]! ? null : "made with another pins.key: set it anew"));
        return ExitCode.Done;
    }

    private static async Task<int> OnAsync(ParseResult parsed, HttpMethod method, Func<ParseResult, JsonObject?> body, string done, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var user = await UserCommand.FindAsync(sam, parsed.GetValue(Name)!, cancellationToken);
        await sam.SendAsync(method, $"{Place(parsed)}/{user["id"]}", body(parsed), cancellationToken);
        Console.WriteLine($"User {user["name"]} {done}: {(parsed.GetValue(Scanner) is { } serial ? $"scanner {serial}" : "all scanners in service")}.");
        return ExitCode.Done;
    }

    private static JsonObject Body(ParseResult parsed) => new()
    {
        ["expiresAt"] = parsed.GetValue(Expires) is { } end ? ParseEnd(end) : null,
        ["pin"] = TypedSecret.Read("PIN"),
    };

    private static string Place(ParseResult parsed) => parsed.GetValue(Scanner) is { } serial ? $"api/scanners/{Uri.EscapeDataString(serial)}/pins" : "api/pins";
}
