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

    /// <summary>Creates a file that must not exist yet, for reading and writing, mode 0600; a symbolic link counts as existing.</summary>
    public static SafeFileHandle CreateNew(string path)
    {
        if (OperatingSystem.IsWindows())
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        const int Flags = LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate | LinuxCalls.OpenExclusive | LinuxCalls.OpenCloseOnExec;
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
        if (!failed)
            return;
        var errno = Marshal.GetLastPInvokeError(); // first: finding the path makes calls of its own
        throw new DurabilityException("fsync", PathOf(file), errno);
    }

    /// <summary>Returns when the names in a directory are on stable storage. Windows journals names itself; there it does nothing.</summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = LinuxCalls.Open(directory + "/", LinuxCalls.OpenReadOnly | LinuxCalls.OpenCloseOnExec, 0); // "/": directories only
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
        return errno switch
        {
            LinuxCalls.Eexist => false,
            // NFS and some FUSE file systems lack the flag. A hard link refuses an existing name just as atomically; a crash between
            // the two calls leaves the complete file under both names, which recovery takes for a finished attempt.
            LinuxCalls.Einval or LinuxCalls.Enosys when !System.IO.Directory.Exists(from) => TryLinkAndUnlink(from, to),
            _ => throw new DurabilityException("renameat2", to, errno),
        };
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

        RenameOver(temporary, path);
    }

    /// <summary>Renames a file within one file system, atomically, in the place of the one that has the name, if any; durable when it returns.</summary>
    /// <remarks>What is renamed was flushed before. After a crash the name has the one file or the other.</remarks>
    public static void RenameOver(string from, string to)
    {
        var failed = OperatingSystem.IsWindows()
            ? !WindowsCalls.MoveFileEx(from, to, WindowsCalls.MoveReplaceExisting | WindowsCalls.MoveWriteThrough)
            : LinuxCalls.RenameAt2(LinuxCalls.AtCurrentDirectory, from, LinuxCalls.AtCurrentDirectory, to, 0) != 0;
        if (failed)
            throw new DurabilityException("rename", to, Marshal.GetLastPInvokeError());
        FlushDirectory(Directory(to));
    }

    /// <summary>Creates a directory and its missing parents and makes each new name durable.</summary>
    /// <param name="path">The directory; it may exist.</param>
    /// <param name="mode">Permissions of what is created, less the process's umask; 0700 unless given. Windows inherits instead.</param>
    public static void CreateDirectory(string path, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
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
                System.IO.Directory.CreateDirectory(directory, mode);
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
        if (errno is not (LinuxCalls.Eopnotsupp or LinuxCalls.Enosys or LinuxCalls.Eintr))
            throw new DurabilityException("fallocate", PathOf(file), errno);
    }

    /// <summary>
    /// Drops a flushed file from the page cache, so that reading it back reads the disk and not the memory it was written from.
    /// Only a hint, like <see cref="StartWriteback"/>.
    /// </summary>
    public static void ForgetCached(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            _ = LinuxCalls.FAdvise(file, 0, 0, LinuxCalls.AdviseDontNeed);
    }

    /// <summary>Room on the file system of a directory.</summary>
    public static DiskSpace Space(string directory)
    {
        var drive = new DriveInfo(Path.GetFullPath(directory));
        return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
    }

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
        var descriptor = LinuxCalls.Open(path, LinuxCalls.OpenReadWrite | LinuxCalls.OpenCreate | LinuxCalls.OpenCloseOnExec, OwnerOnly);
        if (descriptor < 0)
            throw new DurabilityException("open", path, Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (LinuxCalls.FLock(file, LinuxCalls.LockExclusiveNonBlocking) == 0)
            return file;
        var errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        return errno == LinuxCalls.Ewouldblock ? null : throw new DurabilityException("flock", path, errno);
    }

    private static bool TryLinkAndUnlink(string from, string to)
    {
        if (LinuxCalls.Link(from, to) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == LinuxCalls.Eexist ? false : throw new DurabilityException("link", to, errno);
        }

        return LinuxCalls.Unlink(from) == 0 ? true : throw new DurabilityException("unlink", from, Marshal.GetLastPInvokeError());
    }

    // For the message only.
    private static string PathOf(SafeFileHandle file) =>
        OperatingSystem.IsLinux() ? File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)?.FullName ?? "" : "";

    private static string Directory(string path) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) ?? throw new ArgumentException($"{path} has no parent directory.", nameof(path));
}
