using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Sam.Audit;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport audit</c>: checks the audit trail and writes it out.</summary>
internal static class AuditCommand
{
    private static readonly Option<bool> OnDatabase = new("--database")
    {
        Description = "Read the database itself instead of asking SAM, which may be stopped; settings follow as --Database:Key=value.",
    };

    private static readonly Option<string?> From = new("--from") { Description = "Entries not before this.", HelpName = "DATE or TIME" };
    private static readonly Option<string?> To = new("--to") { Description = "Entries before this.", HelpName = "DATE or TIME" };
    private static readonly Option<string?> Actor = new("--actor") { Description = "Who, such as user:mary; a last * stands for anything." };
    private static readonly Option<string?> Object = new("--object") { Description = "On what, such as scanner:SS45001; a last * stands for anything." };
    private static readonly Option<string?> Action = new("--action") { Description = "What, such as configuration.change; a last * stands for anything." };
    private static readonly Option<AuditFormat> Format = new("--format") { Description = "json (a line each), csv, or dicom (an audit message of PS3.15 a line)." };
    private static readonly Option<string?> Out = new("--out") { Description = "The file to write, which must not exist; else standard output.", HelpName = "FILE" };

    public static Command Create()
    {
        var verify = new Command("verify", "Check every entry's hash and number and every signed head; exit code 1 and the first break in one sentence.\n\nExample: slideport audit verify")
        {
            OnDatabase,
        };
        verify.SetAction(VerifyAsync);
        var export = new Command(
            "export",
            "Write entries out in the order they were made.\n\n"
            + "Example: slideport audit export --from 2026-03-01 --to 2026-04-01 --action 'user.*' --format csv --out march.csv")
        {
            From, To, Actor, Object, Action, Format, Out, OnDatabase,
        };
        export.SetAction(ExportAsync);
        var command = new Command(
            "audit",
            "The audit trail: who did what, when, from where, with values before and after.\n\n"
            + "Example: slideport audit verify\n"
            + "Example: slideport audit export --format dicom --actor user:mary")
        {
            verify, export,
        };
        foreach (var each in command.Subcommands)
        {
            AdminClient.AddTo(each);
            each.TreatUnmatchedTokensAsErrors = false;
        }

        return command;
    }

    private static async Task<int> VerifyAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var verdict = await VerdictAsync(parsed, cancellationToken);
        if (verdict.Problem is { } problem)
        {
            Console.WriteLine(problem);
            return ExitCode.No;
        }

        var heads = verdict.Heads == 0 ? "there are no signed heads to compare it with" : string.Create(CultureInfo.InvariantCulture, $"it agrees with {verdict.Heads} signed heads");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The audit trail is unbroken: {verdict.Entries} entries; {heads}."));
        return ExitCode.Done;
    }

    private static async Task<TrailVerdict> VerdictAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var data = parsed.GetValue(GlobalOptions.Data)!;
        if (parsed.GetValue(OnDatabase))
            return await AuditMaintenance.VerifyAsync(SlideportSettings.Load(data, parsed.UnmatchedTokens).Database(), SlideportSettings.IdentityFolder(data), cancellationToken);
        RefuseSettings(parsed);
        using var sam = AdminClient.Open(parsed);
        return (await sam.SendAsync(HttpMethod.Post, "api/audit/verify", null, cancellationToken)).Deserialize<TrailVerdict>(JsonText.Options)!;
    }

    private static async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var filter = new AuditFilter(parsed.GetValue(Actor), parsed.GetValue(Object), parsed.GetValue(Action), Instants.Of(parsed, From), Instants.Of(parsed, To));
        await using var target = OutputFile.Open(parsed.GetValue(Out));
        if (parsed.GetValue(OnDatabase))
        {
            var database = SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, parsed.UnmatchedTokens).Database();
            await AuditMaintenance.ExportAsync(database, filter, parsed.GetValue(Format), target, cancellationToken);
            return ExitCode.Done;
        }

        RefuseSettings(parsed);
        using var sam = AdminClient.Open(parsed);
        await sam.CopyAsync($"api/audit/export?{Query(parsed.GetValue(Format), filter)}", target, cancellationToken);
        return ExitCode.Done;
    }

    private static void RefuseSettings(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is [var first, ..])
            throw new UsageException($"'{first}' means nothing here; settings follow only with --database.");
    }

    private static string Query(AuditFormat format, AuditFilter filter)
    {
        (string Name, string? Value)[] parts =
        [
            ("format", format.ToString()), ("actor", filter.Actor), ("object", filter.Object), ("action", filter.Action), ("from", filter.From?.ToString("O")), ("to", filter.To?.ToString("O")),
        ];
        return string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
    }
}
