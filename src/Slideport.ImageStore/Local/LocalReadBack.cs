using System.Security.Cryptography;
using System.Text;
using Slideport.Files;

namespace Slideport.ImageStore.Local;

/// <summary>Hash and size of what lies under a local path.</summary>
internal static class LocalReadBack
{
    /// <param name="path">A file, or a folder of files.</param>
    /// <param name="fromDisk">Drops cached pages first.</param>
    /// <param name="cancellationToken">Looked at once per buffer.</param>
    internal static StoredOutput Of(string path, bool fromDisk, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
            return OfFile(path, fromDisk, cancellationToken);
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        // What a file manager leaves beside them is none of ours.
        foreach (var file in Directory.GetFiles(path).Where(f => StoredName.IsShown(Path.GetFileName(f.AsSpan()))).Order(StringComparer.Ordinal))
        {
            var one = OfFile(file, fromDisk, cancellationToken);
            all.AppendData(Encoding.ASCII.GetBytes(one.Sha256));
            bytes += one.Bytes;
        }

        return new StoredOutput(Convert.ToHexStringLower(all.GetHashAndReset()), bytes);
    }

    private static StoredOutput OfFile(string path, bool fromDisk, CancellationToken cancellationToken)
    {
        using var file = DurableFile.OpenRead(path);
        if (fromDisk)
            DurableFile.ForgetCached(file);
        return new StoredOutput(FileHash.Sha256(file, 0, cancellationToken), RandomAccess.GetLength(file));
    }
}
