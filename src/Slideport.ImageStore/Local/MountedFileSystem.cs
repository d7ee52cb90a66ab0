namespace Slideport.ImageStore.Local;

/// <summary>How the operating system reaches a folder.</summary>
internal static class MountedFileSystem
{
    /// <summary>A sentence.</summary>
    /// <param name="folder">Its full path.</param>
    internal static string Describe(string folder) => OperatingSystem.IsLinux() ? Describe(folder, File.ReadLines("/proc/self/mountinfo"))
        : folder.StartsWith(@"\\", StringComparison.Ordinal) ? "A share that the operating system reaches: whether it is encrypted is decided there."
        : $"A folder on {new DriveInfo(folder).DriveFormat}.";

    /// <summary>The same.</summary>
    /// <param name="folder">Its full path.</param>
    /// <param name="mounts">Lines of <c>/proc/self/mountinfo</c>, proc(5): … mount point, options, optional fields, a hyphen, file system, source, its own options.</param>
    internal static string Describe(string folder, IEnumerable<string> mounts)
    {
        var (point, type, options) = ("", "", "");
        foreach (var fields in mounts.Select(line => line.Split(' ')))
        {
            var hyphen = Array.IndexOf(fields, "-");
            if (hyphen < 6 || fields.Length < hyphen + 4)
                continue;
            var at = Unescaped(fields[4]);
            // The later line lies over the earlier one.
            if (at.Length >= point.Length && (folder == at || folder.StartsWith(at.TrimEnd('/') + "/", StringComparison.Ordinal)))
                (point, type, options) = (at, fields[hyphen + 1], fields[hyphen + 3]);
        }

        return type switch
        {
            "" => "The system does not say what it lies on.",
            "cifs" or "smb3" => OfShare(point, options.Split(',')),
            _ => $"A folder on {type}, mounted at {point}.",
        };
    }

    private static string OfShare(string point, string[] options)
    {
        var dialect = options.FirstOrDefault(o => o.StartsWith("vers=", StringComparison.Ordinal))?[5..] ?? "of an unknown dialect";
        return options.Contains("seal", StringComparer.Ordinal)
            ? $"An SMB {dialect} share, encrypted, mounted at {point}."
            : $"An SMB {dialect} share, NOT encrypted, mounted at {point}: mount it with the option 'seal'.";
    }

    // Blanks and the like are written as three octal digits.
    private static string Unescaped(string text) => text.Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal).Replace(@"\012", "\n", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal);
}
