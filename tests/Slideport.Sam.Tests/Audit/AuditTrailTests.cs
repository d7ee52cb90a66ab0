using System.Data.Common;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests.Audit;

public abstract class AuditTrailTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_and_stop_are_entered_and_the_end_of_each_run_is_signed()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.RestartAsync();

        var entries = await EntriesAsync(sam);
        var verdict = await VerifyAsync(sam);

        Assert.Equal(["system.start", "system.stop", "system.start"], entries.Select(e => e.Action).Where(a => a.StartsWith("system.", StringComparison.Ordinal)));
        Assert.Equal(entries.Count, verdict.Entries);
        Assert.True(verdict.Heads > 0);
        Assert.Null(verdict.Problem);
        Assert.Equal(entries.Single(e => e.Action == "system.stop").Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture), entries.Last(e => e.Action == "audit.head").Object);
    }

    [Theory]
    [InlineData("UPDATE \"Audit\" SET \"Actor\" = 'nobody'")]
    [InlineData("DELETE FROM \"Audit\" WHERE \"Sequence\" = 2")]
    [InlineData("DELETE FROM \"Audit\" WHERE \"Sequence\" > 2")]
    public async Task The_database_refuses_to_change_or_remove_entries(string statement)
    {
        await using var sam = await FilledAsync();
        await using var database = sam.Databases.CreateDbContext();

        var refused = await Assert.ThrowsAnyAsync<DbException>(() => database.Database.ExecuteSqlRawAsync(statement, Cancel));

        Assert.Contains("The audit trail is only added to.", refused.Message, StringComparison.Ordinal);
        Assert.Null((await VerifyAsync(sam)).Problem);
    }

    [Fact]
    public async Task The_database_refuses_to_replace_or_empty_it_by_the_ways_round()
    {
        await using var sam = await FilledAsync();
        await using var database = sam.Databases.CreateDbContext();
        const string Fields = "\"Sequence\", \"At\", 'nobody', \"Source\", \"Action\", \"Object\", \"Outcome\", \"Before\", \"After\", \"PreviousHash\", \"Hash\" FROM \"Audit\" WHERE \"Sequence\" = 2";
        var statement = sam.Databases.Options.Provider == DatabaseProvider.Sqlite ? $"INSERT OR REPLACE INTO \"Audit\" SELECT {Fields}" : "TRUNCATE \"Audit\"";

        await Assert.ThrowsAnyAsync<DbException>(() => database.Database.ExecuteSqlRawAsync(statement, Cancel));

        Assert.Null((await VerifyAsync(sam)).Problem);
    }

    [Theory]
    [InlineData("changed", "entry 3: it is not what was written", "UPDATE \"Audit\" SET \"Actor\" = 'nobody' WHERE \"Sequence\" = 3")]
    [InlineData("value before changed", "entry 3: it is not what was written", "UPDATE \"Audit\" SET \"Before\" = '{{}}' WHERE \"Sequence\" = 3")]
    [InlineData("removed", "entry 3: it is missing", "DELETE FROM \"Audit\" WHERE \"Sequence\" = 3")]
    [InlineData("first removed", "entry 1: it is missing", "DELETE FROM \"Audit\" WHERE \"Sequence\" = 1")]
    [InlineData("removed and closed up", "entry 3: it does not follow", "DELETE FROM \"Audit\" WHERE \"Sequence\" = 3", "UPDATE \"Audit\" SET \"Sequence\" = \"Sequence\" - 1 WHERE \"Sequence\" = 4")]
    [InlineData("inserted", "entry 3: it does not follow", "UPDATE \"Audit\" SET \"Sequence\" = -\"Sequence\" WHERE \"Sequence\" >= 3", "UPDATE \"Audit\" SET \"Sequence\" = 1 - \"Sequence\" WHERE \"Sequence\" < 0", "INSERT INTO \"Audit\" SELECT 3, \"At\", \"Actor\", \"Source\", \"Action\", \"Object\", \"Outcome\", \"Before\", \"After\", \"PreviousHash\", \"Hash\" FROM \"Audit\" WHERE \"Sequence\" = 2")]
    [InlineData("reordered", "entry 2: it does not follow", "UPDATE \"Audit\" SET \"Sequence\" = -3 WHERE \"Sequence\" = 2", "UPDATE \"Audit\" SET \"Sequence\" = 2 WHERE \"Sequence\" = 3", "UPDATE \"Audit\" SET \"Sequence\" = 3 WHERE \"Sequence\" = -3")]
    [InlineData("emptied", "The audit trail was cut: entry ", "DELETE FROM \"Audit\"")]
    public async Task What_was_tampered_with_is_told_in_one_sentence(string how, string expected, params string[] statements)
    {
        await using var sam = await FilledAsync();

        await Insider.DoAsync(sam, statements);
        var verdict = await VerifyAsync(sam);

        Assert.True(verdict.Problem?.Contains(expected, StringComparison.Ordinal), $"{how}: {verdict.Problem}");
    }

    [Fact]
    public async Task An_end_that_was_cut_off_shows_by_the_signed_head_and_at_the_next_start()
    {
        await using var sam = await FilledAsync();
        await sam.Role.StopAsync(Cancel);
        var entries = await EntriesAsync(sam);

        await Insider.DoAsync(sam, $"DELETE FROM \"Audit\" WHERE \"Sequence\" >= {entries.Single(e => e.Action == "system.stop" && e == entries[^2]).Sequence - 1}");
        var verdict = await VerifyAsync(sam);
        await sam.RestartAsync();

        Assert.StartsWith("The audit trail was cut: entry ", verdict.Problem, StringComparison.Ordinal);
        Assert.Contains(await EntriesAsync(sam), e => e is { Action: "audit.broken", Outcome: "failure" });
        Assert.NotNull((await VerifyAsync(sam)).Problem);
    }

    [Fact]
    public async Task A_trail_rewritten_with_hashes_that_fit_shows_by_the_signed_head()
    {
        await using var sam = await FilledAsync();

        await Insider.RewriteAsync(sam, 3, "user:somebody-else");
        await using var database = sam.Databases.CreateDbContext();
        var chain = await AuditChain.FirstBreakAsync(database.Audit.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable());
        var verdict = await VerifyAsync(sam);

        Assert.Null(chain); // the hashes alone would have believed it
        Assert.StartsWith("The audit trail was rewritten: entry ", verdict.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(150)]
    public async Task A_head_somebody_changed_is_not_believed(int at)
    {
        await using var sam = await FilledAsync();
        var path = Path.Join(sam.Authority.Folder, "audit-heads");
        var text = await File.ReadAllTextAsync(path, Cancel);

        await File.WriteAllTextAsync(path, text[..at] + (text[at] == '5' ? '6' : '5') + text[(at + 1)..], Cancel);

        Assert.Contains("Line 1 of ", (await VerifyAsync(sam)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_head_left_by_a_crash_harms_nothing()
    {
        await using var sam = await FilledAsync();
        await sam.Role.StopAsync(Cancel);
        await File.AppendAllTextAsync(Path.Join(sam.Authority.Folder, "audit-heads"), "77 0f3a", Cancel);

        var half = await VerifyAsync(sam);
        await sam.RestartAsync();
        await sam.Role.StopAsync(Cancel);
        var whole = await VerifyAsync(sam);

        Assert.Null(half.Problem);
        Assert.Null(whole.Problem);
        Assert.True(whole.Heads > half.Heads);
    }

    [Fact]
    public async Task A_head_is_signed_every_thousand_entries_and_every_five_minutes_in_which_something_happened()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.Role.StopAsync(Cancel);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(1));
        using var writer = new SamWriter(sam.Databases, time);
        using var heads = new TrailHeads(sam.Databases, writer, sam.Authority.Folder, time, NullLogger.Instance);

        await heads.KeepAsync(Cancel); // signed when it stopped
        var quiet = await HeadsAsync(sam);
        time.Advance(TimeSpan.FromHours(1));
        await heads.KeepAsync(Cancel);
        var stillQuiet = await HeadsAsync(sam);
        await WriteAsync(writer, 1);
        await heads.KeepAsync(Cancel);
        var later = await HeadsAsync(sam);
        await WriteAsync(writer, 999);
        await heads.KeepAsync(Cancel);
        var before = await HeadsAsync(sam);
        await WriteAsync(writer, 1);
        await heads.KeepAsync(Cancel);
        var full = await HeadsAsync(sam);

        Assert.Equal((quiet, quiet + 1, quiet + 1, quiet + 2), (stillQuiet, later, before, full));
        await heads.CheckAsync(Cancel);
        Assert.Null((await VerifyAsync(sam)).Problem);
    }

    [Fact]
    public async Task A_check_through_the_API_is_entered_in_the_trail()
    {
        await using var sam = await FilledAsync();
        using var admin = sam.Admin();

        var good = await admin.PostAsync<TrailVerdict>("api/audit/verify", new { });
        await Insider.DoAsync(sam, "DELETE FROM \"Audit\" WHERE \"Sequence\" = 2");
        var bad = await admin.PostAsync<TrailVerdict>("api/audit/verify", new { });

        Assert.Null(good.Problem);
        Assert.Equal("The audit trail is broken at entry 2: it is missing.", bad.Problem);
        Assert.Equal([("success", "role:admin"), ("failure", "role:admin")], (await EntriesAsync(sam)).Where(e => e.Action == "audit.verify").Select(e => (e.Outcome, e.Actor)));
    }

    [Fact]
    public async Task The_trail_is_looked_through_by_actor_object_action_and_time_a_page_at_a_time()
    {
        await using var sam = await FilledAsync();
        using var admin = sam.Admin();
        var all = await EntriesAsync(sam);
        var middle = all[4].At;

        async Task<List<long>> AskAsync(string query) => [.. (await admin.GetFromJsonAsync<List<Listed>>($"api/audit?{query}", Cancel))!.Select(e => e.Sequence)];

        Assert.Equal(all.Select(e => e.Sequence).Reverse(), await AskAsync("take=1000"));
        Assert.Equal(all.Where(e => e.Action == "scanner.add").Select(e => e.Sequence).Reverse(), await AskAsync("action=scanner.add"));
        Assert.Equal(all.Where(e => e.Action.StartsWith("enrolment.", StringComparison.Ordinal)).Select(e => e.Sequence).Reverse(), await AskAsync("action=enrolment.*"));
        Assert.Equal(all.Where(e => e.Actor == "role:admin" && e.Object == "scanner:SS1").Select(e => e.Sequence).Reverse(), await AskAsync("actor=role:admin&object=scanner:SS1"));
        Assert.Equal(all.Where(e => e.At >= middle).Select(e => e.Sequence).Reverse(), await AskAsync($"from={Uri.EscapeDataString(middle.ToString("O"))}"));
        Assert.Equal(all.Where(e => e.At < middle).Select(e => e.Sequence).Reverse(), await AskAsync($"to={Uri.EscapeDataString(middle.ToString("O"))}"));
        Assert.Equal([4, 3], await AskAsync("before=5&take=2"));
        Assert.Empty(await AskAsync("action=%25"));
    }

    [Fact]
    public async Task What_a_stranger_typed_is_entered_whatever_it_is()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);

        foreach (var name in new[] { "a\0b", "half \uD800 pair", new string('x', 100_000), "\r\n\u001B[2J" })
        {
            await writer.WriteAsync(writing =>
            {
                writing.Audit(new Actor($"user:{name}", ""), "user.login", name, before: name, after: name, succeeded: false);
                return Task.FromResult(true);
            }, Cancel);
        }

        Assert.Null((await VerifyAsync(sam)).Problem);
    }

    /// <summary>A SAM with a trail of some entries, the most of them signed.</summary>
    private async Task<SamUnderTest> FilledAsync()
    {
        var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.EnrolScannerAsync("SS1");
        await sam.EnrolScannerAsync("SS2");
        await sam.RestartAsync();
        return sam;
    }

    private static async Task<List<AuditEntry>> EntriesAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Audit.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancel);
    }

    private static async Task<int> HeadsAsync(SamUnderTest sam) => (await File.ReadAllLinesAsync(Path.Join(sam.Authority.Folder, "audit-heads"), Cancel)).Length;

    private static Task<TrailVerdict> VerifyAsync(SamUnderTest sam) => TrailVerification.RunAsync(sam.Databases, sam.Authority.Folder, Cancel);

    private static Task<bool> WriteAsync(SamWriter writer, int count) => writer.WriteAsync(writing =>
    {
        for (var i = 0; i < count; i++)
            writing.Audit(Actor.System, "test.entry", "");
        return Task.FromResult(true);
    }, Cancel);

    private sealed record Listed(long Sequence);
}

public sealed class AuditTrailTestsOnSqlite() : AuditTrailTests(new OnSqlite());

public sealed class AuditTrailTestsOnPostgreSql(PostgreSqlServer server) : AuditTrailTests(new OnPostgreSql(server));

public sealed class AuditTrailTestsOnSqlServer(SqlServerInstance server) : AuditTrailTests(new OnSqlServer(server));
