using System.CommandLine;
using System.Text.Json.Nodes;
using Slideport.Sam.Identity;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport certificate</c>: which there are, exceptions for single scanners, and their end.</summary>
internal static class CertificateCommand
{
    private static readonly Argument<string> Thumbprint = new("THUMBPRINT") { Description = "SHA-256 of the certificate, as the list shows it." };
    private static readonly Argument<string> Serial = new("SERIAL") { Description = "Serial number of the scanner." };
    private static readonly Argument<string> File = new("FILE") { Description = "The certificate, PEM." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the record.", Required = true };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var list = new Command("list", "List all certificates that were issued or registered, with how each ended.\n\nExample: slideport certificate list") { json };
        list.SetAction((parsed, cancellationToken) => ListAsync(parsed, parsed.GetValue(json), cancellationToken));

        var revoke = new Command("revoke", "Make a certificate worthless at once, and those that were issued for it in renewals.\n\nExample: slideport certificate revoke 3f2a… --reason 'laptop stolen'") { Thumbprint, Reason };
        revoke.SetAction(RevokeAsync);

        var register = new Command("register", "Let a scanner in by a certificate of another authority, one that Certificates:ClientAuthorities names.\n\nExample: slideport certificate register SS45001 scanner.pem") { Serial, File };
        register.SetAction(RegisterAsync);

        var command = new Command(
            "certificate",
            "Administer the certificates of scanners and roles.\n\n"
            + "Example: slideport certificate list\n"
            + "Example: slideport certificate register SS45001 scanner.pem")
        {
            list, revoke, register,
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);

        var abandon = new Command(
            "abandon",
            "Where ca.key of the identity folder is lost and there is no copy of it: found another authority, and revoke what the lost one issued. Every scanner and every machine then has to enrol anew. SAM must not run; settings follow as --Database:Key=value.\n\n"
            + "Example: slideport certificate abandon --reason 'the disk died, there is no copy'") { Reason };
        abandon.TreatUnmatchedTokensAsErrors = false;
        abandon.SetAction(AbandonAsync);
        command.Subcommands.Add(abandon);
        return command;
    }

    private static async Task<int> AbandonAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var data = parsed.GetValue(GlobalOptions.Data)!;
        var database = SlideportSettings.Load(data, [.. parsed.UnmatchedTokens]).Database();
        var holders = await LostAuthority.AbandonAsync(database, SlideportSettings.IdentityFolder(data), parsed.GetValue(Reason)!, TimeProvider.System, cancellationToken);
        Console.WriteLine(holders.Count == 0
            ? "The authority there is now has issued all certificates that are good; nothing was revoked."
            : $"Revoked were the certificates of {string.Join(", ", holders)}. Start SAM, and invite each anew: 'slideport scanner invite', 'slideport role invite'.");
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(ParseResult parsed, bool json, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        JsonTable.Print(
            (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/certificates", null, cancellationToken))!, json, "No certificate was issued yet; 'slideport scanner add SERIAL' lets the first scanner in.",
            ("holder", c => (string?)c["holder"]), ("issued by", c => (bool)c["isForeign"]! ? "another authority" : "us"), ("since", c => JsonTable.Time(c["issuedAt"])), ("ends", c => JsonTable.Time(c["notAfter"])),
            ("ended", c => JsonTable.Time(c["revokedAt"])), ("why", c => (string?)c["revocationReason"]), ("thumbprint", c => (string?)c["thumbprint"]));
        return ExitCode.Done;
    }

    private static async Task<int> RevokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        await sam.SendAsync(HttpMethod.Post, $"api/certificates/{Uri.EscapeDataString(parsed.GetValue(Thumbprint)!)}/revoke", new JsonObject { ["reason"] = parsed.GetValue(Reason) }, cancellationToken);
        Console.WriteLine("It is revoked; whoever shows it is let in nowhere any more.");
        return ExitCode.Done;
    }

    private static async Task<int> RegisterAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var body = new JsonObject { ["certificate"] = await System.IO.File.ReadAllTextAsync(parsed.GetValue(File)!, cancellationToken) };
        var registered = await sam.SendAsync(HttpMethod.Post, $"api/scanners/{Uri.EscapeDataString(parsed.GetValue(Serial)!)}/certificates", body, cancellationToken);
        Console.WriteLine($"Scanner {parsed.GetValue(Serial)} is let in by certificate {registered!["thumbprint"]}.");
        return ExitCode.Done;
    }
}
