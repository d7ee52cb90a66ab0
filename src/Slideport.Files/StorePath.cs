using System.Security.Cryptography;
using System.Text;

namespace Slideport.Files;

/// <summary>
/// A path that cannot leave its root. Components come from outside (barcodes, UIDs, template values) and are reduced to
/// <c>[A-Za-z0-9._-]</c>; what had to be changed gets a suffix of its own hash, so that two different values never meet under one name
/// just because both held forbidden characters.
/// </summary>
/// <remarks>The result is legal on Linux, Windows and SMB alike: no separators of either kind, no reserved device names, no leading or
/// trailing dots, at most <see cref="MaxComponentChars"/> characters, and no pair that differs only by Unicode normalisation.</remarks>
public sealed class StorePath
{
    /// <summary>Longest component produced; leaves room for suffixes below the 255 bytes file systems allow.</summary>
    public const int MaxComponentChars = 100;

    /// <summary>How much longer a component can be than its text: a hyphen and the hash that marks it as changed.</summary>
    public const int MarkChars = SuffixChars + 1;

    private const int SuffixChars = 8;

    private StorePath(string root, string fullPath)
    {
        Root = root;
        FullPath = fullPath;
    }

    /// <summary>The folder nothing leaves.</summary>
    public string Root { get; }

    /// <summary>The absolute path, always inside <see cref="Root"/>.</summary>
    public string FullPath { get; }

    /// <summary>A path at its root. The root is trusted: it comes from a setting.</summary>
    public static StorePath AtRoot(string root)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return new StorePath(full, full);
    }

    /// <summary>One level deeper, under the sanitised form of <paramref name="value"/>.</summary>
    public StorePath Append(string value) => new(Root, Path.Join(FullPath, Component(value)));

    /// <summary>The path that <see cref="Component"/> names made and that was kept in a file since.</summary>
    /// <param name="relative">Components parted by <c>/</c>.</param>
    /// <exception cref="ArgumentException">It is not exactly what <see cref="Component"/> makes: somebody changed it.</exception>
    public StorePath Resolve(string relative)
    {
        var path = this;
        foreach (var component in relative.Split('/'))
        {
            if (Component(component) != component)
                throw new ArgumentException($"'{relative}' is not a path inside the folder: '{component}' is no name this product makes.", nameof(relative));
            path = path.Append(component);
        }

        return path;
    }

    /// <summary>One component from any text: harmless on every file system, and the same for the same text.</summary>
    /// <param name="value">Any characters.</param>
    /// <param name="maxChars">Longest result, 16 to <see cref="MaxComponentChars"/>: less where the caller adds a suffix of its own.</param>
    public static string Component(string value, int maxChars = MaxComponentChars)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 2 * SuffixChars);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxChars, MaxComponentChars);
        var text = new StringBuilder(Math.Min(value.Length, maxChars));
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, maxChars)))
            text.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_');
        // A leading dot hides the file or climbs, a trailing one is dropped by Windows, a leading dash is an option to some tool.
        var clean = text.ToString().Trim('.').TrimStart('-', '.');
        if (clean == value && !IsReserved(clean))
            return clean;
        if (IsReserved(clean))
            clean = "_" + clean;
        return $"{clean[..Math.Min(clean.Length, maxChars - MarkChars)]}-{Suffix(value)}";
    }

    // Windows reserves these with any extension, and the empty name is no name at all.
    private static bool IsReserved(string name)
    {
        var stem = name.Split('.')[0].ToUpperInvariant();
        return stem is "" or "CON" or "PRN" or "AUX" or "NUL"
            || stem is ['C', 'O', 'M', >= '0' and <= '9'] or ['L', 'P', 'T', >= '0' and <= '9'];
    }

    private static string Suffix(string value) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(value)))[..SuffixChars];
}
