using System.CommandLine;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport alert</c>: what needs somebody.</summary>
internal static class AlertCommand
{
    private static readonly Argument<long> Id = new("ID") { Description = "Number of the alert, as 'alert list' shows it." };
    private static readonly Option<double> Hours = new("--hours") { Description = "For how long.", DefaultValueFactory = _ => 8 };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var closed = new Option<bool>("--closed") { Description = "Also those that are over." };
        var list = new Command("list", "List what is wrong: scanners offline, slides that wait or failed, stores, disks, certificates, the DSR.\n\nExample: slideport alert list") { closed, json };
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var alerts = (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/alerts?closed={(parsed.GetValue(closed) ? "true" : "false")}", null, cancellationToken))!;
            JsonTable.Print(
                alerts, parsed.GetValue(json), "Nothing needs anybody.",
                ("id", a => $"{a["id"]}"), ("since", a => JsonTable.Time(a["since"])), ("what", a => (string?)a["kind"]), ("count", a => $"{a["count"]}"),
                ("over", a => JsonTable.Time(a["clearedAt"])), ("muted until", a => JsonTable.Time(a["mutedUntil"])), ("", a => (string?)a["text"]));
            return ExitCode.Done;
        });

        var mute = new Command("mute", "Send no message about an alert for some hours.\n\nExample: slideport alert mute 17 --hours 4") { Id, Hours };
        mute.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var until = TimeProvider.System.GetUtcNow().AddHours(parsed.GetValue(Hours));
            await sam.SendAsync(HttpMethod.Post, $"api/alerts/{parsed.GetValue(Id)}/mute", new JsonObject { ["until"] = until }, cancellationToken);
            Console.WriteLine($"No message about alert {parsed.GetValue(Id)} until {until:u}.");
            return ExitCode.Done;
        });

        var command = new Command("alert", "What needs somebody, and not being told of it for a while.\n\nExample: slideport alert list") { list, mute };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }
}
