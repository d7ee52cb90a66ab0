using System.CommandLine;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport outbox</c>: metadata on its way to the DSR.</summary>
internal static class OutboxCommand
{
    private static readonly Argument<long> Id = new("ID") { Description = "Number of the message, as 'outbox list' shows it." };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var dead = new Option<bool>("--dead") { Description = "Only those the DSR has refused for good." };
        var list = new Command("list", "List what waits for the DSR, and what it has refused.\n\nExample: slideport outbox list --dead") { dead, json };
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            var messages = (JsonArray)(await sam.SendAsync(HttpMethod.Get, $"api/outbox?dead={(parsed.GetValue(dead) ? "true" : "false")}", null, cancellationToken))!;
            JsonTable.Print(
                messages, parsed.GetValue(json), "Nothing waits for the DSR.",
                ("id", m => $"{m["id"]}"), ("slide", m => (string?)m["subject"]), ("since", m => JsonTable.Time(m["createdAt"])), ("attempts", m => $"{m["attempts"]}"),
                ("refused", m => JsonTable.Time(m["deadAt"])), ("", m => (string?)m["lastError"]));
            return ExitCode.Done;
        });

        var retry = new Command("retry", "Send a message again that the DSR has refused.\n\nExample: slideport outbox retry 17") { Id };
        retry.SetAction(async (parsed, cancellationToken) =>
        {
            using var sam = AdminClient.Open(parsed);
            await sam.SendAsync(HttpMethod.Post, $"api/outbox/{parsed.GetValue(Id)}/retry", null, cancellationToken);
            Console.WriteLine($"Message {parsed.GetValue(Id)} is sent again.");
            return ExitCode.Done;
        });

        var command = new Command("outbox", "Metadata on its way to the DSR.\n\nExample: slideport outbox list") { list, retry };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }
}
