using System.Security.Cryptography;
using System.Text;
using Slideport.Files;

namespace Slideport.Sam.Pins;

/// <summary>
/// Hashes PINs: PBKDF2 with HMAC-SHA-512, salted with the scanner and peppered with a key that is not in the database. The same PIN on the same
/// scanner gives the same hash, so that a PIN alone says whose it is; a million PINs are soon tried, so what protects them is the pepper.
/// </summary>
/// <remarks>File <c>pins.key</c>, beside the installation's keys. Every SAM on one database needs the same one, and a database that is restored
/// needs the one it was made with: the first 8 of the 64 hexadecimal digits say which that was.</remarks>
internal sealed class PinHashes : IDisposable
{
    /// <summary>Some ten milliseconds: a guesser who has database and pepper pays hours for each scanner, two thousand consoles at the start of work cost two minutes.</summary>
    internal const int Iterations = 100_000;

    private const string FileName = "pins.key";
    private const int PepperBytes = 32;
    private const int KeyIdChars = 8;
    private const int HashBytes = 28;

    private readonly byte[] _pepper;

    // However many PINs are entered at once, the processors stay free for what else scanners want.
    private readonly SemaphoreSlim _room = new(Math.Max(1, Environment.ProcessorCount / 4));

    private PinHashes(byte[] pepper)
    {
        _pepper = pepper;
        KeyId = Convert.ToHexStringLower(HMACSHA256.HashData(pepper, "key id"u8))[..KeyIdChars];
    }

    /// <summary>How each hash made with this pepper begins.</summary>
    internal string KeyId { get; }

    /// <summary>Opens the pepper in a folder; makes one on first use.</summary>
    /// <exception cref="IOException">What lies there is no pepper.</exception>
    internal static PinHashes OpenOrCreate(string folder)
    {
        var path = Path.Join(folder, FileName);
        if (!File.Exists(path))
            Create(path);
        var text = File.ReadAllText(path).Trim();
        return text.Length == 2 * PepperBytes && text.All(char.IsAsciiHexDigit)
            ? new PinHashes(Convert.FromHexString(text))
            : throw new IOException($"'{path}' is damaged: restore it from the backup of its folder; or remove it, and set all PINs anew.");
    }

    /// <summary>The hash of a PIN on a scanner, 64 hexadecimal digits.</summary>
    /// <param name="scannerId">The scanner.</param>
    /// <param name="pin">The PIN.</param>
    /// <param name="cancellationToken">Gives up while waiting for its turn.</param>
    internal async Task<string> OfAsync(Guid scannerId, string pin, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Of(scannerId, pin), cancellationToken);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Whether a hash was made with this pepper; with another, nothing will ever equal it.</summary>
    internal bool IsOurs(string hash) => hash.StartsWith(KeyId, StringComparison.Ordinal);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_pepper);
        _room.Dispose();
    }

    private string Of(Guid scannerId, string pin)
    {
        var peppered = HMACSHA512.HashData(_pepper, Encoding.UTF8.GetBytes(pin));
        return KeyId + Convert.ToHexStringLower(Rfc2898DeriveBytes.Pbkdf2(peppered, scannerId.ToByteArray(bigEndian: true), Iterations, HashAlgorithmName.SHA512, HashBytes));
    }

    // Whoever is second, in another process on the same folder, takes what the first has made.
    private static void Create(string path)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}";
        using (var file = DurableFile.CreateNew(temporary))
        {
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PepperBytes)) + "\n"), 0);
            DurableFile.Flush(file);
        }

        if (!DurableFile.TryRename(temporary, path))
            File.Delete(temporary);
        DurableFile.FlushDirectory(Path.GetDirectoryName(path)!);
    }
}
