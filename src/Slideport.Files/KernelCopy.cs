using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Files;

/// <summary>
/// Copies a stretch of one file into another inside the kernel: the bytes never enter this process, and a file system that can share
/// extents copies nothing at all. Where the kernel refuses the pair of files, a pooled buffer does the work.
/// </summary>
public static class KernelCopy
{
    private const int BufferBytes = 1 << 20;

    // One call may run this long without looking at a cancellation; 64 MiB is some 30 ms from the page cache.
    private const long ChunkBytes = 64L << 20;

    /// <summary>Copies exactly <paramref name="length"/> bytes; offsets of both handles are left alone.</summary>
    /// <exception cref="EndOfStreamException">The source ends before the stretch does.</exception>
    /// <exception cref="DurabilityException">The system failed the copy (no room, I/O error).</exception>
    public static void Copy(
        SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(targetOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var end = sourceOffset + length;
        while (OperatingSystem.IsLinux() && sourceOffset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copied = LinuxCalls.CopyFileRange(
                source, ref sourceOffset, target, ref targetOffset, (nuint)Math.Min(ChunkBytes, end - sourceOffset), 0);
            if (copied == 0)
                throw new EndOfStreamException($"The source ends {end - sourceOffset} bytes before the stretch to copy does.");
            if (copied < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == LinuxCalls.Eintr)
                    continue;
                if (errno is not (LinuxCalls.Exdev or LinuxCalls.Einval or LinuxCalls.Enosys or LinuxCalls.Eopnotsupp))
                    throw new DurabilityException("copy_file_range", "", errno);
                break;
            }
        }

        CopyThroughBuffer(source, sourceOffset, target, targetOffset, end - sourceOffset, cancellationToken);
    }

    private static void CopyThroughBuffer(
        SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long remaining, CancellationToken cancellationToken)
    {
        if (remaining == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (remaining > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, remaining)), sourceOffset);
                if (read == 0)
                    throw new EndOfStreamException($"The source ends {remaining} bytes before the stretch to copy does.");
                RandomAccess.Write(target, buffer.AsSpan(0, read), targetOffset);
                sourceOffset += read;
                targetOffset += read;
                remaining -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
