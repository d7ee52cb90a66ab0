using System.Security.Cryptography;
using System.Text;
using Slideport.Files;

namespace Slideport.Sam.Audit;

/// <summary>
/// The key that signs the heads of the audit trail: ECDSA P-256, beside the installation's identity and never in the database, so that
/// nobody who has only the database can make a head.
/// </summary>
/// <remarks>Files: <c>audit.key</c>, and <c>audit.pub</c> for whoever checks heads elsewhere.</remarks>
internal sealed class HeadKey : IDisposable
{
    private static readonly string[] Files = ["audit.key", "audit.pub"];

    private readonly ECDsa _key;

    private HeadKey(ECDsa key) => _key = key;

    /// <summary>Opens the key in a folder; makes one on first use.</summary>
    internal static HeadKey OpenOrCreate(string folder)
    {
        if (File.Exists(Path.Join(folder, "audit.key")))
            return TryOpen(folder)!;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.CreateDirectory(folder);
        DurableFile.Replace(Path.Join(folder, "audit.pub"), Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem() + "\n"));
        DurableFile.Replace(Path.Join(folder, "audit.key"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        return new HeadKey(key);
    }

    /// <summary>Opens the key in a folder, or its public half where there is no more; null when there is neither.</summary>
    internal static HeadKey? TryOpen(string folder)
    {
        var path = Files.Select(name => Path.Join(folder, name)).FirstOrDefault(File.Exists);
        if (path is null)
            return null;
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        return new HeadKey(key);
    }

    internal byte[] Sign(string text) => _key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256);

    internal bool Signed(string text, ReadOnlySpan<byte> signature) => _key.VerifyData(Encoding.UTF8.GetBytes(text), signature, HashAlgorithmName.SHA256);

    public void Dispose() => _key.Dispose();
}
