using System.Net;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Who has opened which slide is in the audit trail, once, as the DSR told it.</summary>
public abstract class SlideOpeningTests(TestDatabase testDatabase)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_opening_is_an_entry_of_the_trail_however_often_it_is_told()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var dsr = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("dsr")));

        await dsr.TellAsync([Opening("o1"), Opening("o1"), Opening("o2") with { OpenedBy = "user:ben", Purpose = "download" }], Cancel);
        await sam.RestartAsync();
        using var again = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("dsr")));
        await again.TellAsync([Opening("o2"), Opening("O2") with { SeriesInstanceUid = "1.2.4" }, Opening("o3") with { Purpose = "remove", Detail = "Ten years are over." }], Cancel);

        Assert.Equal(
            [
                "user:anna 10.0.0.7 1.2.3 view at 2026-03-01 12:00:00Z, told by role:dsr",
                "user:ben 10.0.0.7 1.2.3 download at 2026-03-01 12:00:00Z, told by role:dsr",
                "user:anna 10.0.0.7 1.2.4 view at 2026-03-01 12:00:00Z, told by role:dsr",
                "user:anna 10.0.0.7 1.2.3 remove at 2026-03-01 12:00:00Z, told by role:dsr: Ten years are over.",
            ],
            (await OpeningsAsync(sam)).Select(e => $"{e.Actor} {e.Source} {e.Object} {e.After}"));
    }

    [Fact]
    public async Task One_that_is_wrong_keeps_all_of_its_message_out_and_the_answer_says_which()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var dsr = new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("dsr")));

        var refused = await Assert.ThrowsAsync<SamException>(() => dsr.TellAsync([Opening("o1"), Opening("o2") with { SeriesInstanceUid = "the second" }], Cancel));
        var tooMany = await Assert.ThrowsAsync<SamException>(() => dsr.TellAsync([.. Enumerable.Range(0, SlideOpening.MaxOpenings + 1).Select(i => Opening($"o{i}"))], Cancel));

        var somebodyElse = await Assert.ThrowsAsync<SamException>(() => dsr.TellAsync([Opening("o1") with { OpenedBy = "system" }], Cancel));

        Assert.Equal("[0].openedBy", Assert.Single(somebodyElse.Errors).Field);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "[1].seriesInstanceUid"), (refused.Status, Assert.Single(refused.Errors).Field));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, tooMany.Status);
        Assert.Empty(await OpeningsAsync(sam));
    }

    private static SlideOpening Opening(string id) => new() { Id = id, SeriesInstanceUid = "1.2.3", OpenedBy = "user:anna", Source = "10.0.0.7", OpenedAt = Noon, Purpose = "view" };

    private static async Task<List<AuditEntry>> OpeningsAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Audit.AsNoTracking().Where(e => e.Action == "slide.open").OrderBy(e => e.Sequence).ToListAsync(Cancel);
    }
}

public sealed class SlideOpeningTestsOnSqlite() : SlideOpeningTests(new OnSqlite());

public sealed class SlideOpeningTestsOnPostgreSql(PostgreSqlServer server) : SlideOpeningTests(new OnPostgreSql(server));

public sealed class SlideOpeningTestsOnSqlServer(SqlServerInstance server) : SlideOpeningTests(new OnSqlServer(server));
