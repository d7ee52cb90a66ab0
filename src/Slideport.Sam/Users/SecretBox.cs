using System.Security.Cryptography;
using System.Text;
using Slideport.Files;

namespace Slideport.Sam.Users;

/// <summary>
/// Keeps secrets that must be read again: AES-256-GCM with a key that lies beside the installation's identity and never in the database, so
/// that nobody who has only the database has them. Whose a secret is, is bound to it: none can be put in another's place.
/// </summary>
/// <remarks>File: <c>users.key</c>, 32 bytes, readable by its owner alone. Nodes that share a database share it.</remarks>
internal sealed class SecretBox : IDisposable
{
    private const string FileName = "users.key";
    private const int KeyLength = 32;

    private readonly AesGcm _cipher;

    private SecretBox(byte[] key) => _cipher = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);

    /// <summary>Opens the key in a folder; makes one on first use.</summary>
    /// <exception cref="IOException">What lies there is no key.</exception>
    internal static SecretBox OpenOrCreate(string folder)
    {
        var path = Path.Join(folder, FileName);
        if (!File.Exists(path))
        {
            DurableFile.CreateDirectory(folder);
            DurableFile.Replace(path, RandomNumberGenerator.GetBytes(KeyLength));
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyLength ? new SecretBox(key) : throw new IOException($"{path} is not a key of {KeyLength} bytes; restore it from the backup.");
    }

    /// <summary>Seals a secret.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="secret">It.</param>
    internal string Seal(Guid owner, ReadOnlySpan<byte> secret)
    {
        var sealedBytes = new byte[AesGcm.NonceByteSizes.MaxSize + secret.Length + AesGcm.TagByteSizes.MaxSize];
        var nonce = sealedBytes.AsSpan(0, AesGcm.NonceByteSizes.MaxSize);
        RandomNumberGenerator.Fill(nonce);
        _cipher.Encrypt(nonce, secret, sealedBytes.AsSpan(nonce.Length, secret.Length), sealedBytes.AsSpan(nonce.Length + secret.Length), Owner(owner));
        return Convert.ToBase64String(sealedBytes);
    }

    /// <summary>Opens what <see cref="Seal"/> made for the same owner.</summary>
    /// <exception cref="CryptographicException">It is another's, was changed, or made with another key.</exception>
    internal byte[] Open(Guid owner, string sealedSecret)
    {
        ReadOnlySpan<byte> bytes = Convert.FromBase64String(sealedSecret);
        var nonce = bytes[..AesGcm.NonceByteSizes.MaxSize];
        var secret = new byte[bytes.Length - nonce.Length - AesGcm.TagByteSizes.MaxSize];
        _cipher.Decrypt(nonce, bytes.Slice(nonce.Length, secret.Length), bytes[^AesGcm.TagByteSizes.MaxSize..], secret, Owner(owner));
        return secret;
    }

    public void Dispose() => _cipher.Dispose();

    private static byte[] Owner(Guid owner) => Encoding.ASCII.GetBytes(owner.ToString("N"));
}
