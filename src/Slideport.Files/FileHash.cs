using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Slideport.Files;

/// <summary>SHA-256 of files of any size, through one pooled buffer.</summary>
public static class FileHash
{
    private const int BufferBytes = 256 << 10;

    /// <summary>SHA-256 of a file from an offset to its end, 64 hexadecimal digits in small letters.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="cancellationToken">Looked at once per buffer.</param>
    public static string Sha256(string path, long offset, CancellationToken cancellationToken)
    {
        using var file = DurableFile.OpenRead(path);
        return Sha256(file, offset, cancellationToken);
    }

    /// <inheritdoc cref="Sha256(string, long, CancellationToken)"/>
    /// <param name="file">An open file; stays open.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="cancellationToken">Looked at once per buffer.</param>
    public static string Sha256(SafeFileHandle file, long offset, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = RandomAccess.Read(file, buffer.AsSpan(0, BufferBytes), offset)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
