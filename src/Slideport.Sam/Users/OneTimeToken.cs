using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Slideport.Sam.Users;

/// <summary>Texts that let somebody in who has them: 256 random bits. Only their hash is kept, so that the database lets nobody in.</summary>
internal static class OneTimeToken
{
    private const int Bytes = 32;

    /// <summary>A new one, base64url.</summary>
    internal static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What is kept of it: SHA-256, hexadecimal.</summary>
    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
