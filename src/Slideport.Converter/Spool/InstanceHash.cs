using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.Converter.Spool;

/// <summary>SHA-256 of files, through one pooled buffer.</summary>
internal static class InstanceHash
{
    private const int BufferBytes = 256 << 10;

    /// <summary>SHA-256 of a file from an offset to its end, hexadecimal in small letters.</summary>
    internal static string Of(string path, long offset, CancellationToken cancellationToken)
    {
        using var file = DurableFile.OpenRead(path);
        return Of(file, offset, cancellationToken);
    }

    /// <inheritdoc cref="Of(string, long, CancellationToken)"/>
    internal static string Of(SafeFileHandle file, long offset, CancellationToken cancellationToken)
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
