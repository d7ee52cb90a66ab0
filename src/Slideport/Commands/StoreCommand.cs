using System.CommandLine;
using System.Globalization;
using Slideport.Files;
using Slideport.ImageStore;
using Slideport.ImageStore.Local;
using Slideport.ImageStore.Smb;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport store</c>: image file systems: whether slides can go there, and who the converter is on servers of SMB shares. Passwords are typed or piped in, never an argument, and never shown.</summary>
internal static class StoreCommand
{
    private static readonly Argument<string> Share = new("LOCATION") { Description = "The share: smb://server[:port]/share[/folder]." };
    private static readonly Argument<string> Location = new("LOCATION") { Description = "A folder of this machine, or smb://server[:port]/share[/folder]." };
    private static readonly Option<int> Size = new("--size") { Description = "How much is written.", HelpName = "MIB", DefaultValueFactory = _ => 64 };
    private static readonly Option<string> User = new("--user") { Description = "The user's name on the server.", HelpName = "NAME", Required = true };
    private static readonly Option<string> Domain = new("--domain") { Description = "The user's domain; without it, the server's own.", HelpName = "NAME", DefaultValueFactory = _ => "" };

    public static Command Create()
    {
        var login = new Command(
            "login",
            "Keep the name and the password for a server in a file only this user can read, and try them on the share. The password is asked for, or read from standard input. Run it as the user the converter runs as.\n\n"
            + "Example: slideport store login smb://nas.lab/slides/scanned --user slideport")
        {
            Share, User, Domain,
        };
        login.TreatUnmatchedTokensAsErrors = false;
        login.SetAction(LoginAsync);

        var test = new Command(
            "test",
            "Try whether slides can go to a place, as the converter brings them there: a hidden file is written, flushed, read back, renamed and removed; how it is reached and how fast it is are told.\n\n"
            + "Example: slideport store test smb://nas.lab/slides/scanned\n"
            + "Example: slideport store test /mnt/slides --size 1024")
        {
            Location, Size,
        };
        test.TreatUnmatchedTokensAsErrors = false;
        test.SetAction(TestAsync);

        var found = new Command(
            "found",
            "Make a place an image file system: a small hidden file with its id tells it from an empty mount point from then on. A converter does that itself where its first slide goes; this is for slides that lie there already, for the DSR to find.\n\n"
            + "Example: slideport store found /mnt/archive")
        {
            Location,
        };
        found.TreatUnmatchedTokensAsErrors = false;
        found.SetAction(FoundAsync);

        return new Command(
            "store",
            "Try the places slides go to, and log in to the servers of SMB shares.\n\n"
            + "Example: slideport store test smb://nas.lab/slides/scanned\n"
            + "Example: slideport store login smb://nas.lab/slides/scanned --user slideport")
        {
            login, test, found,
        };
    }

    private static async Task<int> LoginAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var location = Parsed(parsed.GetValue(Share)!);
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
        var tried = $"{path}.{Guid.NewGuid():N}";
        DurableFile.Replace(tried, System.Text.Encoding.UTF8.GetBytes(text));
        try
        {
            await TestAsync(location, tried, 1, cancellationToken);
            Keep(tried, path);
            return ExitCode.Done;
        }
        catch (ImageStoreException e) when (e.Failure != ImageStoreFailure.Refused)
        {
            Keep(tried, path); // nothing was said against it; it is tried again when slides come
            throw;
        }
        catch (ImageStoreException e)
        {
            throw new ImageStoreException(e.Failure, $"{e.Message} The name and the password are not kept{(File.Exists(path) ? $"; '{path}' is as it was" : "")}.", e);
        }
        finally
        {
            DurableFile.Delete(tried);
        }
    }

    // A password that works is not lost to one that does not.
    private static void Keep(string tried, string path)
    {
        DurableFile.RenameOver(tried, path);
        Console.WriteLine($"Kept in '{path}'.");
    }

    private static async Task<int> TestAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (location, size) = (parsed.GetValue(Location)!, parsed.GetValue(Size));
        if (size is < 1 or > 1 << 20)
            throw new UsageException("--size is 1 to 1048576 (MiB).");
        await WithAsync(parsed, location, store => ShowAsync(store, size, cancellationToken));
        return ExitCode.Done;
    }

    private static async Task<int> FoundAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var location = parsed.GetValue(Location)!;
        // A misspelt path must not become a place where nobody finds anything.
        if (!SmbLocation.IsMeant(location) && !Directory.Exists(location))
            throw new UsageException($"There is no folder '{location}' on this machine: create it, or mount the share there.");
        await WithAsync(parsed, location, async store =>
        {
            if (await store.FindAsync(cancellationToken) is { } known)
                Console.WriteLine($"'{store.Location}' is the image file system {known} already.");
            else
                Console.WriteLine($"'{store.Location}' is the image file system {await store.CheckAsync(null, cancellationToken)} now.");
        });
        return ExitCode.Done;
    }

    private static async Task WithAsync(ParseResult parsed, string location, Func<IImageStore, Task> work)
    {
        if (!SmbLocation.IsMeant(location))
        {
            await work(new LocalImageStore(Path.GetFullPath(location)));
            return;
        }

        var share = Parsed(location);
        await WithShareAsync(share, Path.Join(Folder(parsed), share.Server), work);
    }

    private static Task TestAsync(SmbLocation location, string credentials, int size, CancellationToken cancellationToken) =>
        WithShareAsync(location, credentials, store => ShowAsync(store, size, cancellationToken));

    private static async Task WithShareAsync(SmbLocation location, string credentials, Func<IImageStore, Task> use)
    {
        var work = Directory.CreateTempSubdirectory("slideport-store-").FullName;
        try
        {
            using var store = new SmbImageStore(location, new SmbSurroundings(work, credentials, SmbProgram.Self));
            await use(store);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static async Task ShowAsync(IImageStore store, int size, CancellationToken cancellationToken)
    {
        var trial = await store.TryAsync((long)size << 20, cancellationToken);
        var space = store.Space();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"'{store.Location}': {Speed("written", trial.Bytes, trial.Writing)}, {Speed("read back", trial.Bytes, trial.Reading)}, renamed and removed."));
        Console.WriteLine(trial.Way);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Free: {space.FreeBytes / 1e9:0.0} GB of {space.TotalBytes / 1e9:0.0} GB."));
    }

    private static string Speed(string what, long bytes, TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB {what} in {time.TotalSeconds:0.00} s ({bytes / 1e6 / Math.Max(time.TotalSeconds, 1e-6):0} MB/s)");

    private static SmbLocation Parsed(string text) =>
        SmbLocation.TryParse(text, out var location, out var problem) ? location : throw new UsageException($"That is no share: {problem}.");

    private static string Folder(ParseResult parsed) =>
        SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, [.. parsed.UnmatchedTokens]).Converter().ShareCredentialsFolder;
}
