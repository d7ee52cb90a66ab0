using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Slideport.Files;

namespace Slideport.Database;

/// <summary>
/// Sees to it that our SQLite is the one it was built with. libvips, which the converter in the same process makes thumbnails with, loads
/// OpenSlide for all to see, and with it the system's SQLite; what we call from then on for the first time would be a function of the other
/// version, on its own data: the end of the process, or of the data.
/// </summary>
internal static class OwnSqlite
{
    private const string Library = "e_sqlite3";

    // Before anything here opens a database: from the first call on it is too late.
#pragma warning disable CA2255 // A library must not surprise its users; this one is a part of the program.
    [ModuleInitializer]
    internal static void Load() => NativeLibrary.SetDllImportResolver(
        Assembly.Load("SQLitePCLRaw.provider.e_sqlite3"), (name, _, _) => name == Library ? NativeLibraries.LoadApart(Library) : 0);
#pragma warning restore CA2255
}
