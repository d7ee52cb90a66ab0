namespace Slideport.Files;

/// <summary>
/// The operating system refused or failed a call that durability depends on. Whoever catches it must treat the file as lost:
/// after a failed fsync the kernel marks the pages clean, so a second fsync would lie.
/// </summary>
public sealed class DurabilityException : IOException
{
    /// <summary>A failed call, the path it concerned and the system's error number.</summary>
    /// <param name="call">Name of the system call.</param>
    /// <param name="path">File or directory concerned; "" when only a handle is known.</param>
    /// <param name="errno">Error number of the platform (errno, or GetLastError on Windows).</param>
    public DurabilityException(string call, string path, int errno)
        : base($"{call} failed{(path.Length == 0 ? "" : $" on {path}")}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)} (error {errno}).")
    {
        Errno = errno;
    }

    /// <summary>Error number of the platform.</summary>
    public int Errno { get; }

    /// <summary>No room: ENOSPC, EDQUOT, or ERROR_DISK_FULL on Windows.</summary>
    public bool IsOutOfSpace => IsFull(Errno);

    /// <summary>Whether a failure means that there is no room, whoever reports it: the framework's own writes put the error number into HResult.</summary>
    public static bool MeansOutOfSpace(IOException failure) =>
        failure is DurabilityException { IsOutOfSpace: true }
        || (OperatingSystem.IsWindows() ? (failure.HResult >>> 16) == 0x8007 && IsFull(failure.HResult & 0xFFFF) : IsFull(failure.HResult));

    /// <summary>Whether a failure means that the medium itself failed: EIO, ENXIO, ENODEV, EROFS, EUCLEAN, or a CRC or device error on Windows.</summary>
    public static bool MeansBadMedium(IOException failure) => failure is DurabilityException durability
        ? IsBadMedium(durability.Errno)
        : IsBadMedium(OperatingSystem.IsWindows() ? ((failure.HResult >>> 16) == 0x8007 ? failure.HResult & 0xFFFF : 0) : failure.HResult);

    private static bool IsBadMedium(int errno) => OperatingSystem.IsWindows() ? errno is 19 or 21 or 23 or 1117 or 1392 : errno is 5 or 6 or 19 or 30 or 117;

    private static bool IsFull(int errno) => OperatingSystem.IsWindows() ? errno is 112 or 39 : errno is 28 or 122;
}
