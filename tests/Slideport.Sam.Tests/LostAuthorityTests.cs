using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol.Identity;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Tests;

/// <summary>The key of the installation's authority is gone, and its database holds what it issued.</summary>
public abstract class LostAuthorityTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SAM_does_not_start_with_another_authority_than_its_databases()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.EnrolScannerAsync("SS1");
        using var elsewhere = CertificateAuthority.OpenOrCreate(Path.Join(sam.Folder, "elsewhere"));
        var entries = await EntriesAsync(sam);

        var refused = await Assert.ThrowsAsync<IOException>(() => LostAuthority.RequireNoneAsync(sam.Databases, elsewhere, DateTimeOffset.UnixEpoch, Cancel));

        Assert.Contains("slideport certificate abandon", refused.Message, StringComparison.Ordinal);
        Assert.Contains("scanner:SS1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(entries, await EntriesAsync(sam));
        await LostAuthority.RequireNoneAsync(sam.Databases, sam.Authority, DateTimeOffset.UnixEpoch, Cancel);
    }

    [Fact]
    public async Task Once_the_lost_one_is_given_up_what_it_issued_is_revoked_and_another_is_the_databases()
    {
        var root = Directory.CreateTempSubdirectory("slideport-lost-").FullName;
        await using (var sam = await SamUnderTest.StartAsync(testDatabase))
        {
            await sam.EnrolScannerAsync("SS1");
            var options = sam.Databases.Options;
            if (options.Provider == DatabaseProvider.Sqlite)
                await Assert.ThrowsAsync<IOException>(() => LostAuthority.AbandonAsync(options, sam.Authority.Folder, "lost", TimeProvider.System, Cancel));
            await sam.Role.StopAsync(Cancel);

            var nothing = await LostAuthority.AbandonAsync(options, sam.Authority.Folder, "lost", TimeProvider.System, Cancel);
            var given = await LostAuthority.AbandonAsync(options, Path.Join(root, "identity"), "lost", TimeProvider.System, Cancel);

            Assert.Empty(nothing);
            Assert.Equal(["scanner:SS1"], given);
            await using (var database = sam.Databases.CreateDbContext())
            {
                Assert.Equal("lost", (await database.Certificates.SingleAsync(Cancel)).RevocationReason);
                Assert.Equal("certificate.revoke", (await database.Audit.OrderBy(e => e.Sequence).LastAsync(Cancel)).Action);
            }

            using var next = CertificateAuthority.OpenOrCreate(Path.Join(root, "identity"));
            await LostAuthority.RequireNoneAsync(sam.Databases, next, DateTimeOffset.UnixEpoch, Cancel);
        }

        Directory.Delete(root, recursive: true);
    }

    private static async Task<int> EntriesAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Audit.CountAsync(Cancel);
    }
}

public sealed class LostAuthorityTestsOnSqlite() : LostAuthorityTests(new OnSqlite());

public sealed class LostAuthorityTestsOnPostgreSql(PostgreSqlServer server) : LostAuthorityTests(new OnPostgreSql(server));

public sealed class LostAuthorityTestsOnSqlServer(SqlServerInstance server) : LostAuthorityTests(new OnSqlServer(server));
