using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Files;

/// <summary>The Windows calls that answer the Linux ones: the seam design decision 11 asks for.</summary>
internal static partial class WindowsCalls
{
    public const uint MoveWriteThrough = 8; // MOVEFILE_WRITE_THROUGH: returns when the rename is on disk
    public const uint MoveReplaceExisting = 1;
    public const int ErrorAlreadyExists = 183;
    public const int ErrorFileExists = 80;
    public const int SharingViolation = unchecked((int)0x80070020); // HRESULT of ERROR_SHARING_VIOLATION

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool FlushFileBuffers(SafeFileHandle file);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool MoveFileEx(string from, string to, uint flags);
}
