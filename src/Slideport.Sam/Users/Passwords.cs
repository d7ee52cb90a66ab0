using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Slideport.Sam.Users;

/// <summary>Hashes passwords, slowly: PBKDF2 with HMAC-SHA-512 by ASP.NET Core Identity's hasher. Never while the database is being written.</summary>
internal sealed class Passwords(int iterations) : IDisposable
{
    /// <summary>What OWASP asks for HMAC-SHA-512; some tenths of a second.</summary>
    internal const int DefaultIterations = 210_000;

    private readonly PasswordHasher<Passwords> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));

    // However many try to get in at once, the processors stay free for the scanners.
    private readonly SemaphoreSlim _room = new(Math.Max(1, Environment.ProcessorCount / 2));

    // Nobody's password: it is compared with where there is no user, so that the answer takes as long.
    private readonly string _nobodys = HashOfNothing(iterations);

    /// <summary>The hash to be kept.</summary>
    /// <param name="password">As <see cref="UserText.Fold"/> gives it.</param>
    /// <param name="cancellationToken">Gives up while waiting for its turn.</param>
    internal Task<string> HashAsync(string password, CancellationToken cancellationToken) => InTurnAsync(() => _hasher.HashPassword(this, password), cancellationToken);

    /// <summary>Whether a password is the one hashed.</summary>
    /// <param name="hash">Null where there is no user: takes as long, and is false.</param>
    /// <param name="password">As <see cref="UserText.Fold"/> gives it.</param>
    /// <param name="cancellationToken">Gives up while waiting for its turn.</param>
    internal Task<bool> IsRightAsync(string? hash, string password, CancellationToken cancellationToken) => InTurnAsync(
        () => _hasher.VerifyHashedPassword(this, hash ?? _nobodys, password) != PasswordVerificationResult.Failed && hash is not null, cancellationToken);

    public void Dispose() => _room.Dispose();

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _room.Release();
        }
    }

    // Identity's format 3: marker, PRF (2 is HMAC-SHA-512), iterations, length of the salt, salt, key.
    private static string HashOfNothing(int iterations)
    {
        var hash = RandomNumberGenerator.GetBytes(13 + 16 + 32);
        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), 2);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), 16);
        return Convert.ToBase64String(hash);
    }
}
