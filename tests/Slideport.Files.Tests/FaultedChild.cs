using Microsoft.Win32.SafeHandles;

namespace Slideport.Files.Tests;

/// <summary>What the child process does while strace makes its system calls fail: one operation, one line of outcome.</summary>
internal static class FaultedChild
{
    internal static int Run(string name, string folder)
    {
        var path = Path.Join(folder, "file");
        Console.WriteLine(Outcome(name, path));
        return 0;
    }

    private static string Outcome(string name, string path)
    {
        try
        {
            Operate(name, path);
            return "done";
        }
        catch (DurabilityException e)
        {
            return $"{e.Message.Split(' ')[0]} errno {e.Errno}{(e.IsOutOfSpace ? " space" : "")}";
        }
        catch (IOException e)
        {
            return e.GetType().Name;
        }
    }

    private static void Operate(string name, string path)
    {
        switch (name)
        {
            case "flush":
                using (var file = Written(path))
                    DurableFile.Flush(file);
                break;
#pragma warning disable RS0030 // the canary must call what is banned
            case "framework-flush":
                using (var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0))
                {
                    stream.Write(new byte[4096]);
                    stream.Flush(flushToDisk: true);
                }
                break;
            case "framework-flush-to-disk":
                using (var file = Written(path))
                    RandomAccess.FlushToDisk(file);
                break;
#pragma warning restore RS0030
            case "flush-directory":
                DurableFile.FlushDirectory(Path.GetDirectoryName(path)!);
                break;
            case "replace":
                DurableFile.Replace(path, "new"u8);
                break;
            case "rename":
                Written(path).Dispose();
                if (!DurableFile.TryRename(path, path + ".final"))
                    throw new IOException("target exists");
                break;
            case "preallocate":
                using (var file = Written(path))
                    DurableFile.Preallocate(file, 0, 1 << 20);
                break;
            case "writeback":
                using (var file = Written(path))
                    DurableFile.StartWriteback(file, 0, 0);
                break;
            case "copy":
                using (var source = Written(path))
                using (var target = DurableFile.CreateNew(path + ".copy"))
                    KernelCopy.Copy(source, 0, target, 0, 4096, CancellationToken.None);
                break;
            case "delete":
                Written(path).Dispose();
                DurableFile.Delete(path);
                break;
            default:
                throw new ArgumentException(name);
        }
    }

    private static SafeFileHandle Written(string path)
    {
        var file = DurableFile.CreateNew(path);
        RandomAccess.Write(file, new byte[4096], 0);
        return file;
    }
}
