using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Users;

/// <summary>Users and their passkeys as ASP.NET Core Identity's passkey handler asks for them. It only asks: what is written, <see cref="Passkeys"/> writes.</summary>
internal sealed class PasskeyStore(SamDatabases databases) : IUserPasskeyStore<User>
{
    public Task<string> GetUserIdAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString());

    public Task<string?> GetUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);

    public Task<string?> GetNormalizedUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.NormalizedName);

    public async Task<User?> FindByIdAsync(string userId, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(userId, out var id))
            return null;
        await using var database = databases.CreateDbContext();
        return await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken);
    }

    public async Task<User?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Users.AsNoTracking().SingleOrDefaultAsync(u => u.NormalizedName == normalizedUserName, cancellationToken);
    }

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(User user, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return [.. (await database.Passkeys.AsNoTracking().Where(p => p.UserId == user.Id).ToListAsync(cancellationToken)).Select(Info)];
    }

    public async Task<User?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await (from passkey in database.Passkeys
                      join user in database.Users on passkey.UserId equals user.Id
                      where passkey.CredentialId == credentialId
                      select user).AsNoTracking().SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Passkeys.AsNoTracking().SingleOrDefaultAsync(p => p.UserId == user.Id && p.CredentialId == credentialId, cancellationToken) is { } row ? Info(row) : null;
    }

    public Task AddOrUpdatePasskeyAsync(User user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task RemovePasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task SetUserNameAsync(User user, string? userName, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task SetNormalizedUserNameAsync(User user, string? normalizedName, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task<IdentityResult> CreateAsync(User user, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task<IdentityResult> UpdateAsync(User user, CancellationToken cancellationToken) => throw OnlyAsks();

    public Task<IdentityResult> DeleteAsync(User user, CancellationToken cancellationToken) => throw OnlyAsks();

    public void Dispose()
    {
    }

    // Attestation and client data are looked at once, when the passkey is added; nobody asks for them again.
    private static UserPasskeyInfo Info(Passkey row) => new(
        row.CredentialId, row.PublicKey, row.AddedAt, checked((uint)row.SignCount), row.Transports.Split(',', StringSplitOptions.RemoveEmptyEntries),
        isUserVerified: true, row.IsBackupEligible, row.IsBackedUp, attestationObject: [], clientDataJson: []);

    private static NotSupportedException OnlyAsks() => new("Users and passkeys change through SamWriter alone: with an entry of the audit trail, or not at all.");
}
