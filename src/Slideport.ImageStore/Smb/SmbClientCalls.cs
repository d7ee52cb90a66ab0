using System.Runtime.InteropServices;

namespace Slideport.ImageStore.Smb;

/// <summary>libsmbclient (<c>libsmbclient.h</c>, from Samba 4.13 on), and the calls of the system that put the gate before it. Signatures only.</summary>
internal static unsafe partial class SmbClientCalls
{
    private const string Library = "libsmbclient.so.0";

    // fcntl.h, the same on x64 and arm64.
    public const int OpenReadOnly = 0;
    public const int OpenWriteOnly = 1;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;
    public const int SeekFromStart = 0; // SEEK_SET
    public const int SeekFromEnd = 2; // SEEK_END
    public const int GetFlags = 3; // F_GETFL
    public const int SetFlags = 4; // F_SETFL
    public const int NonBlocking = 0x800; // O_NONBLOCK
    public const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC

    public const int FamilyUnix = 1;
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;
    public const int StreamCloseOnExec = 1 | 0x80000; // SOCK_STREAM | SOCK_CLOEXEC
    public const int SocketLevel = 1; // SOL_SOCKET
    public const int SocketDomain = 39; // SO_DOMAIN
    public const int ShutBoth = 2; // SHUT_RDWR

    public const int EncryptionRequired = 2; // SMBC_ENCRYPTLEVEL_REQUIRE
    public const uint TypeFolder = 7; // SMBC_DIR

    // MS-FSCC 2.6.
    public const ushort AttributeFolder = 0x10;
    public const ushort AttributeReparsePoint = 0x400;

    [LibraryImport(Library, EntryPoint = "smbc_new_context")]
    public static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "smbc_init_context")]
    public static partial nint InitContext(nint context);

    [LibraryImport(Library, EntryPoint = "smbc_set_context")]
    public static partial nint SetContext(nint context);

    [LibraryImport(Library, EntryPoint = "smbc_setConfiguration", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfiguration(nint context, string path);

    [LibraryImport(Library, EntryPoint = "smbc_setDebug")]
    public static partial void SetDebug(nint context, int level);

    [LibraryImport(Library, EntryPoint = "smbc_setLogCallback")]
    public static partial void SetLog(nint context, nint state, delegate* unmanaged<nint, int, byte*, void> log);

    [LibraryImport(Library, EntryPoint = "smbc_setTimeout")]
    public static partial void SetTimeout(nint context, int milliseconds);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionProtocols", StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool SetProtocols(nint context, string min, string max);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionSmbEncryptionLevel")]
    public static partial void SetEncryption(nint context, int level);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionNoAutoAnonymousLogin")]
    public static partial void SetNoAnonymousLogin(nint context, int isOn);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionUseKerberos")]
    public static partial void SetKerberos(nint context, int isOn);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionFallbackAfterKerberos")]
    public static partial void SetFallbackAfterKerberos(nint context, int isOn);

    [LibraryImport(Library, EntryPoint = "smbc_setOptionUseCCache")]
    public static partial void SetWinbindCache(nint context, int isOn);

    [LibraryImport(Library, EntryPoint = "smbc_setFunctionAuthDataWithContext")]
    public static partial void SetAuthenticate(nint context, delegate* unmanaged<nint, byte*, byte*, byte*, int, byte*, int, byte*, int, void> authenticate);

    [LibraryImport(Library, EntryPoint = "smbc_getFunctionAddCachedServer")]
    public static partial delegate* unmanaged<nint, nint, byte*, byte*, byte*, byte*, int> GetConnected(nint context);

    [LibraryImport(Library, EntryPoint = "smbc_setFunctionAddCachedServer")]
    public static partial void SetConnected(nint context, delegate* unmanaged<nint, nint, byte*, byte*, byte*, byte*, int> connected);

    [LibraryImport(Library, EntryPoint = "smbc_open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string url, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "smbc_read", SetLastError = true)]
    public static partial nint Read(int file, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "smbc_write", SetLastError = true)]
    public static partial nint Write(int file, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "smbc_lseek", SetLastError = true)]
    public static partial long Seek(int file, long offset, int from);

    [LibraryImport(Library, EntryPoint = "smbc_close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport(Library, EntryPoint = "smbc_stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Stat(string url, byte* stat);

    [LibraryImport(Library, EntryPoint = "smbc_statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatFileSystem(string url, ulong* stat);

    [LibraryImport(Library, EntryPoint = "smbc_mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolder(string url, uint mode);

    [LibraryImport(Library, EntryPoint = "smbc_rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFolder(string url);

    [LibraryImport(Library, EntryPoint = "smbc_unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string url);

    [LibraryImport(Library, EntryPoint = "smbc_rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport(Library, EntryPoint = "smbc_opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenFolder(string url);

    [LibraryImport(Library, EntryPoint = "smbc_readdir", SetLastError = true)]
    public static partial DirectoryEntry* ReadFolder(uint folder);

    [LibraryImport(Library, EntryPoint = "smbc_readdirplus", SetLastError = true)]
    public static partial FileInformation* ReadFolderPlus(uint folder);

    [LibraryImport(Library, EntryPoint = "smbc_closedir", SetLastError = true)]
    public static partial int CloseFolder(int folder);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int DuplicateTo(int from, int to);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int family, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int SocketOption(int descriptor, int level, int option, int* value, uint* length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint ReadDescriptor(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint WriteDescriptor(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitAtOnce(int code);

    /// <summary><c>struct libsmb_file_info</c>: as much of it as is looked at.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileInformation
    {
        public ulong Size;
        public ushort Attributes;
        public uint User;
        public uint Group;
        public TimeSpec Born;
        public TimeSpec Written;
        public TimeSpec Accessed;
        public TimeSpec Changed;
        public byte* Name;
        public byte* ShortName;
    }

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary><c>struct smbc_dirent</c>; the name follows <see cref="NameLength"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct DirectoryEntry
    {
        public uint Type;
        public uint EntryLength;
        public uint CommentLength;
        public byte* Comment;
        public uint NameLength;
        public byte FirstOfName;
    }
}
