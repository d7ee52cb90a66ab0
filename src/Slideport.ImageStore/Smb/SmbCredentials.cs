namespace Slideport.ImageStore.Smb;

/// <summary>Who we are on a server, from a file that only its owner can read, written as mount.cifs reads it: <c>username=</c>, <c>password=</c>, <c>domain=</c>.</summary>
/// <remarks>Not a record: what prints its members by itself will be printed one day.</remarks>
public sealed class SmbCredentials
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Credentials.</summary>
    public SmbCredentials(string user, string password, string domain = "") => (User, Password, Domain) = (user, password, domain);

    /// <summary>The name of the user.</summary>
    public string User { get; }

    /// <summary>Its domain; empty: the server's own.</summary>
    public string Domain { get; }

    internal string Password { get; }

    /// <summary>Reads the file of a server.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ImageStoreException">Others can read it, or it says no name or no password.</exception>
    public static SmbCredentials? Read(string path)
    {
        string[] lines;
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
                throw Unusable(path, $"others than its owner can get at it: chmod 600 '{path}', and change the password if somebody may have read it");
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unusable(path, "this process may not read it", e);
        }

        string? Value(string name) => lines.Select(l => l.TrimStart())
            .FirstOrDefault(l => l.StartsWith(name, StringComparison.OrdinalIgnoreCase) && l[name.Length..].TrimStart().StartsWith('='))?.Split('=', 2)[1];
        if (Value("username")?.Trim() is not { Length: > 0 } user || Value("password") is not { Length: > 0 } password)
            throw Unusable(path, "it must have a line username=… and a line password=…");
        return new SmbCredentials(user, password, Value("domain")?.Trim() ?? "");
    }

    /// <summary>As <see cref="Read"/> reads it.</summary>
    /// <exception cref="ArgumentException">The name, the domain or the password holds the end of a line, or the password is empty.</exception>
    public string ToFile()
    {
        if (Password.Length == 0 || User.Trim().Length == 0 || $"{User}{Password}{Domain}".Any(c => c is '\n' or '\r' or '\0'))
            throw new ArgumentException("A name and a password of one line each are needed.");
        return $"username={User}\npassword={Password}\n{(Domain.Length == 0 ? "" : $"domain={Domain}\n")}";
    }

    /// <inheritdoc/>
    public override string ToString() => User;

    private static ImageStoreException Unusable(string path, string why, Exception? inner = null) =>
        new(ImageStoreFailure.Refused, $"The credentials in '{path}' are not used: {why}.", inner);
}
