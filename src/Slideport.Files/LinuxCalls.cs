using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Files;

/// <summary>The Linux system calls this project rests on. Signatures only; every result is checked by the caller.</summary>
internal static partial class LinuxCalls
{
    public const int AtCurrentDirectory = -100; // AT_FDCWD
    public const uint RenameNoReplace = 1; // RENAME_NOREPLACE

    // Only flags that are the same on every architecture: O_DIRECTORY of x64 is O_DIRECT on arm64.
    public const int OpenReadOnly = 0;
    public const int OpenCloseOnExec = 0x80000; // O_CLOEXEC
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40; // O_CREAT
    public const int OpenExclusive = 0x80; // O_EXCL
    public const uint SyncFileRangeWrite = 2; // SYNC_FILE_RANGE_WRITE
    public const int LockExclusiveNonBlocking = 2 | 4; // LOCK_EX | LOCK_NB
    public const int FallocateKeepSize = 1; // FALLOC_FL_KEEP_SIZE
    public const int AdviseDontNeed = 4; // POSIX_FADV_DONTNEED

    public const int BindNow = 2; // RTLD_NOW
    public const int BindToItselfFirst = 8; // RTLD_DEEPBIND

    public const int StatusInsertSecond = 0x10; // STA_INS
    public const int StatusDeleteSecond = 0x20; // STA_DEL

    public const int LimitOfData = 2; // RLIMIT_DATA

    public const int Eexist = 17;
    public const int Einval = 22;
    public const int Exdev = 18;
    public const int Enosys = 38;
    public const int Eopnotsupp = 95;
    public const int Eintr = 4;
    public const int Ewouldblock = 11;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int FAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    public static partial int FAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    public static partial nint CopyFileRange(SafeFileHandle source, ref long sourceOffset, SafeFileHandle target, ref long targetOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int FLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint DlOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetResourceLimit(int resource, ref ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    public static partial int AdjTimex(ref Timex buffer);

    /// <summary><c>struct rlimit</c> of setrlimit(2), 64 bits wide on every architecture we run on.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary><c>struct timex</c> of adjtimex(2): what is read here, among what is not.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Timex
    {
        public uint Modes;
        public nint Offset;
        public nint Frequency;
        public nint MaxError; // microseconds
        public nint EstimatedError;
        public int Status;
        public Remainder Unread;

        /// <summary>constant … tai and what the kernel keeps free: 20 longs of 8 bytes, or 26 of 4.</summary>
        [InlineArray(26)]
        public struct Remainder
        {
            private nint _first;
        }
    }
}
