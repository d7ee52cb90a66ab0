using System.Runtime.InteropServices;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Faults.Tests.Sam;

/// <summary>The child process: the system's SQLite is there for all to see, as OpenSlide brings it, before SAM opens its own.</summary>
internal static partial class SecondSqlite
{
    private const int Lazy = 1; // RTLD_LAZY
    private const int Global = 0x100; // RTLD_GLOBAL

    internal static async Task<int> RunAsync(string folder)
    {
        if (Open("libsqlite3.so.0", Lazy | Global) == 0)
        {
            Console.WriteLine("there is none");
            return 1;
        }

        await SamMaintenance.Of(new DatabaseOptions { ConnectionString = $"Data Source={Path.Join(folder, "sam.db")};Pooling=False" }).UpdateAsync(CancellationToken.None);
        await SamDatabaseFile.AskAsync(folder, "SELECT 1");
        Console.WriteLine("done");
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);
}
