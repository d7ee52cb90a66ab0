using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Audit.Repository;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests.Audit;

public abstract class RepositoryForwarderTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_entry_reaches_the_repository_once_in_order_the_heads_too()
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        await WriteAsync(sam, 1200); // more than go at once
        await sam.Role.StopAsync(Cancel);

        var entries = await EntriesAsync(sam);
        await repository.UntilAsync(r => r.Messages.Count >= entries.Count);

        Assert.Equal(entries.Select(e => e.Sequence), repository.Sequences);
        Assert.All(repository.Messages.Take(20), m => AuditMessageSchema.Validated(m[(m.IndexOf('\uFEFF', StringComparison.Ordinal) + 1)..]));
        var head = entries.Last(e => e.Action == "audit.head");
        Assert.Contains(repository.Messages, m => m.Contains(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(head.After!)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_repository_is_away_nothing_waits_and_when_it_is_back_it_gets_everything()
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        await repository.UntilAsync(r => !r.Messages.IsEmpty);
        repository.IsAway = true;
        var knocks = repository.Knocks;

        await WriteAsync(sam, 5);
        await sam.EnrolScannerAsync("SS1");
        await repository.UntilAsync(r => r.Knocks >= knocks + 2);
        await sam.RestartAsync(); // in the middle of it
        await WriteAsync(sam, 5);
        repository.IsAway = false;

        await HasAllAsync(sam, repository);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_that_break_in_the_middle_of_a_message_lose_nothing(bool isPolite)
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        await repository.UntilAsync(r => !r.Messages.IsEmpty);
        repository.IsPolite = isPolite;
        foreach (var bytes in new[] { 1, 2500, 20_000 })
            repository.Cuts.Enqueue(bytes);

        await WriteAsync(sam, 300);

        await HasAllAsync(sam, repository);
        Assert.Empty(repository.Cuts);
    }

    [Fact]
    public async Task A_repository_that_ends_connections_without_ending_TLS_has_taken_them_too()
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        repository.EndsTls = false;

        await WriteAsync(sam, 10);
        await HasAllAsync(sam, repository);

        Assert.Equal(repository.Once, repository.Sequences);
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_where_it_was()
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        await HasAllAsync(sam, repository);
        await KnowsItIsTakenAsync(sam, repository.Once[^1]);

        await sam.RestartAsync();
        await WriteAsync(sam, 3);

        await HasAllAsync(sam, repository);
        Assert.Equal(repository.Once, repository.Sequences);
    }

    [Fact]
    public async Task What_was_changed_behind_its_back_is_sent_again_from_the_last_head_that_holds()
    {
        await using var installation = await InstallationAsync();
        var (sam, repository) = (installation.Sam, installation.Repository);
        await HasAllAsync(sam, repository);
        await sam.RestartAsync(); // signs
        await WriteAsync(sam, 10);
        await HasAllAsync(sam, repository);
        var head = long.Parse((await EntriesAsync(sam)).Last(e => e.Action == "audit.head").Object, CultureInfo.InvariantCulture);
        var before = repository.Messages.Count;

        await Insider.RewriteAsync(sam, head + 2, "user:somebody-else");
        await repository.UntilAsync(r => r.Messages.Count > before);
        await WriteAsync(sam, 1);
        var last = (await EntriesAsync(sam))[^1].Sequence;
        await repository.UntilAsync(r => r.Sequences[^1] == last);

        Assert.Equal(head + 1, repository.Sequences[before]);
        Assert.Contains(repository.Messages.Skip(before), m => m.Contains("user:somebody-else", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_of_another_authority_gets_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-stranger-").FullName;
        using var stranger = CertificateAuthority.OpenOrCreate(folder);
        await using var repository = new RepositoryStandIn(TlsPolicy.ForServer(stranger.Server("repository"), null));
        await using var sam = await SamUnderTest.StartAsync(testDatabase, audit: _ => new AuditOptions { Syslog = $"localhost:{repository.Port}" });

        await repository.UntilAsync(r => r.Knocks >= 2);

        Assert.Empty(repository.Messages);
        Directory.Delete(folder, recursive: true);
    }

    // The repository knows the installation's authority, and lets nobody in without its certificate.
    private async Task<Installation> InstallationAsync()
    {
        RepositoryStandIn? repository = null;
        var sam = await SamUnderTest.StartAsync(testDatabase, audit: authority =>
        {
            repository = new RepositoryStandIn(TlsPolicy.ForServer(authority.Server("repository"), authority.Roots));
            return new AuditOptions { Syslog = $"localhost:{repository.Port}" };
        });
        return new Installation(sam, repository!);
    }

    private static async Task HasAllAsync(SamUnderTest sam, RepositoryStandIn repository)
    {
        var expected = (await EntriesAsync(sam)).Select(e => e.Sequence).ToList();
        await repository.UntilAsync(r => r.Once.Count >= expected.Count);
        Assert.Equal(expected, repository.Once.Take(expected.Count));
    }

    // The repository has a message before SAM has its answer; whoever is stopped in between sends it again.
    private static async Task KnowsItIsTakenAsync(SamUnderTest sam, long sequence)
    {
        while (RepositoryMark.Load(Path.Join(sam.Folder, "identity")).Sequence < sequence)
            await Task.Delay(10, Cancel);
    }

    private static async Task<List<AuditEntry>> EntriesAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Audit.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancel);
    }

    private static async Task WriteAsync(SamUnderTest sam, int count)
    {
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        await writer.WriteAsync(writing =>
        {
            for (var i = 0; i < count; i++)
                writing.Audit(Slideport.Sam.Audit.Actor.System, "test.entry", $"thing {i}");
            return Task.FromResult(true);
        }, Cancel);
    }

    private sealed record Installation(SamUnderTest Sam, RepositoryStandIn Repository) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Sam.DisposeAsync();
            await Repository.DisposeAsync();
        }
    }
}

public sealed class RepositoryForwarderTestsOnSqlite() : RepositoryForwarderTests(new OnSqlite());

public sealed class RepositoryForwarderTestsOnPostgreSql(PostgreSqlServer server) : RepositoryForwarderTests(new OnPostgreSql(server));

public sealed class RepositoryForwarderTestsOnSqlServer(SqlServerInstance server) : RepositoryForwarderTests(new OnSqlServer(server));
