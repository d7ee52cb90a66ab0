using System.Security.Cryptography;
using Slideport.Files;

namespace Slideport.ImageStore.Local;

/// <summary>The contents of a file by which a store is tried: nothing a server or a disk could make smaller.</summary>
internal static class TrialFile
{
    private const int PieceBytes = 1 << 20;

    /// <summary>A name nobody else takes.</summary>
    internal static string NewName() => $"{LocalImageStore.PartPrefix}try-{Guid.NewGuid():N}{LocalImageStore.PartSuffix}";

    /// <summary>Writes it, and returns when it is on the disk.</summary>
    /// <returns>Its hash and size.</returns>
    internal static StoredOutput Write(string path, long bytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[(int)Math.Min(bytes, PieceBytes)];
        using (var file = DurableFile.CreateNew(path))
        {
            for (var at = 0L; at < bytes; at += piece.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RandomNumberGenerator.Fill(piece);
                var part = piece.AsSpan(0, (int)Math.Min(piece.Length, bytes - at));
                hash.AppendData(part);
                RandomAccess.Write(file, part, at);
            }

            DurableFile.Flush(file);
        }

        return new StoredOutput(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }
}
