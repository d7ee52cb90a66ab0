using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Database;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Users;

/// <summary>Everything about users without a server around it, and with a clock that can be set.</summary>
internal sealed class UserParts : IAsyncDisposable
{
    private readonly string _folder;
    private readonly CertificateAuthority _authority;
    private readonly SamParts _parts;

    private UserParts(string folder, DatabaseOptions database, TimeProvider time)
    {
        _folder = folder;
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "identity"));
        var options = new SamOptions { Users = new UserOptions { HashIterations = 1000 }, Database = database };
        Options = options.Users;
        _parts = new SamParts(new SamDatabases(options.Database), _authority, options, time, NullLogger.Instance);
    }

    public Actor Actor { get; } = new("user:anna", "10.0.0.1");

    public UserOptions Options { get; }

    public SamDatabases Databases => _parts.Databases;

    public SignIn SignIn => _parts.SignIn;

    public Sessions Sessions => _parts.Sessions;

    public OwnAccount Account => _parts.OwnAccount;

    public FirstAdmin FirstAdmin => _parts.FirstAdmin;

    public SupportAccess Support => _parts.Support;

    public static async Task<UserParts> CreateAsync(TestDatabase testDatabase, TimeProvider time)
    {
        var folder = Directory.CreateTempSubdirectory("slideport-users-").FullName;
        return new UserParts(folder, await testDatabase.CreateAsync(folder), time);
    }

    /// <summary>Adds a user whose password is his own already.</summary>
    public async Task<Guid> AddUserAsync(string name, UserRole role = UserRole.LabAdmin)
    {
        var added = await _parts.Users.AddAsync(new NewUser(name, "tall giraffes dislike rain", role), Slideport.Sam.Audit.Actor.System, TestContext.Current.CancellationToken);
        await UserSetUp.OwnPasswordAsync(Databases, added.Id);
        return added.Id;
    }

    public async Task<User> UserAsync(string name)
    {
        await using var database = Databases.CreateDbContext();
        return await database.Users.AsNoTracking().SingleAsync(u => u.Name == name, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Users for tests.</summary>
internal static class UserSetUp
{
    /// <summary>Adds a user who need not change his password first.</summary>
    public static async Task<Guid> AddUserAsync(this SamUnderTest sam, string name, string role)
    {
        using var admin = sam.Admin();
        var id = await UserTests.AddAsync(admin, name, role);
        await OwnPasswordAsync(sam.Databases, id);
        return id;
    }

    /// <summary>As if the user had changed it himself.</summary>
    public static async Task OwnPasswordAsync(SamDatabases databases, Guid id)
    {
        await using var database = databases.CreateDbContext();
        await database.Users.Where(u => u.Id == id).ExecuteUpdateAsync(set => set.SetProperty(u => u.MustChangePassword, false), TestContext.Current.CancellationToken);
    }
}
