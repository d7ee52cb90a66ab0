using System.CommandLine;
using Slideport.Files;
using Slideport.ImageStore.Smb;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport share</c>: who the converter is on servers of SMB shares. Passwords are typed or piped in, never an argument, and never shown.</summary>
internal static class ShareCommand
{
    private static readonly Argument<string> Location = new("LOCATION") { Description = "The share: smb://server[:port]/share[/folder]." };
    private static readonly Option<string> User = new("--user") { Description = "The user's name on the server.", HelpName = "NAME", Required = true };
    private static readonly Option<string> Domain = new("--domain") { Description = "The user's domain; without it, the server's own.", HelpName = "NAME", DefaultValueFactory = _ => "" };

    public static Command Create()
    {
        var login = new Command(
            "login",
            "Keep the name and the password for a server in a file only this user can read, and try them on the share. The password is asked for, or read from standard input. Run it as the user the converter runs as.\n\n"
            + "Example: slideport share login smb://nas.lab/slides/scanned --user slideport")
        {
            Location, User, Domain,
        };
        login.TreatUnmatchedTokensAsErrors = false;
        login.SetAction(LoginAsync);

        var test = new Command("test", "Try a share as the converter uses it: a small file is written, read back and removed.\n\nExample: slideport share test smb://nas.lab/slides/scanned") { Location };
        test.TreatUnmatchedTokensAsErrors = false;
        test.SetAction((parsed, cancellationToken) => TestAsync(Parsed(parsed), Folder(parsed), cancellationToken));

        return new Command(
            "share",
            "Log in to the servers of SMB shares that slides go to.\n\n"
            + "Example: slideport share login smb://nas.lab/slides/scanned --user slideport\n"
            + "Example: slideport share test smb://nas.lab/slides/scanned")
        {
            login, test,
        };
    }

    private static async Task<int> LoginAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var location = Parsed(parsed);
        var folder = Folder(parsed);
        string text;
        try
        {
            text = new SmbCredentials(parsed.GetValue(User)!, TypedSecret.Read("password"), parsed.GetValue(Domain)!).ToFile();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }

        DurableFile.CreateDirectory(folder);
        var path = Path.Join(folder, location.Server);
        DurableFile.Replace(path, System.Text.Encoding.UTF8.GetBytes(text));
        Console.WriteLine($"Kept in '{path}'.");
        return await TestAsync(location, folder, cancellationToken);
    }

    private static async Task<int> TestAsync(SmbLocation location, string folder, CancellationToken cancellationToken)
    {
        var work = Directory.CreateTempSubdirectory("slideport-share-").FullName;
        try
        {
            using var store = new SmbImageStore(location, new SmbSurroundings(work, Path.Join(folder, location.Server), SmbProgram.Self));
            await store.TryAsync(cancellationToken);
            Console.WriteLine($"'{location}' was written to and read back, signed and encrypted with SMB 3.1.1.");
            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static SmbLocation Parsed(ParseResult parsed) =>
        SmbLocation.TryParse(parsed.GetValue(Location)!, out var location, out var problem) ? location : throw new UsageException($"That is no share: {problem}.");

    private static string Folder(ParseResult parsed) =>
        SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, [.. parsed.UnmatchedTokens]).Converter().ShareCredentialsFolder;
}
