namespace Slideport.Files;

/// <summary>Loads native libraries so that others in the process do not get in their way.</summary>
public static class NativeLibraries
{
    private const string SearchFolders = "NATIVE_DLL_SEARCH_DIRECTORIES";

    /// <summary>
    /// Loads one of the program's own libraries for good, bound at once to its own functions. .NET has each function bound when it is first
    /// called, and to whoever in the process offers its name to all: another version of the same library, say, that came with a plug-in.
    /// </summary>
    /// <param name="name">As in a DllImport, without prefix and suffix.</param>
    /// <returns>Its handle, as a resolver of imports returns it; 0 where the program has no such library or the system no such way: it is loaded as ever.</returns>
    /// <exception cref="DllNotFoundException">It is there, but cannot be loaded.</exception>
    public static nint LoadApart(string name)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        var folders = (AppContext.GetData(SearchFolders) as string ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory);
        if (folders.Select(folder => Path.Join(folder, $"lib{name}.so")).FirstOrDefault(File.Exists) is not { } path)
            return 0;
        try
        {
            return LinuxCalls.DlOpen(path, LinuxCalls.BindNow | LinuxCalls.BindToItselfFirst) is var handle and not 0 ? handle : throw new DllNotFoundException($"'{path}' cannot be loaded.");
        }
        catch (EntryPointNotFoundException)
        {
            return 0; // before glibc 2.34 it was in another library
        }
    }
}
