using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport support</c>: whether users with the role support may come in; off unless it is switched on for a time.</summary>
internal static class SupportCommand
{
    private static readonly Option<double> Hours = new("--hours") { Description = "For how many hours.", DefaultValueFactory = _ => 8 };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the audit trail.", Required = true };

    public static Command Create()
    {
        var status = new Command("status", "Say whether support may come in, and who has let it.\n\nExample: slideport support status");
        status.SetAction(StatusAsync);
        var on = new Command("on", "Let users with the role support in for some hours.\n\nExample: slideport support on --hours 4 --reason 'focus of SS1234 drifts'") { Hours, Reason };
        on.SetAction(SwitchOnAsync);
        var off = new Command("off", "Let support in no more; who is in is out.\n\nExample: slideport support off");
        off.SetAction(SwitchOffAsync);
        var command = new Command("support", "Let support in for a time, and out again.\n\nExample: slideport support on --hours 4 --reason 'focus of SS1234 drifts'") { status, on, off };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static async Task<int> StatusAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var support = await sam.SendAsync(HttpMethod.Get, "api/support", null, cancellationToken);
        Console.WriteLine(support?["until"] is { } until
            ? $"On until {JsonTable.Time(until)}, switched on by {support["switchedOnBy"]}: {support["reason"]}"
            : "Off.");
        return ExitCode.Done;
    }

    private static async Task<int> SwitchOnAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var until = TimeProvider.System.GetUtcNow().AddHours(Math.Clamp(parsed.GetValue(Hours), 0, 1000));
        await sam.SendAsync(HttpMethod.Put, "api/support", new JsonObject { ["until"] = until, ["reason"] = parsed.GetValue(Reason) }, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Support may come in until {until:u}."));
        return ExitCode.Done;
    }

    private static async Task<int> SwitchOffAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        await sam.SendAsync(HttpMethod.Delete, "api/support", null, cancellationToken);
        Console.WriteLine("Support is out.");
        return ExitCode.Done;
    }
}
