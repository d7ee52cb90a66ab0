using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Slideport.ImageStore.Smb;

/// <summary>A folder of an SMB share: <c>smb://server[:port]/share[/folder…]</c>.</summary>
/// <param name="Server">Name or IPv4 address; in small letters.</param>
/// <param name="Port">TCP port; 445 where none is written.</param>
/// <param name="Share">Name of the share.</param>
/// <param name="Folder">Folders below it, parted by <c>/</c>; empty: the share itself.</param>
public sealed record SmbLocation(string Server, int Port, string Share, string Folder)
{
    private const string Scheme = "smb://";
    private const int DefaultPort = 445;

    /// <summary>Whether a file location is meant to be a share, well written or not.</summary>
    public static bool IsMeant(string location) => location.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a file location.</summary>
    /// <param name="location">As a person wrote it.</param>
    /// <param name="parsed">What it says.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence. Never repeats what may be a password.</param>
    public static bool TryParse(string location, [NotNullWhen(true)] out SmbLocation? parsed, [NotNullWhen(false)] out string? problem)
    {
        parsed = null;
        problem = Read(location, out parsed);
        return problem is null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Scheme}{Server}{(Port == DefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{Port}"))}/{Share}{(Folder.Length == 0 ? "" : "/" + Folder)}";

    /// <summary>The URL of something in the folder, as libsmbclient reads it.</summary>
    /// <param name="path">Components parted by <c>/</c>; empty: the folder.</param>
    internal string UrlOf(string path)
    {
        var parts = ((string[])[Share, .. Folder.Split('/'), .. path.Split('/')]).Where(p => p.Length > 0).Select(Uri.EscapeDataString);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Server}:{Port}/{string.Join('/', parts)}");
    }

    private static string? Read(string location, out SmbLocation? parsed)
    {
        parsed = null;
        if (!IsMeant(location))
            return "it does not begin with smb://";
        var rest = location[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        if (rest.Contains('@', StringComparison.Ordinal))
            return "a location holds no user and no password; 'slideport store login' keeps them in a file of their own";
        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        var server = colon < 0 ? authority : authority[..colon];
        if (server.Length is 0 or > 253 || !server.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            return "it names no server (a name, or an IPv4 address)";
        var port = DefaultPort;
        if (colon >= 0 && (!int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
            return "its port is no number from 1 to 65535";
        var parts = (slash < 0 ? "" : rest[slash..]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return "it names no share (smb://server/share)";
        if (parts.Any(p => p is "." or ".." || p.Any(c => c is < ' ' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')))
            return "its share or one of its folders has a name that no Windows machine takes";
        parsed = new SmbLocation(server.ToLowerInvariant(), port, parts[0], string.Join('/', parts[1..]));
        return null;
    }
}
