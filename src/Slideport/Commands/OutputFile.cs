namespace Slideport.Commands;

/// <summary>Where a command writes what SAM gives out.</summary>
internal static class OutputFile
{
    /// <summary>A new file, for its owner alone: names of patients' slides may be in it. Standard output where none is named.</summary>
    /// <exception cref="IOException">There is such a file.</exception>
    public static Stream Open(string? path)
    {
        if (path is null)
            return Console.OpenStandardOutput();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
