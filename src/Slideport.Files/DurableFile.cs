using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Files;

/// <summary>
/// File operations whose success means what it says. .NET 10.0's <c>Flush(true)</c> and <c>FlushToDisk</c> swallow fsync errors on
/// Linux and <c>File.Move</c> neither refuses to replace atomically nor to copy across file systems; these call the system directly
/// and check every result.
/// </summary>
/// <remarks>The commit sequence is always: <see cref="CreateNew"/>, write, <see cref="Flush"/>, <see cref="TryRename"/>,
/// <see cref="FlushDirectory"/>. All methods throw <see cref="DurabilityException"/> with the system's error number.</remarks>
public static class DurableFile
{
    private const uint OwnerOnly = 0b110_000_000; // 0600: image data is nobody else's business

    /// <summary>Creates a file that must not exist yet, for reading and writing, mode 0600, not following a symbolic link.</summary>
    public static SafeFileHandle CreateNew(string path)
    {
        if (OperatingSystem.IsWindows())
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        const int Flags = LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate | LinuxCalls.OpenExclusive | LinuxCalls.OpenNoFollow | LinuxCalls.OpenCloseOnExec;
        var descriptor = LinuxCalls.Open(path, Flags, OwnerOnly);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new DurabilityException("open", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Opens an existing file for reading; others may read, write or rename it meanwhile.</summary>
    public static SafeFileHandle OpenRead(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>
    /// Returns when all bytes of the file are on stable storage. Never call it again on the same file after it threw: the kernel has
    /// dropped the dirty pages and a second call would succeed without them.
    /// </summary>
    public static void Flush(SafeFileHandle file)
    {
        var failed = OperatingSystem.IsWindows() ? !WindowsCalls.FlushFileBuffers(file) : LinuxCalls.FSync(file) != 0;
        if (failed)
            throw new DurabilityException("fsync", "", Marshal.GetLastPInvokeError());
    }

    /// <summary>Returns when the names in a directory are on stable storage. Windows journals names itself; there it does nothing.</summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = LinuxCalls.Open(directory, LinuxCalls.OpenReadOnly | LinuxCalls.OpenDirectory | LinuxCalls.OpenCloseOnExec, 0);
        if (descriptor < 0)
            throw new DurabilityException("open", directory, Marshal.GetLastPInvokeError());
        var failed = LinuxCalls.FSync(descriptor) != 0;
        var errno = Marshal.GetLastPInvokeError();
        _ = LinuxCalls.Close(descriptor); // opened read-only: nothing can be lost by its close
        if (failed)
            throw new DurabilityException("fsync", directory, errno);
    }

    /// <summary>
    /// Renames a file or directory within one file system, atomically, never replacing. The caller flushes the target's directory.
    /// </summary>
    /// <returns>False when the target exists; everything else that goes wrong throws (another file system: EXDEV).</returns>
    public static bool TryRename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            if (WindowsCalls.MoveFileEx(from, to, WindowsCalls.MoveWriteThrough))
                return true;
            var error = Marshal.GetLastPInvokeError();
            return error is WindowsCalls.ErrorAlreadyExists or WindowsCalls.ErrorFileExists ? false : throw new DurabilityException("MoveFileEx", to, error);
        }

        if (LinuxCalls.RenameAt2(LinuxCalls.AtCurrentDirectory, from, LinuxCalls.AtCurrentDirectory, to, LinuxCalls.RenameNoReplace) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == LinuxCalls.Eexist ? false : throw new DurabilityException("renameat2", to, errno);
    }

    /// <summary>
    /// Puts small contents under a name, replacing what is there: after a crash the file holds the old contents or the new, never a
    /// mixture. For state files.
    /// </summary>
    public static void Replace(string path, ReadOnlySpan<byte> contents)
    {
        var temporary = path + ".new";
        File.Delete(temporary); // left by a crash; its contents were never promised to anyone
        using (var file = CreateNew(temporary))
        {
            RandomAccess.Write(file, contents, 0);
            Flush(file);
        }

        var failed = OperatingSystem.IsWindows()
            ? !WindowsCalls.MoveFileEx(temporary, path, WindowsCalls.MoveReplaceExisting | WindowsCalls.MoveWriteThrough)
            : LinuxCalls.RenameAt2(LinuxCalls.AtCurrentDirectory, temporary, LinuxCalls.AtCurrentDirectory, path, 0) != 0;
        if (failed)
            throw new DurabilityException("rename", path, Marshal.GetLastPInvokeError());
        FlushDirectory(Directory(path));
    }

    /// <summary>Creates a directory and its missing parents (mode 0700) and makes each new name durable.</summary>
    public static void CreateDirectory(string path)
    {
        var missing = new Stack<string>();
        var full = Path.GetFullPath(path);
        for (var at = full; !System.IO.Directory.Exists(at); at = Directory(at))
            missing.Push(at);
        foreach (var directory in missing)
        {
            if (OperatingSystem.IsWindows())
                System.IO.Directory.CreateDirectory(directory);
            else
                System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            FlushDirectory(Directory(directory));
        }
    }

    /// <summary>Removes a file, if it is there, and makes its absence durable.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        FlushDirectory(Directory(path));
    }

    /// <summary>
    /// Asks the kernel to begin writing a stretch of dirty pages now, so that the later <see cref="Flush"/> has little left to wait
    /// for. Only a hint: its failure proves nothing and is ignored; the flush decides.
    /// </summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
            _ = LinuxCalls.SyncFileRange(file, offset, length, LinuxCalls.SyncFileRangeWrite);
    }

    /// <summary>
    /// Reserves room without changing the file's length, so that a full disk is met before the bytes are, not among them.
    /// File systems that cannot reserve are let through.
    /// </summary>
    public static void Preallocate(SafeFileHandle file, long offset, long length)
    {
        if (!OperatingSystem.IsLinux() || LinuxCalls.FAllocate(file, LinuxCalls.FallocateKeepSize, offset, length) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno is not (LinuxCalls.Eopnotsupp or LinuxCalls.Enosys))
            throw new DurabilityException("fallocate", "", errno);
    }

    /// <summary>Room for ordinary users on the file system of a directory, in bytes.</summary>
    public static long AvailableBytes(string directory) => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;

    /// <summary>Takes an exclusive lock that ends with the process.</summary>
    /// <returns>The lock's holder, to be kept open; null when another process has it.</returns>
    public static SafeFileHandle? TryLock(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult == WindowsCalls.SharingViolation)
            {
                return null;
            }
        }

        // Not File.OpenHandle: .NET takes a flock of its own for FileShare, and would meet ours as an exception.
        var descriptor = LinuxCalls.Open(path, LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate | LinuxCalls.OpenNoFollow | LinuxCalls.OpenCloseOnExec, OwnerOnly);
        if (descriptor < 0)
            throw new DurabilityException("open", path, Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (LinuxCalls.FLock(file, LinuxCalls.LockExclusiveNonBlocking) == 0)
            return file;
        var errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        return errno == LinuxCalls.Ewouldblock ? null : throw new DurabilityException("flock", path, errno);
    }

    private static string Directory(string path) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) ?? throw new ArgumentException($"{path} has no parent directory.", nameof(path));
}
